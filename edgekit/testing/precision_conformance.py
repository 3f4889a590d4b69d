"""What every precision must keep. Subclass it with the fixtures ``precision``, ``float_model`` and ``samples``."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, ClassVar

from edgekit.artifact import Artifact
from edgekit.conversion import convert
from edgekit.inspection import Inspection, inspect
from edgekit.profiles import advice_for, profile_named
from edgekit.recipe import Arithmetic, Precision


class PrecisionConformance:
    """Tests of one row of the table of precisions, on a real float .tflite.

    Fixtures to give: ``precision``, the row; ``float_model``, the path of a float .tflite with at least 10,000
    weights; ``samples``, anything that ``convert`` takes for calibration, that can be read more than once;
    ``tmp_path`` as pytest's.
    """

    _made: ClassVar[dict[tuple[str, Path], tuple[Artifact, Inspection]]] = {}

    def made(self, precision: Precision, float_model: Path, samples: Any, folder: Path) -> tuple[Artifact, Inspection]:
        """Return the artifact and what its file says; it is made once for all tests."""
        key = precision.name, float_model
        if key not in self._made:
            artifact = convert(float_model, folder, precision=precision.name, calibration=samples).artifact
            self._made[key] = artifact, inspect(artifact.path)
        return self._made[key]

    def test_the_file_is_what_it_is_called(
        self, precision: Precision, float_model: Path, samples: Any, tmp_path: Path
    ) -> None:
        """The census of the bytes agrees with the name, and the weights have shrunk as promised."""
        _, facts = self.made(precision, float_model, samples, tmp_path)
        assert facts.precision == precision.name
        assert facts.runs_on_cpu
        share = facts.weight_bytes / inspect(float_model).weight_bytes
        assert share <= precision.weight_bits / 32 * 1.1 + 0.02

    def test_the_file_is_close_to_the_float_one(
        self, precision: Precision, float_model: Path, samples: Any, tmp_path: Path
    ) -> None:
        """It ran, and what came out is a signal and no noise."""
        artifact, _ = self.made(precision, float_model, samples, tmp_path)
        fidelity = artifact.provenance.fidelity
        if precision.arithmetic is Arithmetic.FLOAT:
            assert fidelity is None
        else:
            assert fidelity is not None
            # A precision that says of itself that it costs accuracy is held to nothing but saying how much.
            least = 6.0 if precision.inaccurate_because is None else -math.inf
            assert least < fidelity.snr_db < math.inf
            assert not fidelity.synthetic

    def test_the_same_input_gives_the_same_bytes(
        self, precision: Precision, float_model: Path, samples: Any, tmp_path: Path
    ) -> None:
        """Nothing depends on time, place or chance."""
        artifact, _ = self.made(precision, float_model, samples, tmp_path)
        again = convert(float_model, tmp_path / "again.tflite", precision=precision.name, calibration=samples)
        assert again.artifact.sha256 == artifact.sha256

    def test_there_is_advice_for_it(self, precision: Precision) -> None:
        """A board, one with an accelerator and a microcontroller say something, or know that they do not."""
        for name in ("rpi4", "rpi5", "coral-dev-board", "stm32h747"):
            advice = advice_for(profile_named(name), precision.name)
            assert all(sentence.strip() for sentence in advice)
        assert advice
