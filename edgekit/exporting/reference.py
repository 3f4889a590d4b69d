"""What is said when the model itself fails on a sample."""

from __future__ import annotations

from edgekit.errors import CalibrationError, ConversionError, EdgekitError


def reference_error(model: str, index: int, error: Exception, *, synthetic: bool) -> EdgekitError:
    """Return the error for a model that fails on sample ``index``: the sample's fault, or that of our noise."""
    first = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
    if synthetic:
        return ConversionError(
            f"model {model} fails on the noise that stands in for samples: {first[:300]}",
            hint="give samples that it takes: --calibration PATH",
            log=str(error),
        )
    return CalibrationError(
        f"model {model} fails on sample {index}: {first[:300]}",
        hint="look at the samples' values and at the value range",
        log=str(error),
    )
