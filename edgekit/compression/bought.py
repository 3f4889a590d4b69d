"""What a stage bought, in a sentence; also where it bought nothing."""

from __future__ import annotations

from collections.abc import Mapping

from edgekit.compression.compression import Version, VersionFile

_SAME = 0.02


def bought(
    name: str,
    before: Version,
    after: tuple[VersionFile, ...],
    *,
    weights: Mapping[str, Mapping[str, int]] | None = None,
) -> str:
    """Return what the files of a version are against those of the version before.

    Args:
        name: of the stage.
        before: the version that it started from.
        after: the files that it led to.
        weights: what was counted of the kernels, where the stage was about single weights.
    """
    precision = "int8" if before.file("int8") and any(each.precision == "int8" for each in after) else "float32"
    old = before.file(precision)
    new = next((each for each in after if each.precision == precision), None)
    if old is None or new is None:
        return f"{name}: there is no file to compare"
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
    parts = [", ".join(changed)] if changed else []
    if same:
        parts.append(f"{', '.join(same)} unchanged")
    if new.accuracy is not None and old.accuracy is not None:
        points = 100 * (new.accuracy.accuracy.value - old.accuracy.accuracy.value)
        parts.append(f"accuracy {points:+.2f} points")
        if not changed and points <= 0:
            parts.append("it bought nothing")
    head = name if weights is None else f"{name} ({_counted(weights)})"
    return f"{head}: in {precision}: {'; '.join(parts)}"


def _counted(weights: Mapping[str, Mapping[str, int]]) -> str:
    total, zeros = (sum(each[key] for each in weights.values()) for key in ("weights", "zeros"))
    values = max((each["values"] for each in weights.values()), default=0)
    shared = f", at most {values} values in a kernel" if values <= 256 else ""
    return f"{zeros / max(1, total):.0%} sparsity{shared}"
