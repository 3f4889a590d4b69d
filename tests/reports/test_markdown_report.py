"""The report for people, from real files that were really measured."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from edgekit.conversion import convert
from edgekit.profiles import profile_named
from edgekit.reports import DeploymentReport, markdown_text
from edgekit.runner import benchmark
from edgekit.units import format_bytes, format_milliseconds
from edgekit.verdicts import check


@pytest.fixture(scope="module")
def report(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> DeploymentReport:
    folder = tmp_path_factory.mktemp("report")
    np.save(folder / "samples.npy", np.random.default_rng(2).random((10, 32, 32, 3), np.float32) * 255)
    conversion = convert(
        shared_data / "mlperf_tiny" / "ic_resnet8_float32.tflite",
        folder,
        precision=("int8", "dynamic_int8"),
        calibration=folder / "samples.npy",
    )
    profile = profile_named("rpi4")
    measured = tuple(benchmark(artifact, threads=(1, 2), runs=30, min_seconds=0.0) for artifact in conversion.artifacts)
    assessments = tuple(
        check(artifact, profile=profile, runs=each.runs)
        for artifact, each in zip(conversion.artifacts, measured, strict=True)
    )
    return DeploymentReport(conversion, profile, measured, assessments)


def table(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in (lines[0], *lines[2:4])]


def test_each_time_stands_under_its_device_and_its_threads(report: DeploymentReport) -> None:
    text = markdown_text(report.page)
    assert " on Raspberry Pi" not in text.splitlines()[0]
    header, *rows = table(text)
    for row, measured in zip(rows, report.benchmarks, strict=True):
        cells = dict(zip(header, row, strict=True))
        for run, threads in zip(measured.runs, ("1 thread", "2 threads"), strict=True):
            assert cells[f"p50 on local, {threads}"] == format_milliseconds(run.steady.p50_ms)
            assert cells[f"p90 on local, {threads}"] == format_milliseconds(run.steady.p90_ms)
            assert cells[f"peak memory on local, {threads}"] == format_bytes(run.peak_memory_bytes or 0)
    assert report.benchmarks[0].runs[0].environment.cpu_model in text


def test_emulated_seconds_are_not_shown(report: DeploymentReport) -> None:
    def emulated(each):
        runs = (
            dataclasses.replace(
                run,
                environment=dataclasses.replace(run.environment, emulated=True),
                instructions=(4_270_460, 4_270_460, 4_270_461) if run.threads == 1 else (),
            )
            for run in each.runs
        )
        return dataclasses.replace(each, runs=tuple(runs))

    there = dataclasses.replace(report, benchmarks=tuple(emulated(each) for each in report.benchmarks))
    header, *rows = table(markdown_text(there.page))
    for row in rows:
        cells = dict(zip(header, row, strict=True))
        assert cells["p50 on local, 1 thread"] == cells["p90 on local, 2 threads"] == "-"
        assert cells["peak memory on local, 1 thread"] == "-"
    text = markdown_text(there.page)
    assert "No time was seen: local is emulated" in text
    assert "1 thread: 4,270,460 instructions for an inference (emulated; spread 0.000% of 3 runs)" in text
    assert "2 threads: instructions are counted with one thread only" in text


def test_the_limit_that_is_drawn_is_the_one_that_was_judged_by(report: DeploymentReport) -> None:
    assert "limit of the p90, 33 ms" in repr(report.page)
    by_budget = tuple(
        dataclasses.replace(
            each,
            checks=tuple(
                dataclasses.replace(item, limit_value=77.0) if item.limit == "latency_p90" else item
                for item in each.checks
            ),
        )
        for each in report.assessments
    )
    page = repr(dataclasses.replace(report, assessments=by_budget).page)
    assert "limit of the p90, 77 ms" in page
    assert "33 ms" not in page.partition("limit of the p90")[2].partition("Section(")[0]


def test_where_it_comes_from(report: DeploymentReport) -> None:
    part = markdown_text(report.page).split("## Where it comes from")[1]
    for artifact in report.conversion.artifacts:
        assert f"- {artifact.path.name}: SHA-256 `{artifact.sha256}`" in part
    provenance = report.conversion.artifact.provenance
    assert f"SHA-256 `{provenance.origin.sha256}`" in part
    for package in ("python", "ai-edge-quantizer", "ai-edge-litert", "numpy"):
        assert f"{package} {provenance.versions[package]}" in part
    # The source is a float .tflite already: nothing was exported, so there is no parity to show.
    assert f"- route: {provenance.route}" in part


def test_float_parity_is_shown_where_a_model_was_exported(report: DeploymentReport) -> None:
    from edgekit.fidelity import Parity

    first, *others = report.conversion.artifacts
    proven = dataclasses.replace(first.provenance, parity=Parity(1.2e-6, 1.0, 10, synthetic=False), route="keras")
    conversion = dataclasses.replace(
        report.conversion, artifacts=(dataclasses.replace(first, provenance=proven), *others)
    )
    assert (
        "- float parity: largest error 1.2e-06, 1e-06 of the outputs' range, on 10 real samples (route: keras)"
    ) in markdown_text(dataclasses.replace(report, conversion=conversion).page)
