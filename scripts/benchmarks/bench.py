"""Holds edgekit's own cost against its limits. Run it by ``scripts/bench``, on a machine that does nothing else."""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from pathlib import Path

from boards_table import boards
from calibration import calibrate_mobilenet, calibrate_resnet8
from compression_study import compression
from doctor import doctor
from finetune_table import finetune
from interval_table import intervals
from lines import LINES, Place
from matrix_table import CASES, matrix
from pairs import Comparison
from prediction_here import prediction_here
from prediction_table import prediction
from promises import Missed
from qat_table import qat
from range_table import ranges
from rescue_table import rescue
from speed_table import same_twice
from truth import golden, reproduce
from twin_table import twin

_CHECKOUT = Path(__file__).resolve().parents[2]
_LINES = LINES | {"calibrate-resnet8": calibrate_resnet8, "calibrate-mobilenet": calibrate_mobilenet}
_TABLES = {
    "boards": boards,
    "same-twice": same_twice,
    "ranges": ranges,
    "intervals": intervals,
    "doctor": doctor,
    "reproduce": reproduce,
    "golden": golden,
    "rescue": rescue,
    "finetune": finetune,
    "qat": qat,
    "matrix": matrix,
    "twin": twin,
    "prediction": prediction,
    "prediction-here": prediction_here,
    "compression": compression,
}
"""What is not a ratio: each gives the lines of a table of its own."""
_HEAD = f"{'line':20} {'ours':>10} {'other':>10} {'ratio':>7} {'min':>7} {'max':>7} {'limit':>6} {'pairs':>5}"


def main() -> int:
    options = _options()
    data = Path(os.environ.get("EDGEKIT_TEST_DATA", _CHECKOUT.parent / "shared" / "data"))
    if not (data / "mlperf_tiny").is_dir():
        print(f"the models to measure are not in {data}; name their folder in EDGEKIT_TEST_DATA", file=sys.stderr)
        return 3
    wanted = options.lines or (*_LINES, *_TABLES)
    over = False
    with tempfile.TemporaryDirectory(prefix="edgekit-bench-") as name:
        place = Place(data, Path(name), options.quick, tuple(options.only), options.keep)
        if not _LINES.keys().isdisjoint(wanted):
            print(_HEAD)
        for line in (name for name in wanted if name in _LINES):
            seen = _LINES[line](place)
            over = over or seen.over
            print(_row(seen), flush=True)
        for table in (name for name in wanted if name in _TABLES):
            print(f"\n{_TABLES[table].__doc__}")
            for row in _TABLES[table](place):
                over = over or isinstance(row, Missed)
                print(f"MISSED: {row}" if isinstance(row, Missed) else row, flush=True)
    return int(over)


def _options() -> argparse.Namespace:
    described = "\n".join(f"  {name:20} {line.__doc__}".replace("``", "`") for name, line in (_LINES | _TABLES).items())
    parser = argparse.ArgumentParser(
        prog="scripts/bench",
        description="Measures ratios, each pair in turn in one run, and prints tables. "
        "Ends with 1 where a ratio is over its limit, or a table has a row that is MISSED.",
        epilog=f"lines:\n{described}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("lines", nargs="*", metavar="LINE", help="what to measure or print; all, if none is named")
    parser.add_argument("--quick", action="store_true", help="fewer pairs, smaller tables")
    parser.add_argument("--only", nargs="+", default=[], metavar="MODEL", help="rows of the matrix: these models alone")
    parser.add_argument(
        "--keep",
        type=Path,
        metavar="FOLDER",
        help="compression, finetune, qat: keep what is made in FOLDER, and go on with what is there",
    )
    options = parser.parse_args()
    for line in options.lines:
        if line not in _LINES | _TABLES:
            parser.error(f"there is no line '{line}', but {', '.join(_LINES | _TABLES)}")
    if options.only and options.lines not in (["matrix"], ["twin"]):
        parser.error("--only is for the matrix, or the twin: scripts/bench matrix --only MODEL...")
    for model in options.only:
        if model not in CASES:
            parser.error(f"there is no model '{model}' in the matrix, but {', '.join(CASES)}")
    return options


def _row(seen: Comparison) -> str:
    verdict = "over" if seen.over else "ok"
    return (
        f"{seen.name:20} {_duration(seen.ours):>10} {_duration(seen.others):>10} {seen.ratio:7.3f} "
        f"{min(seen.ratios):7.3f} {max(seen.ratios):7.3f} {seen.limit:6.2f} {len(seen.ratios):5} {verdict}"
    )


def _duration(seconds: tuple[float, ...]) -> str:
    middle = statistics.median(seconds)
    return f"{middle:.3f} s" if middle >= 0.1 else f"{middle * 1e3:.4f} ms"


if __name__ == "__main__":
    sys.exit(main())
