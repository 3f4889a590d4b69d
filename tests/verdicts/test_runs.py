"""Runs of which one alone would tell another story."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from edgekit.metrics import Budget, Check, Verdict
from edgekit.profiles import profile_named
from edgekit.runs import RunResult, Timings, ToldFigures
from edgekit.verdicts.latency import latency_p90
from edgekit.verdicts.memory import peak_memory
from edgekit.verdicts.runs import Group, Runs

MakeRun = Callable[..., RunResult]
PI4 = profile_named("rpi4")
MIB = 2**20
LIMITS = Budget(latency_p90_ms=33.0, memory_bytes=64 * MIB)
PASS, FAIL, UNKNOWN = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN


def grouped(*runs: RunResult) -> Runs:
    by_threads = {run.threads: [each for each in runs if each.threads == run.threads] for run in runs}
    return Runs(tuple(Group(threads, tuple(each)) for threads, each in sorted(by_threads.items())), ())


def judged(*runs: RunResult, limits: Budget = LIMITS) -> tuple[Check, Check]:
    sorted_runs = grouped(*runs)
    group = sorted_runs.best(limits)
    assert group is not None
    assert limits.latency_p90_ms is not None
    assert limits.memory_bytes is not None
    latency = latency_p90(limits.latency_p90_ms, group=group, runs=sorted_runs, profile=PI4)
    return latency, peak_memory(limits.memory_bytes, group=group, runs=sorted_runs)


@pytest.fixture
def seen(make_run: MakeRun) -> MakeRun:
    """A run of ``count`` inferences of ``each`` milliseconds."""

    def make(each: float, *, count: int = 50, **changes: object) -> RunResult:
        return make_run("0" * 64, steady=Timings((each,) * count), **changes)

    return make


def test_one_fast_run_does_not_outweigh_three_slow_ones(seen: MakeRun) -> None:
    lucky = seen(10.0, count=40, settled=False, stopped_early=True)
    latency, _ = judged(seen(500.0), seen(500.0), lucky, seen(500.0))
    assert latency.verdict is FAIL
    assert latency.metric is not None
    assert latency.metric.value == 500.0
    assert "the slowest of 4 runs; times not settled in 1 of 4 runs; stopped early in 1 of 4 runs" in latency.sentence


@pytest.mark.parametrize(
    ("count", "verdict", "words"),
    [
        (
            1,
            UNKNOWN,
            "1 inference cannot tell what nine of ten take: 30 can. What was seen is 29.6 us, and the limit 33",
        ),
        (29, UNKNOWN, "29 inferences cannot tell what nine of ten take: 30 can"),
        (30, PASS, "nine of ten inferences take at most 29.6 us, within the limit of 33 ms"),
    ],
)
def test_few_inferences_are_no_answer(count: int, verdict: Verdict, words: str, seen: MakeRun) -> None:
    latency, memory = judged(seen(0.0296, count=count))
    assert latency.verdict is verdict
    assert words in latency.sentence
    assert memory.verdict is PASS


def test_few_inferences_are_no_answer_either_where_they_are_the_slowest_of_several(seen: MakeRun) -> None:
    latency, _ = judged(seen(10.0), seen(40.0, count=3))
    assert latency.verdict is UNKNOWN
    assert judged(seen(10.0), seen(9.0, count=3))[0].verdict is PASS


def test_times_that_never_settled_are_no_answer(seen: MakeRun) -> None:
    latency, _ = judged(seen(10.0, settled=False), seen(11.0, settled=False))
    assert latency.verdict is UNKNOWN
    assert latency.sentence.startswith("the times had not settled in any of 2 runs. What was seen is 11 ms")
    assert judged(seen(10.0, settled=False), seen(11.0))[0].verdict is PASS
    alone, _ = judged(seen(10.0, settled=False))
    assert alone.sentence.startswith("the times had not settled. What was seen is 10 ms, and the limit 33 ms")


def test_a_busy_machine_and_an_early_stop_are_told(seen: MakeRun) -> None:
    latency, _ = judged(seen(10.0, stopped_early=True, environment={"load_average": 6.25, "cores": 4}))
    assert latency.verdict is PASS
    assert latency.sentence.endswith("with 1 thread; stopped early; load average 6.2 on 4 cores)")
    calm, _ = judged(seen(10.0, environment={"load_average": 4.0, "cores": 4}))
    assert "load average" not in calm.sentence
    assert "load average" not in judged(seen(10.0, environment={"load_average": None}))[0].sentence


def test_all_limits_must_be_kept_with_the_same_number_of_threads(seen: MakeRun) -> None:
    small, fast = seen(40.0, peak_memory_bytes=32 * MIB), seen(10.0, threads=4, peak_memory_bytes=80 * MIB)
    latency, memory = judged(small, fast)
    # The faster one is shown: neither keeps both limits.
    assert (latency.verdict, memory.verdict) == (PASS, FAIL)
    assert "with 4 threads" in latency.sentence
    assert "with 4 threads" in memory.sentence
    both = seen(30.0, threads=2, peak_memory_bytes=60 * MIB)
    latency, memory = judged(small, fast, both)
    assert (latency.verdict, memory.verdict) == (PASS, PASS)
    assert "with 2 threads; of 1, 2 and 4 threads, 2 keeps the limits best" in latency.sentence
    assert "with 2 threads" in memory.sentence


def test_what_may_fit_is_better_than_what_does_not(seen: MakeRun) -> None:
    latency, _ = judged(seen(40.0), seen(20.0, threads=2, count=3))
    assert latency.verdict is UNKNOWN


def test_the_largest_run_speaks_for_the_memory(seen: MakeRun) -> None:
    _, memory = judged(seen(10.0, peak_memory_bytes=70 * MIB), seen(10.0, peak_memory_bytes=48 * MIB))
    assert memory.verdict is FAIL
    assert "it takes 70.0 MiB, over the limit of 64.0 MiB" in memory.sentence
    assert "the largest of 2 runs" in memory.sentence


def test_a_peak_that_no_run_told_is_no_answer(seen: MakeRun) -> None:
    untold = seen(10.0, peak_memory_bytes=None, engine="benchmark_model")
    for runs in ((untold,), (seen(10.0), untold)):
        _, memory = judged(*runs)
        assert (memory.verdict, memory.metric) == (UNKNOWN, None)
        assert memory.sentence.startswith("a run by benchmark_model did not tell the peak of its memory")
    # One that is too large is enough.
    assert judged(untold, seen(10.0, peak_memory_bytes=70 * MIB))[1].verdict is FAIL


@pytest.mark.parametrize(("limit", "verdict"), [(34.0, PASS), (33.0, UNKNOWN), (30.0, UNKNOWN), (29.9, FAIL)])
def test_a_p95_is_no_p90_that_is_over_the_limit(limit: float, verdict: Verdict, make_run: MakeRun) -> None:
    run = make_run("0" * 64, steady=Timings((), ToldFigures(50, 30.0, 34.0, 28.0, 36.0, 30.5, 1.0)))
    latency, _ = judged(run, limits=Budget(latency_p90_ms=limit, memory_bytes=64 * MIB))
    assert latency.verdict is verdict
    assert "measured: p95, for want of the p90, of 50 inferences" in latency.sentence


def test_a_slower_run_never_makes_a_number_of_threads_look_better(seen: MakeRun) -> None:
    order = [FAIL, UNKNOWN, PASS]
    runs = [seen(10.0), seen(20.0), seen(30.0), seen(34.0, settled=False), seen(50.0, stopped_early=True)]
    verdicts = [judged(*runs[: count + 1])[0].verdict for count in range(len(runs))]
    assert [order.index(verdict) for verdict in verdicts] == sorted(map(order.index, verdicts), reverse=True)
    assert verdicts[2:4] == [PASS, FAIL]


def test_latency_that_reads_like_the_limit_is_told_exactly(seen: MakeRun) -> None:
    latency, _ = judged(seen(10.001), limits=Budget(latency_p90_ms=10.0, memory_bytes=64 * MIB))
    assert latency.verdict is FAIL
    assert "take at most 10.001 ms, over the limit of 10 ms" in latency.sentence


def test_without_limits_on_what_is_measured_the_fastest_is_taken(seen: MakeRun) -> None:
    best = grouped(seen(40.0), seen(10.0, threads=4), seen(20.0, threads=8)).best(Budget())
    assert best is not None
    assert best.threads == 4
    assert Runs((), ()).best(LIMITS) is None


def test_a_tainted_run_never_passes(seen: MakeRun) -> None:
    hot = seen(10.0, taints=("the clock fell from 1800 to 600 MHz",))
    latency, memory = judged(hot)
    assert latency.verdict is UNKNOWN
    assert latency.sentence.startswith("the run was tainted: the clock fell from 1800 to 600 MHz. What was seen is 10 ")
    # What it takes of memory is true all the same.
    assert memory.verdict is PASS
    latency, _ = judged(hot, hot)
    assert "all 2 runs were tainted" in latency.sentence


def test_of_equals_a_number_of_threads_without_taint_is_taken(seen: MakeRun) -> None:
    hot = seen(5.0, threads=4, taints=("throttled",))
    for limits in (Budget(), Budget(memory_bytes=64 * MIB)):
        best = grouped(seen(10.0), hot).best(limits)
        assert best is not None
        assert best.threads == 1
    few = seen(10.0, count=3)
    assert "3 inferences cannot tell" in judged(few, hot)[0].sentence
    # What one number of threads misses, the other one may keep: but nothing of it is known.
    latency, _ = judged(seen(40.0), hot)
    assert latency.verdict is UNKNOWN
    assert "of 1 and 4 threads, 4 may still keep the limits" in latency.sentence


@pytest.mark.parametrize(("each", "verdict"), [(20.0, PASS), (50.0, FAIL)])
def test_runs_that_are_not_tainted_speak_for_themselves(each: float, verdict: Verdict, seen: MakeRun) -> None:
    latency, _ = judged(seen(90.0, taints=("throttled",)), seen(each), seen(1.0, taints=("throttled",)))
    assert latency.verdict is verdict
    assert latency.metric is not None
    assert latency.metric.value == each
    assert "2 of 3 runs tainted, which do not count" in latency.sentence
