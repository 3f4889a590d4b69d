"""What a stage bought, in a sentence; also where it bought nothing."""

from __future__ import annotations

from collections.abc import Mapping

from edgekit.compression.compression import Version, VersionFile

SPARSE = "float32, sparse"
"""What the file is called whose weights are stored without zeros: ``convert --sparse-weights`` makes it."""
_SAME = 0.02


def bought(
    name: str,
    before: Version,
    after: tuple[VersionFile, ...],
    *,
    parameters: int,
    weights: Mapping[str, Mapping[str, int]] | None = None,
    sparse: str | None = None,
) -> str:
    """Return what the files of a version are against those of the version before.

    Args:
        name: of the stage.
        before: the version that it started from.
        after: the files that it led to.
        parameters: how many weights the version has.
        weights: what was counted of the kernels, where the stage was about single weights.
        sparse: why there is no file without zeros, where the stage was about single weights and there is none.
    """
    made = {each.precision: each for each in after}
    precision = next((each for each in ("int8", "float32") if before.file(each) and each in made), None)
    old = before.file(precision or "int8") or before.file("float32")
    new = made[precision] if precision else next(iter(after), None)
    if old is None or new is None:
        return f"{name}: there is no file to compare"
    changed, parts = _compared(old, new)
    left = parameters / max(1, before.parameters)
    if abs(left - 1) > _SAME:
        parts.append(f"number of weights x{left:.2f}")
        changed = True
    if new.accuracy is not None and old.accuracy is not None:
        points = 100 * (new.accuracy.accuracy.value - old.accuracy.accuracy.value)
        parts.append(f"accuracy {points:+.2f} points")
        if not changed and points <= 0:
            parts.append("it bought nothing")
    head = name if weights is None else f"{name} ({_counted(weights)})"
    against = "" if new.precision == old.precision else f" against {old.precision}"
    zeros = [] if weights is None else [_sparse_told(made, sparse)]
    return "; ".join([f"{head}: in {new.precision}{against}: {'; '.join(parts)}", *zeros])


def _compared(old: VersionFile, new: VersionFile) -> tuple[bool, list[str]]:
    """Return whether anything has changed, and what, and what has not."""
    ratios = {
        "size": new.size_bytes / old.size_bytes,
        "zipped size": new.zipped_bytes / old.zipped_bytes,
        "MACs": new.macs / max(1, old.macs),
        **{
            f"{metric.name} on {address}": metric.value / old.measured[address].value
            for address, metric in new.measured.items()
            if address in old.measured and old.measured[address].value
        },
    }
    changed = [f"{what} x{ratio:.2f}" for what, ratio in ratios.items() if abs(ratio - 1) > _SAME]
    same = [what for what, ratio in ratios.items() if abs(ratio - 1) <= _SAME]
    told = [", ".join(changed)] if changed else []
    return bool(changed), [*told, *([f"{', '.join(same)} unchanged"] if same else [])]


def _sparse_told(made: Mapping[str, VersionFile], lacking: str | None) -> str:
    """Return what zeros are worth where they are not stored: the only way in which the runtime can skip them."""
    plain, sparse = made.get("float32"), made.get(SPARSE)
    if plain is None or sparse is None:
        return f"its zeros cannot be skipped: {lacking or 'there is no file without them'}"
    return f"stored sparse (convert --sparse-weights), against plain float32: {'; '.join(_compared(plain, sparse)[1])}"


def _counted(weights: Mapping[str, Mapping[str, int]]) -> str:
    total, zeros = (sum(each[key] for each in weights.values()) for key in ("weights", "zeros"))
    values = max((each["values"] for each in weights.values()), default=0)
    shared = f", at most {values} values in a kernel" if values <= 256 else ""
    return f"{zeros / max(1, total):.0%} sparsity{shared}"
