"""What is seen of a model's tensors while it runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_quantizer import quantizer, recipe
from ai_edge_quantizer.utils import qsv_utils
from numpy.typing import NDArray

from edgekit import Step, convert, inspect
from edgekit.errors import ConversionError
from edgekit.quantization.observation import observe

Photos = list[NDArray[np.float32]]


def extremes_by_ai_edge_quantizer(path: Path, samples: Photos) -> dict[str, tuple[float, float]]:
    worker = quantizer.Quantizer(str(path))
    worker.add_static_config(".*", recipe.TFLOperationName.ALL_SUPPORTED, 8, 8)
    seen: dict[str, Any] = {}
    for sample in samples:
        found = worker.calibrate({"serving_default": [{"x": sample[None]}]}, num_threads=2)
        seen = {name: qsv_utils.min_max_update(seen.get(name, {}), entry) for name, entry in found.items()}
    return {name: (entry["min"].item(), entry["max"].item()) for name, entry in seen.items()}


@pytest.mark.filterwarnings("ignore:.*experimental_preserve_all_tensors")
def test_it_sees_what_ai_edge_quantizer_sees(resnet: Any, photos: Photos) -> None:
    wanted = extremes_by_ai_edge_quantizer(resnet.path, photos[:8])
    observations = resnet.observed(photos[:8])
    seen = {name: (each.bins.minimum, each.bins.maximum) for name, each in observations.items()}
    assert len(wanted) == 17
    assert seen == wanted


def test_every_value_of_every_sample_is_counted_once(resnet: Any, photos: Photos) -> None:
    observations = resnet.observed(photos[:8])
    assert observations["input_1"].bins.counts.sum() == 8 * 32 * 32 * 3
    assert observations["input_1"].rank == 4
    assert observations["Identity"].bins.counts.sum() == 8 * 10


def test_it_tells_each_sample(resnet: Any, photos: Photos) -> None:
    np.save(resnet.path.with_suffix(".npy"), np.stack(photos[:3]))
    steps: list[Step] = []
    files = [str(resnet.path.with_suffix(".npy"))]
    observe(resnet.path, inputs=["x"], files=files, count=3, progress=steps.append)
    assert [(step.stage, step.done, step.total) for step in steps] == [("calibrating", n, 3) for n in range(4)]


_PEAK = """
import sys
from pathlib import Path
from edgekit.quantization.observation import observe
path, samples, count = sys.argv[1:]
seen = observe(Path(path), inputs=["x"], files=[samples], count=int(count), progress=lambda step: None)
assert seen["input_1"].bins.counts.sum() == int(count) * 32 * 32 * 3
print(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1])
"""


@pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="the kernel tells the peak memory of a process there"
)
def test_memory_does_not_grow_with_the_samples(resnet: Any, photos: Photos, tmp_path: Path) -> None:
    """The whole process, runtime and all: 2,000 samples need what 200 do. Their tensors would be 900 MB."""
    np.save(tmp_path / "samples.npy", np.stack([photos[index % 240] for index in range(2000)]))
    peaks = {}
    for count in (200, 2000):
        command = [sys.executable, "-c", _PEAK, str(resnet.path), str(tmp_path / "samples.npy"), str(count)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        peaks[count] = int(done.stdout) * 1024
    # The inputs alone would take 22 MB more; two runs over the same samples differ by 1 or 2.
    assert peaks[2000] < peaks[200] + 10_000_000


def test_a_state_ends_with_its_sample(tmp_path: Path) -> None:
    """The recurrent layer of this kind keeps its state in variables, which the runtime does not clear by itself."""
    model = Path(__file__).with_name("fused_lstm.tflite")
    assert "UNIDIRECTIONAL_SEQUENCE_LSTM" in {row.name for row in inspect(model).census}
    samples = np.random.default_rng(0).normal(size=(12, 12, 5)).astype(np.float32)
    artifacts = [
        convert(model, tmp_path / f"{index}.tflite", precision="int8", calibration=given).artifact
        for index, given in enumerate((samples, samples[::-1]))
    ]
    assert artifacts[0].sha256 == artifacts[1].sha256
    first, second = (artifact.provenance.fidelity for artifact in artifacts)
    assert first is not None
    assert second is not None
    assert first.snr_db == pytest.approx(second.snr_db, abs=1e-6)
    assert first.snr_db > 35


def test_a_model_that_does_not_run_is_told(resnet: Any, photos: Photos) -> None:
    np.save(resnet.path.with_suffix(".npy"), np.stack(photos[:2])[..., :2])
    with pytest.raises(ConversionError, match="^calibration failed: "):
        observe(
            resnet.path,
            inputs=["x"],
            files=[str(resnet.path.with_suffix(".npy"))],
            count=2,
            progress=lambda step: None,
        )
