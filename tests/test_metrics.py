from __future__ import annotations

import pytest

from edgekit.metrics import Check, Verdict, combine, overall

PASS, FAIL, UNKNOWN = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ([PASS, PASS], PASS),
        ([PASS, UNKNOWN], UNKNOWN),
        ([UNKNOWN, FAIL, PASS], FAIL),
        ([FAIL], FAIL),
        ([], UNKNOWN),
    ],
)
def test_fail_beats_unknown_beats_pass(verdicts: list[Verdict], expected: Verdict) -> None:
    assert combine(verdicts) is expected
    assert overall(Check("memory", None, None, verdict, "") for verdict in verdicts) is expected
