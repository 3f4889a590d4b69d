"""How an agent ended, as a sentence: from its exit code and the word that it left, and from real deaths."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from edgekit.agent.job import PROTOCOL
from edgekit.devices import Completed, LocalDevice
from edgekit.errors import AgentMismatch, CommandFailed, DeviceError, EdgekitError, InferenceError, SourceError
from edgekit.runner import benchmark
from edgekit.runner.endings import Circumstances, death, refusal

_DONE = f"""echo '{{"protocol": {PROTOCOL}, "stage": "done"}}' > result.json"""
AROUND = Circumstances("m.tflite", "ssh://pi@host", 600.0, 8.0)


class OtherPython(LocalDevice):
    """This machine, where ``python3`` is something else."""

    def __init__(self, *python3: str) -> None:
        super().__init__()
        self._python3 = python3

    def execute(self, argv: Sequence[str], *, timeout: float) -> Completed:
        return super().execute([*self._python3, *argv[1:]], timeout=timeout)


@pytest.mark.parametrize(
    ("returncode", "stage", "kind", "sentence"),
    [
        (127, None, CommandFailed, "there is no python3 on ssh://pi@host"),
        (1, "start", CommandFailed, "the agent ended with code 1 on ssh://pi@host"),
        (255, "load", CommandFailed, "the agent ended with code 255 on ssh://pi@host"),
        (-11, "load", InferenceError, "m.tflite ended the runtime on ssh://pi@host with SIGSEGV in loading it: the"),
        (139, "first", InferenceError, "with SIGSEGV in its first inference: the runtime reached for memory"),
        (-6, "steady", InferenceError, "with SIGABRT in repeating the inference: the runtime gave up"),
        (-8, "first", InferenceError, "with SIGFPE in its first inference: the runtime divided by zero"),
        (-4, "load", CommandFailed, "with SIGILL in loading it: the processor lacks an instruction that the runtime"),
        (-7, "samples", InferenceError, "with SIGBUS in running the samples: the runtime reached"),
        (-9, "warm-up", CommandFailed, "with SIGKILL in repeating the inference: most likely the memory"),
        (-2, "steady", InferenceError, "with SIGINT in repeating the inference: something there ended it"),
        (-14, "load", InferenceError, "m.tflite did not finish loading it on ssh://pi@host within 8 s"),
        (142, "first", InferenceError, "did not finish its first inference on ssh://pi@host within 8 s"),
        (-14, "steady", InferenceError, "did not finish repeating the inference on ssh://pi@host within 600 s"),
        (-4, "start", CommandFailed, "was ended by SIGILL before it touched the model: the processor lacks"),
        (-15, None, CommandFailed, "python3 on ssh://pi@host was ended by SIGTERM before it touched the model$"),
        (
            -14,
            "idle",
            InferenceError,
            "did not finish repeating the inference after pauses on ssh:",
        ),
        (139, "sustained", InferenceError, "with SIGSEGV in repeating the inference for long: the runtime reached"),
        (200, "load", CommandFailed, "the agent ended with code 200"),
    ],
)
def test_deaths(returncode: int, stage: str | None, kind: type[EdgekitError], sentence: str) -> None:
    error = death(Completed(returncode, "out\n", "err\n"), stage=stage, around=AROUND)
    assert type(error) is kind
    with pytest.raises(kind, match=sentence):
        raise error
    assert error.hint
    assert error.log == "out\nerr\n"
    assert error.exit_code == (1 if kind is InferenceError else 3)


def test_a_failed_allocation_in_cpp_is_want_of_memory() -> None:
    stderr = "terminate called after throwing an instance of 'std::bad_alloc'\n"
    error = death(Completed(-6, "", stderr), stage="first", around=AROUND)
    assert error.message.endswith("with SIGABRT in its first inference: memory ran out")


@pytest.mark.parametrize(
    ("kind", "error", "sentence"),
    [
        ("refused", InferenceError, "the runtime on ssh://pi@host refuses m.tflite: too bad"),
        ("unfit", InferenceError, "m.tflite cannot run as asked on ssh://pi@host: too bad"),
        ("memory", InferenceError, "m.tflite needs more memory than ssh://pi@host has"),
        ("no-runtime", CommandFailed, "python3 on ssh://pi@host has no runtime: too bad"),
        ("damaged", CommandFailed, "m.tflite was damaged on its way to ssh://pi@host, or changed meanwhile: too bad"),
        ("device", DeviceError, "the agent on ssh://pi@host failed: too bad"),
    ],
)
def test_refusals(kind: str, error: type[EdgekitError], sentence: str) -> None:
    result = refusal({"kind": kind, "message": "too\n  bad"}, around=AROUND, log="chatter")
    assert type(result) is error
    assert result.message == sentence
    assert result.log == "chatter"


def test_the_runtime_refuses_a_real_file(shared_data: Path) -> None:
    with pytest.raises(InferenceError, match="unresolved custom op: fake-op-double") as caught:
        benchmark(shared_data / "coral" / "model_invoking_error.tflite")
    assert caught.value.hint == "its operators must be builtin ones"
    assert "XNNPACK" not in caught.value.message


def test_a_file_that_kills_the_runtime(shared_data: Path, edited: Callable[[Path, dict[int, int]], Path]) -> None:
    # Found by changing bytes at random: the runtime of this environment follows a wrong offset without looking.
    changes = {2344: 0o377, 4221: 0o347, 11211: 1}
    model = edited(shared_data / "coral" / "keras_lstm_mnist_ptq.tflite", changes)
    with pytest.raises(InferenceError, match="ended the runtime on local with SIGSEGV in loading it") as caught:
        benchmark(model)
    assert "most likely broken" in str(caught.value.hint)


def test_a_file_that_hangs_while_loading(shared_data: Path, edited: Callable[[Path, dict[int, int]], Path]) -> None:
    model = edited(shared_data / "mlperf_tiny" / "kws_dscnn_float32.tflite", {35998: 0o377, 40975: 3})
    with pytest.raises(InferenceError, match="did not finish loading it on local within 1 s") as caught:
        benchmark(model, first_timeout=1)
    assert "first_timeout" in str(caught.value.hint)


def test_a_file_that_never_ends(endless: Path) -> None:
    with pytest.raises(InferenceError, match="did not finish its first inference on local within 1 s"):
        benchmark(endless, first_timeout=1)


def test_a_truncated_file_never_runs(shared_data: Path, tmp_path: Path) -> None:
    content = (shared_data / "mlperf_tiny" / "ic_resnet8_int8.tflite").read_bytes()
    (tmp_path / "half.tflite").write_bytes(content[: len(content) // 2])
    with pytest.raises(SourceError):
        benchmark(tmp_path / "half.tflite")


@pytest.mark.parametrize(
    ("python3", "kind", "sentence"),
    [
        (("edgekit-has-no-such-python",), CommandFailed, "there is no python3 on local"),
        (("python3", "-I", "-S"), CommandFailed, "python3 on local has no runtime: numpy: No module named 'numpy'"),
        (("sh", "-c", "exit 3"), CommandFailed, "the agent ended with code 3 on local"),
        (("sh", "-c", "kill -ILL $$"), CommandFailed, "python3 on local was ended by SIGILL before it touched"),
        (("true",), AgentMismatch, "what answered on local is not the agent of this edgekit: it left no result"),
        (("sh", "-c", "echo '{}' > result.json"), AgentMismatch, f"its protocol is None, not {PROTOCOL}"),
        (("sh", "-c", "echo '[]' > result.json"), AgentMismatch, "its result is no object"),
        (("sh", "-c", "echo 'x' > result.json"), AgentMismatch, "it left no result"),
        (("sh", "-c", """echo '{"protocol": 99, "stage": "done"}' > result.json"""), AgentMismatch, "protocol is 99"),
        (("sh", "-c", _DONE), AgentMismatch, "malformed"),
    ],
)
def test_a_device_without_our_python(
    python3: tuple[str, ...], kind: type[EdgekitError], sentence: str, shared_data: Path
) -> None:
    with closing(OtherPython(*python3)) as device, pytest.raises(kind, match=sentence) as caught:
        benchmark(shared_data / "mlperf_tiny" / "kws_dscnn_int8.tflite", device=device)
    assert caught.value.exit_code == 3
    assert caught.value.address == "local"
