"""The house itself: the public surface, the names of modules, the size of files."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter
from pathlib import Path

import edgekit

_PACKAGE = Path(edgekit.__file__).parent

_SURFACE = {
    "Accuracy", "AccuracyComparison", "Artifact", "ArtifactComparison", "Assessment", "Benchmark", "BoardTable",
    "Budget", "CalibrationSet", "Check", "Checkup", "Completed", "Compression", "CompressionRecipe", "Conversion",
    "Deployment", "Device", "DeviceProfile", "Diagnosis", "EdgekitError", "Evidence", "Explanation", "Fidelity",
    "Fleet", "Host", "Inspection", "Metric", "PRECISIONS", "Parity", "Precision", "Prediction", "Probe", "Progress",
    "PackedSamples", "Recipe", "Reproduction", "RunReport", "RunResult", "SampleFinding", "Screening", "Severity",
    "Step", "SpeedComparison", "TensorSpec", "Verdict", "Verification", "__version__", "benchmark", "benchmark_fleet",
    "boards", "check",
    "clean_device", "collect", "compare", "compare_accuracy", "compare_speed", "compress", "connect", "convert",
    "deploy", "diagnose", "doctor", "doctor_fleet", "evaluate", "explain", "infer", "inspect", "install_emulator",
    "list_devices", "list_emulators", "list_profiles", "load_runs", "new_profile", "pack_samples", "predict",
    "prepare_device",
    "probe", "profile_named", "read_hosts", "recipe_named", "remove_emulator", "report", "reproduce", "samples",
    "snippet", "verify", "verify_bundle", "verify_fleet", "Bundle", "BundleVerification", "bundle_android",
    "bundle_board", "benchmark_bundle", "is_bundle", "from_tf_keras", "to_tf_keras",
}  # fmt: skip


def test_the_public_surface_is_this_list() -> None:
    assert set(edgekit.__all__) == _SURFACE
    assert all(getattr(edgekit, name) is not None for name in _SURFACE)
    assert set(dir(edgekit)) >= _SURFACE


def test_importing_edgekit_loads_nothing_heavy() -> None:
    code = (
        "import sys, edgekit.cli; "
        "print([m for m in ('tensorflow', 'keras', 'numpy', 'PIL', 'rich', 'ai_edge_litert') if m in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_no_module_is_a_drawer_for_odds_and_ends() -> None:
    drawers = {"utils", "util", "common", "helpers", "base", "misc", "core", "manager"}
    assert [path for path in _PACKAGE.rglob("*.py") if path.stem in drawers] == []


def test_one_word_means_one_thing() -> None:
    classes = Counter(
        node.name
        for path in _PACKAGE.rglob("*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    assert [name for name, times in classes.items() if times > 1] == []


def test_modules_are_small() -> None:
    lengths = {path: len(path.read_text().splitlines()) for path in _PACKAGE.rglob("*.py")}
    assert {path: length for path, length in lengths.items() if length > 400} == {}
    ordered = sorted(lengths.values())
    assert ordered[len(ordered) // 2] <= 120
