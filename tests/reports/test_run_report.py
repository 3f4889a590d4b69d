"""Runs as a report: the answer first, taint loud, nothing invented, hostile names inert, in every format."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

import edgekit
from edgekit import Artifact, Budget, RunResult, Verdict
from edgekit.charts import Dot, Line
from edgekit.errors import UsageError
from edgekit.profiles import profile_named
from edgekit.reports import markdown_text, plain_text, web_page
from edgekit.reports.latency_charts import distribution
from edgekit.reports.run_page import run_page
from edgekit.reports.seen import seen_runs
from edgekit.runs import Benchmark, InstructionClasses, OpProfile, Timings, ToldFigures

Make = Callable[..., RunResult]


def both(page) -> tuple[str, str]:
    return plain_text(page), markdown_text(page)


def test_the_verdict_comes_first(make_run: Make) -> None:
    runs = Benchmark("m.tflite", (make_run(),))
    made = edgekit.report(runs, profile="rpi4", budget=Budget(latency_p90_ms=4.0))
    assert made.verdict is Verdict.FAIL
    for text in both(made.page):
        assert text.index("Verdict") < text.index("latency_p90: ")
        assert text.index("over the limit of 4 ms") < text.index("Latency\n")
    kept = edgekit.report(runs, profile="rpi4", budget=Budget(latency_p90_ms=5.0))
    (assessment,) = kept.assessments
    verdicts = {check.limit: check.verdict for check in assessment.checks}
    assert verdicts == {
        "runnable": Verdict.PASS, "file_size": Verdict.UNKNOWN, "memory": Verdict.PASS, "latency_p90": Verdict.PASS,
        "accuracy_drop": Verdict.UNKNOWN,
    }  # fmt: skip
    assert edgekit.report(runs).verdict is None


def test_of_several_files_the_verdict_names_the_limits_alone(make_run: Make) -> None:
    slow = make_run(artifact_sha256="ef" * 32, steady=Timings((40.0,) * 40))
    made = edgekit.report([Benchmark("a.tflite", (make_run(),)), Benchmark("b.tflite", (slow,))], profile="rpi4")
    assert made.verdict is Verdict.FAIL
    assert made.page.verdict is not None
    assert made.page.verdict.lines == ("b.tflite: latency_p90.",)


def test_the_file_is_judged_where_it_is_at_hand(make_run: Make, shared_data: Path, tmp_path: Path) -> None:
    shutil.copy(shared_data / "mlperf_tiny" / "ic_resnet8_int8.tflite", tmp_path / "m.tflite")
    sha256 = edgekit.inspect(tmp_path / "m.tflite").sha256
    Benchmark("m.tflite", (make_run(artifact_sha256=sha256),)).save(tmp_path / "run.json")
    (beside,) = edgekit.report(tmp_path / "run.json", profile="rpi4").assessments
    (tmp_path / "m.tflite").rename(tmp_path / "moved.tflite")
    (moved,) = edgekit.report(tmp_path / "run.json", profile="rpi4", models=[tmp_path / "moved.tflite"]).assessments
    (alone,) = edgekit.report(tmp_path / "run.json", profile="rpi4").assessments
    sizes = [{check.limit: check.verdict for check in each.checks}["file_size"] for each in (beside, moved, alone)]
    assert sizes == [Verdict.PASS, Verdict.PASS, Verdict.UNKNOWN]
    # Another file of the same name is another file.
    (tmp_path / "m.tflite").write_bytes(b"other")
    assert edgekit.report(tmp_path / "run.json", profile="rpi4").assessments == (alone,)
    with pytest.raises(UsageError, match=r"m\.tflite is the file of none of the runs"):
        edgekit.report(tmp_path / "run.json", models=[tmp_path / "m.tflite"])


def test_the_sidecar_tells_where_a_file_comes_from(make_run: Make, int8_artifact: Artifact) -> None:
    run = Benchmark(int8_artifact.path.name, (make_run(artifact_sha256=int8_artifact.sha256),))
    text = str(edgekit.report(run, models=[int8_artifact.path]))
    origin = int8_artifact.provenance.origin
    assert f"made from  {origin.path} ({origin.format}), SHA-256 {origin.sha256}" in text
    assert "precision  int8" in text
    assert f"ai-edge-quantizer {int8_artifact.provenance.versions['ai-edge-quantizer']}" in text
    assert "its sidecar is not at hand" not in text


def test_what_the_user_says_of_a_board_is_told(make_run: Make) -> None:
    run = Benchmark("m.tflite", (make_run(environment={"board": None}),))
    (alone,) = edgekit.report(run, profile="rpi4").assessments
    (said,) = edgekit.report(run, profile="rpi4", as_profile="rpi4").assessments
    verdicts = [{check.limit: check.verdict for check in each.checks}["latency_p90"] for each in (alone, said)]
    assert verdicts == [Verdict.UNKNOWN, Verdict.PASS]
    assert "is what the user says" in str(edgekit.report(run, profile="rpi4", as_profile="rpi4"))
    with pytest.raises(UsageError, match="there is no profile to judge for"):
        edgekit.report(run, as_profile="rpi4")


def test_taint_is_loud_everywhere(make_run: Make, full_run: RunResult) -> None:
    clean = make_run(threads=2)
    made = edgekit.report(Benchmark("m.tflite", (full_run, clean)), profile="rpi4")
    for text in both(made.page):
        head = text[: text.index("Latency\n")]
        assert "the times of 1 of 2 runs say little of the file" in head
        assert "1 thread: 'stress' took 0.9 cores while inferences were timed." in head
        assert "TAINTED" in text[len(head) :]
    (alone,) = edgekit.report(Benchmark("m.tflite", (full_run,)), profile="rpi4").assessments
    assert {check.limit: check.verdict for check in alone.checks}["latency_p90"] is Verdict.UNKNOWN
    page = web_page(made.page).decode()
    assert '<div class="notice bad"><strong>Tainted' in page
    assert '<span class="word bad">TAINTED' in page


def test_everything_that_a_run_holds_is_shown(full_run: RunResult) -> None:
    made = edgekit.report(Benchmark("m.tflite", (full_run, dataclasses.replace(full_run, threads=4))))
    titles = [section.title for section in made.page.sections]
    assert titles == [
        "Latency", "Threads", "Heat, clocks and company", "Memory", "Operators: 1 thread", "Operators: 4 threads",
        "Environment", "Where it comes from",
    ]  # fmt: skip
    for text in both(made.page):
        for said in (
            "sustained for 200 s. The slowest window took 1.50 times as long as the first. Red dots: 10 of 40",
            "500 ms", "stress, 0.90 cores", "does not tell, of 1 thread: power supply", "98.0 KiB", "unknown",
            "arena and packed weights: this kernel does not tell.", "Timed by the runtime's own profiler.",
            "Raspberry Pi 4 Model B Rev 1.4", "ab" * 32, "cd" * 32, "the clock fell",
        ):  # fmt: skip
            assert said in text
    assert made.to_document()["benchmarks"][0]["runs"][0]["taints"] == list(full_run.taints)


def test_what_a_run_does_not_hold_is_left_out_or_unknown(make_run: Make) -> None:
    made = edgekit.report(Benchmark("m.tflite", (make_run(ops=OpProfile("this runtime does not tell")),)))
    titles = [section.title for section in made.page.sections]
    assert titles == ["Latency", "Memory", "Operators: 1 thread", "Environment", "Where it comes from"]
    for text in both(made.page):
        assert "Not known is what went on around these runs" in text
        assert "conditions unknown" in text
        assert "unknown: its sidecar is not at hand" in text
        assert "this runtime does not tell." in text
        assert "None" not in text
        assert "nan" not in text


def test_emulated_seconds_are_nobodys(make_run: Make) -> None:
    run = make_run(
        device="emulated:rpi4",
        environment={"emulated": True},
        instructions=(4_270_460, 4_270_461, 4_270_460),
        instruction_classes=InstructionClasses(2_100_000, 1_500_000, 670_460),
    )
    page = edgekit.report(Benchmark("m.tflite", (run,))).page
    for text in both(page):
        assert "4,270,460 instructions for an inference" in text
        assert "2,100,000" in text
        assert " ms" not in text
        assert "MiB" not in text
    assert b"<svg" not in web_page(page)


def test_a_tool_that_keeps_its_sample_to_itself(make_run: Make) -> None:
    told = make_run(steady=Timings((), ToldFigures(50, 4.0, 6.0, 3.0, 9.0, 4.5, 0.5)))
    made = edgekit.report([Benchmark("m.tflite", (told,)), Benchmark("m.tflite", (make_run(),))])
    rows = [line for line in plain_text(made.page).splitlines() if line.startswith("1 thread, run ")]
    assert rows[0].split()[4:8] == ["4", "ms", "unknown", "6"]
    assert b"its p95 stands for the p90" in web_page(made.page)


class _Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


def test_hostile_names_are_inert(full_run: RunResult) -> None:
    name = '"><script>alert(1)</script><img src=x onerror=alert(2)>&amp;\x00\udc80'
    hostile = dataclasses.replace(
        full_run,
        device=name,
        taints=(name,),
        environment=dataclasses.replace(full_run.environment, board=name, cpu_model=name, runtime=name),
        memory=tuple(dataclasses.replace(part, name=name, how=name) for part in full_run.memory[:1]),
        ops=OpProfile(name, tuple(dataclasses.replace(cost, kind=name, output=name) for cost in full_run.ops.costs)),
    )
    other = dataclasses.replace(hostile, artifact_sha256="ef" * 32, threads=2)
    page = edgekit.report([Benchmark(name, (hostile,)), Benchmark(f"{name}2", (other,))], profile="rpi4").page
    seen = _Elements()
    seen.feed(web_page(page).decode())
    assert seen.tags.isdisjoint({"script", "img", "a", "link", "iframe", "object"})
    assert not any(attribute.startswith("on") or attribute in {"src", "href"} for attribute in seen.attributes)
    assert "<script>alert(1)</script><img src=x onerror=alert(2)>&amp;\ufffd\ufffd" in seen.text
    assert "<script" not in markdown_text(page)
    assert "&lt;script&gt;" in markdown_text(page)


def test_runs_are_named_by_what_they_differ_in(make_run: Make) -> None:
    def names(*benchmarks: Benchmark) -> list[str]:
        return [each.name for each in seen_runs(benchmarks)]

    one, two, there = make_run(), make_run(threads=2), make_run(device="ssh://pi@kitchen")
    other = make_run(artifact_sha256="ef" * 32)
    assert names(Benchmark("a", (one, two))) == ["1 thread", "2 threads"]
    assert names(Benchmark("a", (one,)), Benchmark("a", (one,))) == ["1 thread, run 1", "1 thread, run 2"]
    assert names(Benchmark("a", (one,)), Benchmark("a", (there,))) == [
        "ssh://pi@garden, 1 thread", "ssh://pi@kitchen, 1 thread",
    ]  # fmt: skip
    assert names(Benchmark("a", (one,)), Benchmark("a", (other,))) == [
        "a (abababab), 1 thread", "a (efefefef), 1 thread",
    ]  # fmt: skip


def test_the_lines_of_the_distribution_lie_at_the_figures(make_run: Make) -> None:
    slow = make_run(steady=Timings(tuple(40.0 + place / 10 for place in range(50))), threads=2)
    for runs, limit, expected in (((make_run(),), 5.0, 1), ((make_run(), slow), 33.0, 1), ((make_run(),), 33.0, 0)):
        seen = seen_runs([Benchmark("m", runs)])
        marks = distribution(seen, limit_ms=limit).chart.marks
        limits = [mark for mark in marks if isinstance(mark, Line) and mark.colour == "#c62828"]
        assert len(limits) == expected
        lines = [mark for mark in marks if isinstance(mark, Line) and mark.width == 2.0]
        middles, nineties = lines[::2], lines[1::2]
        assert len(middles) == len(runs)
        assert all(one.start[0] < other.start[0] for one, other in zip(middles, nineties, strict=True))
        if len(runs) == 2:
            assert middles[0].start[0] < limits[0].start[0] < middles[1].start[0]


def test_red_dots_are_tainted_runs(make_run: Make, full_run: RunResult) -> None:
    page = edgekit.report(Benchmark("m", (full_run, make_run(threads=2)))).page
    (threads,) = [section for section in page.sections if section.title == "Threads"]
    dots = [mark for mark in threads.blocks[0].figures[0].chart.marks if isinstance(mark, Dot)]
    assert [dot.colour for dot in dots] == ["#c62828", "#1f5fa8"]


def test_formats_by_suffix(make_run: Make, tmp_path: Path) -> None:
    made = edgekit.report(Benchmark("m.tflite", (make_run(),)))
    for name in ("r.html", "r.MD", "r.txt", "r.json"):
        made.save(tmp_path / name)
    assert (tmp_path / "r.html").read_bytes().startswith(b"<!DOCTYPE html>\n<html")
    assert (tmp_path / "r.MD").read_text() == markdown_text(made.page)
    assert (tmp_path / "r.txt").read_text() == str(made)
    assert json.loads((tmp_path / "r.json").read_text()) == made.to_document()
    with pytest.raises(UsageError, match=r"unknown kind of report '.htm'. Did you mean '.html'"):
        made.save(tmp_path / "r.htm")


def test_what_is_given_wrongly(make_run: Make, tmp_path: Path) -> None:
    run = Benchmark("m.tflite", (make_run(),))
    with pytest.raises(UsageError, match="no run is given"):
        edgekit.report([])
    with pytest.raises(UsageError, match="there are limits, but no profile"):
        edgekit.report(run, budget=Budget(latency_p90_ms=4.0))
    with pytest.raises(UsageError, match=r"gone\.tflite is no file"):
        edgekit.report(run, models=[tmp_path / "gone.tflite"])
    with pytest.raises(UsageError, match=r"run file .*gone\.json does not exist"):
        edgekit.report(tmp_path / "gone.json")
    with pytest.raises(UsageError, match="the budget is 5, but must be a Budget"):
        edgekit.report(run, profile="rpi4", budget=5)


def test_where_no_limit_is_set_none_is_said_to_be_kept(shared_data: Path, make_run: Make) -> None:
    bare = dataclasses.replace(profile_named("rpi4"), budget=Budget())
    assessment = edgekit.check(shared_data / "mlperf_tiny" / "kws_dscnn_int8.tflite", profile=bare)
    page = run_page([Benchmark("m.tflite", (make_run(),))], bare, [assessment], [], budget=None)
    assert assessment.verdict is Verdict.PASS
    assert "It runs there, and no limit is set for Raspberry Pi 4" in repr(page.verdict)
