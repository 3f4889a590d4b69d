"""The agent, run as on a device: as a script, in a folder of its own, with a job and a result file."""

from __future__ import annotations

import ast
import hashlib
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from edgekit import agent
from edgekit.agent import tensors, timing
from edgekit.agent.job import PROTOCOL
from edgekit.runner.packing import pack_agent

MODULES = sorted(Path(agent.__file__).parent.glob("*.py"))
# Imported, the agent counts for coverage; the tests of benchmark and infer run it as the script that it is.
IMPORTED = (
    sys.executable,
    "-c",
    "import sys; from edgekit.agent.main import main; sys.exit(main(sys.argv[1:]))",
)


def run(
    folder: Path, model: Path | None, *, prefix: tuple[str, ...] = IMPORTED, **job: Any
) -> tuple[int, dict[str, Any], str]:
    """Return the agent's exit code, its result, and what it said on standard error."""
    content = model.read_bytes() if model else b""
    (folder / "model.tflite").write_bytes(content)
    order = {
        "protocol": PROTOCOL,
        "task": "measure",
        "model": "model.tflite",
        "model_sha256": hashlib.sha256(content).hexdigest(),
        "threads": 1,
        "runs": 20,
        "min_seconds": 0,
        "max_seconds": 30,
        "count": False,
        "seed": 0,
        "timeout": 60,
        "first_timeout": 30,
        **job,
    }
    (folder / "job.json").write_text(json.dumps(order))
    done = subprocess.run([*prefix, "job.json", "result.json"], cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, json.loads((folder / "result.json").read_text()), done.stderr


def direct_digest(model: Path, *, seed: int) -> str:
    """The digest of the first outputs, got without the agent's own loop."""
    interpreter = Interpreter(model_path=str(model), num_threads=1)
    interpreter.allocate_tensors()
    stream = np.random.PCG64(seed)
    for detail in interpreter.get_input_details():
        interpreter.set_tensor(detail["index"], tensors.seeded_values(stream, detail))
    interpreter.invoke()
    digest = hashlib.sha256()
    for detail in interpreter.get_output_details():
        values = interpreter.get_tensor(detail["index"])
        digest.update(f"{values.dtype.name} {list(values.shape)}\n".encode() + values.tobytes())
    return digest.hexdigest()


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The one file, as it goes to a device."""
    return str(pack_agent(tmp_path_factory.mktemp("agent") / "edgekit_agent.pyz"))


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.name)
def test_it_is_python_39_and_imports_nothing_of_edgekit(module: Path) -> None:
    tree = ast.parse(module.read_text(), feature_version=(3, 9))
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(str(node.module).partition(".")[0])
        elif isinstance(node, ast.ImportFrom):
            # Its own modules lie side by side in the file that travels.
            assert node.level == 1
            assert module.with_name(f"{node.module}.py") in MODULES
    assert names - {"numpy"} <= set(sys.stdlib_module_names)


def test_it_travels_as_one_file_whose_bytes_follow_from_the_modules_alone(tmp_path: Path) -> None:
    one, two = (pack_agent(tmp_path / name).read_bytes() for name in ("one.pyz", "two.pyz"))
    assert one == two
    assert len(one) < 1 << 17


def test_it_runs_where_there_is_no_edgekit(tmp_path: Path, shared_data: Path, packed: str) -> None:
    blocker = tmp_path / "sitecustomize.py"
    blocker.write_text("import sys; sys.modules['edgekit'] = None\n")
    prefix = ("env", f"PYTHONPATH={tmp_path}", sys.executable, packed)
    code, result, stderr = run(tmp_path, shared_data / "mlperf_tiny" / "kws_dscnn_int8.tflite", prefix=prefix)
    assert (code, result["stage"]) == (0, "done"), stderr


@pytest.mark.parametrize("name", ["ic_resnet8_int8", "ic_resnet8_float32", "kws_dscnn_int8"])
def test_measure(name: str, tmp_path: Path, shared_data: Path) -> None:
    model = shared_data / "mlperf_tiny" / f"{name}.tflite"
    code, result, stderr = run(tmp_path, model, seed=3)
    assert (code, result["protocol"], result["stage"]) == (0, PROTOCOL, "done"), stderr
    assert len(result["steady_ns"]) == 20
    assert 9 <= len(result["warmup_ns"]) <= timing.WARMUP_RUNS
    assert min(result["init_ns"], result["first_ns"], *result["steady_ns"]) > 1000
    assert result["runtime"].startswith("ai-edge-litert 2.")
    assert result["outputs_sha256"] == direct_digest(model, seed=3)
    assert 10 << 20 < result["baseline_memory_bytes"] < result["peak_memory_bytes"] < 300 << 20
    assert result["environment"]["cores"] >= 1
    assert result["environment"]["memory_bytes"] > 1 << 28


def test_the_seed_changes_the_digest(tmp_path: Path, shared_data: Path) -> None:
    model = shared_data / "mlperf_tiny" / "ic_resnet8_float32.tflite"
    first, second = (run(tmp_path, model, seed=seed)[1]["outputs_sha256"] for seed in (0, 1))
    assert first != second


def test_a_larger_model_takes_more_memory(tmp_path: Path, shared_data: Path) -> None:
    share = {}
    for name in ("mlperf_tiny/kws_dscnn_int8", "coral/deeplabv3_mnv2_dm05_pascal_quant"):
        result = run(tmp_path, shared_data / f"{name}.tflite", runs=1)[1]
        share[name] = result["peak_memory_bytes"] - result["baseline_memory_bytes"]
    small, large = share.values()
    # DeepLab's tensors at 513x513 take more than 16 MiB; the small model hardly more than the runtime's own pages.
    assert small < 12 << 20
    assert large > small + (16 << 20)


def test_several_inputs_and_outputs_of_several_dtypes(tmp_path: Path, writer: Any) -> None:
    number = writer.tensor("number", "float32", [1, 2], io="i")
    index = writer.tensor("index", "int64", [1, 3], io="i")
    truth = writer.tensor("truth", "bool", [1, 4], io="i")
    writer.operator("ABS", [number], [writer.tensor("a", "float32", [1, 2], io="o")])
    writer.operator("CAST", [index], [writer.tensor("b", "float32", [1, 3], io="o")])
    writer.operator("LOGICAL_NOT", [truth], [writer.tensor("c", "bool", [1, 4], io="o")])
    model = writer.write(tmp_path / "several.tflite")
    code, result, stderr = run(tmp_path, model, seed=5)
    assert code == 0, stderr
    assert result["outputs_sha256"] == direct_digest(model, seed=5)


@pytest.mark.parametrize("shape", [[1, 1, 4], [0, 0, 4]])
def test_open_dimensions_become_1(shape: list[int], tmp_path: Path, writer: Any) -> None:
    given = writer.tensor("given", "float32", shape, signature=[-1, -1, 4], io="i")
    writer.operator("ABS", [given], [writer.tensor("out", "float32", shape, signature=[-1, -1, 4], io="o")])
    code, result, stderr = run(tmp_path, writer.write(tmp_path / "open.tflite"))
    assert code == 0, stderr
    values = tensors.seeded_values(np.random.PCG64(0), {"name": "given", "dtype": np.float32, "shape": (1, 1, 4)})
    expected = hashlib.sha256(b"float32 [1, 1, 4]\n" + values.tobytes()).hexdigest()
    assert result["outputs_sha256"] == expected


def test_a_process_that_is_killed_leaves_word_of_its_stage(tmp_path: Path, endless: Path) -> None:
    code, result, _ = run(tmp_path, endless, first_timeout=0.5)
    assert (code, result) == (-signal.SIGALRM, {"protocol": PROTOCOL, "stage": "first", "model": 0})


def test_the_deadline_counts_for_everything(tmp_path: Path, endless: Path) -> None:
    code, result, _ = run(tmp_path, endless, first_timeout=600, timeout=1)
    assert (code, result["stage"]) == (-signal.SIGALRM, "first")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("model_invoking_error", "Encountered unresolved custom op: fake-op-double"),
        ("mobilenet_v1_0.25_128_quant_edgetpu", "Encountered unresolved custom op: edgetpu-custom-op"),
    ],
)
def test_what_the_runtime_says_is_passed_on(name: str, message: str, tmp_path: Path, shared_data: Path) -> None:
    code, result, _ = run(tmp_path, shared_data / "coral" / f"{name}.tflite")
    assert (code, result["error"]["kind"]) == (0, "refused")
    assert message in result["error"]["message"]


def test_strings_have_no_seeded_values(tmp_path: Path, writer: Any) -> None:
    text = writer.tensor("text", "string", [1], io="i")
    writer.operator("RESHAPE", [text], [writer.tensor("out", "string", [1], io="o")])
    code, result, _ = run(tmp_path, writer.write(tmp_path / "text.tflite"))
    assert (code, result["error"]["kind"]) == (0, "unfit")
    assert "input 'text' takes bytes" in result["error"]["message"]


def test_another_hash_is_damage(tmp_path: Path, shared_data: Path) -> None:
    model = shared_data / "mlperf_tiny" / "kws_dscnn_int8.tflite"
    code, result, _ = run(tmp_path, model, model_sha256="0" * 64)
    assert (code, result["error"]["kind"]) == (0, "damaged")


def test_a_python_without_numpy_is_told(tmp_path: Path, packed: str) -> None:
    code, result, _ = run(tmp_path, None, prefix=(sys.executable, "-I", "-S", packed))
    assert (code, result["error"]["kind"]) == (0, "no-runtime")
    assert result["error"]["message"] == "numpy: No module named 'numpy'"


def test_a_python_without_a_runtime_is_told(tmp_path: Path, packed: str) -> None:
    blocker = "import sys; sys.modules['ai_edge_litert'] = sys.modules['tflite_runtime'] = None\n"
    (tmp_path / "sitecustomize.py").write_text(blocker)
    code, result, _ = run(tmp_path, None, prefix=("env", f"PYTHONPATH={tmp_path}", sys.executable, packed))
    assert (code, result["error"]["kind"]) == (0, "no-runtime")
    assert "ai-edge-litert: " in result["error"]["message"]
    assert "tflite-runtime: " in result["error"]["message"]


def test_want_of_memory_is_an_answer(tmp_path: Path, writer: Any) -> None:
    given = writer.tensor("given", "float32", [1, 25_000_000], io="i")
    writer.operator("ABS", [given], [writer.tensor("out", "float32", [1, 25_000_000], io="o")])
    prefix = ("sh", "-c", 'ulimit -v 500000; exec "$0" "$@"', *IMPORTED)
    code, result, stderr = run(tmp_path, writer.write(tmp_path / "large.tflite"), prefix=prefix)
    assert code == 0, stderr
    assert result["error"] == {"kind": "memory", "message": "memory ran out"}


def test_address_space_is_limited_and_core_dumps_are_off(tmp_path: Path, endless: Path) -> None:
    # A task of our own in the place of "measure" asks the kernel for the limits that were set.
    program = (
        "import resource, sys\n"
        "from edgekit.agent import limits, main, system\n"
        "main.TASKS['measure'] = lambda job, report, runtime: (limits.limit_memory(job), {\n"
        "    'limits': [resource.getrlimit(resource.RLIMIT_AS)[0], resource.getrlimit(resource.RLIMIT_CORE)[0]],\n"
        "    'memory': system.MEMORY_BYTES, 'mapped': system.status_bytes('VmSize'),\n"
        "    'first_to_go': open('/proc/self/oom_score_adj').read()})[1]\n"
        "main.main(sys.argv[1:])\n"
    )
    prefix = ("sh", "-c", 'ulimit -S -c 2000; exec "$0" "$@"', sys.executable, "-c", program)
    code, result, stderr = run(tmp_path, endless, prefix=prefix, threads=2)
    assert code == 0, stderr
    space, core = result["limits"]
    assert core == 0
    assert space == pytest.approx(result["memory"] + result["mapped"] + (256 << 20), abs=32 << 20)
    assert result["first_to_go"].strip() == "1000"


def test_infer_leaves_real_outputs(tmp_path: Path, shared_data: Path) -> None:
    model = shared_data / "mlperf_tiny" / "kws_dscnn_int8.tflite"
    samples = np.random.default_rng(0).normal(0, 20, (5, 49, 10, 1)).astype(np.float32)
    np.save(tmp_path / "in.npy", samples)
    code, result, stderr = run(tmp_path, model, task="infer", inputs=["in.npy"], count=5)
    assert (code, result["outputs"]) == (0, ["output_0.npy"]), stderr
    values = np.load(tmp_path / "output_0.npy")
    interpreter = Interpreter(model_path=str(model), num_threads=1)
    interpreter.allocate_tensors()
    (given,), (taken,) = interpreter.get_input_details(), interpreter.get_output_details()
    scale, zero = given["quantization"]
    for index in range(5):
        stored = np.clip(np.round(samples[index : index + 1] / np.float32(scale)) + zero, -128, 127)
        interpreter.set_tensor(given["index"], stored.astype(np.int8))
        interpreter.invoke()
        expected = (interpreter.get_tensor(taken["index"])[0].astype(np.float32) + 128) / 256
        np.testing.assert_array_equal(values[index], expected)


def test_infer_resizes_what_is_open_and_takes_bare_inputs(tmp_path: Path, writer: Any) -> None:
    bare = writer.tensor("bare", "float32", [3], io="i")
    wide = writer.tensor("wide", "float32", [1, 1, 2], signature=[-1, -1, 2], io="i")
    writer.operator("ABS", [bare], [writer.tensor("a", "float32", [3], io="o")])
    writer.operator("ABS", [wide], [writer.tensor("b", "float32", [1, 1, 2], signature=[-1, -1, 2], io="o")])
    one, two = np.full((2, 3), -1, np.float32), np.full((2, 5, 2), -2, np.float32)
    np.save(tmp_path / "one.npy", one)
    np.save(tmp_path / "two.npy", two)
    model = writer.write(tmp_path / "open.tflite")
    code, _, stderr = run(tmp_path, model, task="infer", inputs=["one.npy", "two.npy"], count=2)
    assert code == 0, stderr
    np.testing.assert_array_equal(np.load(tmp_path / "output_0.npy"), -one)
    np.testing.assert_array_equal(np.load(tmp_path / "output_1.npy"), -two)


def test_outputs_of_one_shape_only(tmp_path: Path, writer: Any) -> None:
    shape = writer.tensor("shape", "int32", [1], io="i")
    value = writer.tensor("value", "float32", [], data=np.array(2.5, np.float32))
    writer.operator("FILL", [shape, value], [writer.tensor("out", "float32", [1], signature=[-1], io="o")])
    np.save(tmp_path / "in.npy", np.array([[3], [4]], np.int32))
    code, result, _ = run(tmp_path, writer.write(tmp_path / "fill.tflite"), task="infer", inputs=["in.npy"], count=2)
    assert (code, result["error"]["kind"]) == (0, "unfit")


def test_a_fault_of_its_own_is_not_blamed_on_the_file(tmp_path: Path, shared_data: Path) -> None:
    model = shared_data / "mlperf_tiny" / "kws_dscnn_int8.tflite"
    code, result, stderr = run(tmp_path, model, runs="many")
    assert (code, result["stage"]) == (1, "start")
    assert "TypeError" in stderr


def test_trouble_with_its_disk_is_not_blamed_on_the_file(tmp_path: Path, shared_data: Path) -> None:
    model = shared_data / "mlperf_tiny" / "kws_dscnn_int8.tflite"
    code, result, _ = run(tmp_path, model, task="infer", inputs=["missing.npy"], count=1)
    assert (code, result["error"]["kind"]) == (0, "device")
