"""Take a Keras model to an edge device, and prove that it fits.

    import edgekit

    conversion = edgekit.convert("model.keras", calibration="photos", value_range="unit")
    assessment = edgekit.check(conversion.artifact, profile="rpi4")
    print(assessment)

Every verb of the command line is the same function here. Names are loaded when they are first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from edgekit.accuracy import Accuracy, AccuracyComparison
    from edgekit.artifact import Artifact
    from edgekit.bridge import from_tf_keras, to_tf_keras
    from edgekit.bundles import (
        Bundle,
        BundleVerification,
        benchmark_bundle,
        bundle_android,
        bundle_board,
        is_bundle,
        verify_bundle,
    )
    from edgekit.checkup import Checkup, doctor, new_profile
    from edgekit.comparison import ArtifactComparison, compare
    from edgekit.compression import Compression, CompressionRecipe, compress, recipe_named
    from edgekit.conversion import Conversion, convert, samples
    from edgekit.data import CalibrationSet, PackedSamples, collect, pack_samples
    from edgekit.devices import (
        Completed,
        Device,
        Host,
        clean_device,
        connect,
        install_emulator,
        list_devices,
        list_emulators,
        prepare_device,
        read_hosts,
        remove_emulator,
    )
    from edgekit.diagnosis import Diagnosis, diagnose
    from edgekit.errors import EdgekitError
    from edgekit.fidelity import Fidelity, Parity
    from edgekit.fleets import Fleet, benchmark_fleet, doctor_fleet, verify_fleet
    from edgekit.inspection import Inspection, inspect
    from edgekit.metrics import Budget, Check, Evidence, Metric, Verdict
    from edgekit.pipeline import Deployment, deploy
    from edgekit.prediction import BoardTable, Explanation, Prediction, Probe, boards, explain, predict
    from edgekit.probing import probe
    from edgekit.profiles import DeviceProfile, list_profiles, profile_named
    from edgekit.progress import Progress, Step
    from edgekit.recipe import PRECISIONS, Precision, Recipe
    from edgekit.reports import RunReport, report
    from edgekit.reproduction import Reproduction, reproduce
    from edgekit.runner import Verification, benchmark, compare_accuracy, compare_speed, evaluate, infer, verify
    from edgekit.runs import Benchmark, RunResult, SpeedComparison, load_runs
    from edgekit.screening import SampleFinding, Screening, Severity
    from edgekit.snippets import snippet
    from edgekit.tensors import TensorSpec
    from edgekit.verdicts import Assessment, check

__version__ = "0.1.0"

_ROOMS = {
    "accuracy": ["Accuracy", "AccuracyComparison"],
    "artifact": ["Artifact"],
    "bridge": ["from_tf_keras", "to_tf_keras"],
    "bundles": [
        "Bundle",
        "BundleVerification",
        "benchmark_bundle",
        "bundle_android",
        "bundle_board",
        "is_bundle",
        "verify_bundle",
    ],
    "checkup": ["Checkup", "doctor", "new_profile"],
    "comparison": ["ArtifactComparison", "compare"],
    "compression": ["Compression", "CompressionRecipe", "compress", "recipe_named"],
    "conversion": ["Conversion", "convert", "samples"],
    "data": ["CalibrationSet", "PackedSamples", "collect", "pack_samples"],
    "devices": [
        "Completed",
        "Device",
        "Host",
        "clean_device",
        "connect",
        "install_emulator",
        "list_devices",
        "list_emulators",
        "prepare_device",
        "read_hosts",
        "remove_emulator",
    ],
    "diagnosis": ["Diagnosis", "diagnose"],
    "errors": ["EdgekitError"],
    "fidelity": ["Fidelity", "Parity"],
    "fleets": ["Fleet", "benchmark_fleet", "doctor_fleet", "verify_fleet"],
    "inspection": ["Inspection", "inspect"],
    "metrics": ["Budget", "Check", "Evidence", "Metric", "Verdict"],
    "pipeline": ["Deployment", "deploy"],
    "prediction": ["BoardTable", "Explanation", "Prediction", "Probe", "boards", "explain", "predict"],
    "probing": ["probe"],
    "profiles": ["DeviceProfile", "list_profiles", "profile_named"],
    "progress": ["Progress", "Step"],
    "recipe": ["PRECISIONS", "Precision", "Recipe"],
    "reports": ["RunReport", "report"],
    "reproduction": ["Reproduction", "reproduce"],
    "runner": [
        "Verification",
        "benchmark",
        "compare_accuracy",
        "compare_speed",
        "evaluate",
        "infer",
        "verify",
    ],
    "runs": ["Benchmark", "RunResult", "SpeedComparison", "load_runs"],
    "screening": ["SampleFinding", "Screening", "Severity"],
    "snippets": ["snippet"],
    "tensors": ["TensorSpec"],
    "verdicts": ["Assessment", "check"],
}
_ROOM_OF = {name: room for room, names in _ROOMS.items() for name in names}

__all__ = [
    "PRECISIONS",
    "Accuracy",
    "AccuracyComparison",
    "Artifact",
    "ArtifactComparison",
    "Assessment",
    "Benchmark",
    "BoardTable",
    "Budget",
    "Bundle",
    "BundleVerification",
    "CalibrationSet",
    "Check",
    "Checkup",
    "Completed",
    "Compression",
    "CompressionRecipe",
    "Conversion",
    "Deployment",
    "Device",
    "DeviceProfile",
    "Diagnosis",
    "EdgekitError",
    "Evidence",
    "Explanation",
    "Fidelity",
    "Fleet",
    "Host",
    "Inspection",
    "Metric",
    "PackedSamples",
    "Parity",
    "Precision",
    "Prediction",
    "Probe",
    "Progress",
    "Recipe",
    "Reproduction",
    "RunReport",
    "RunResult",
    "SampleFinding",
    "Screening",
    "Severity",
    "SpeedComparison",
    "Step",
    "TensorSpec",
    "Verdict",
    "Verification",
    "__version__",
    "benchmark",
    "benchmark_bundle",
    "benchmark_fleet",
    "boards",
    "bundle_android",
    "bundle_board",
    "check",
    "clean_device",
    "collect",
    "compare",
    "compare_accuracy",
    "compare_speed",
    "compress",
    "connect",
    "convert",
    "deploy",
    "diagnose",
    "doctor",
    "doctor_fleet",
    "evaluate",
    "explain",
    "from_tf_keras",
    "infer",
    "inspect",
    "install_emulator",
    "is_bundle",
    "list_devices",
    "list_emulators",
    "list_profiles",
    "load_runs",
    "new_profile",
    "pack_samples",
    "predict",
    "prepare_device",
    "probe",
    "profile_named",
    "read_hosts",
    "recipe_named",
    "remove_emulator",
    "report",
    "reproduce",
    "samples",
    "snippet",
    "to_tf_keras",
    "verify",
    "verify_bundle",
    "verify_fleet",
]


def __getattr__(name: str) -> Any:
    if name in _ROOM_OF:
        return getattr(importlib.import_module(f"edgekit.{_ROOM_OF[name]}"), name)
    raise AttributeError(f"module 'edgekit' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted(__all__)
