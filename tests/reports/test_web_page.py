"""The HTML report in a real browser: on a phone and a desk, in the light and in the dark, and on paper."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

import edgekit
from edgekit import RunResult
from edgekit.runs import Benchmark

HOSTILE = '<script>document.title = "taken"</script>"><img src=x onerror="document.title = \'taken\'">.tflite'
# Every element that reaches beyond the right edge of the window.
_BEYOND = """[...document.querySelectorAll('body *')].filter(element => {
    const box = element.getBoundingClientRect();
    return box.width > 1 && box.right > innerWidth + 0.5;
}).map(element => element.outerHTML.slice(0, 80))"""
_DRAWINGS = """[...document.querySelectorAll('svg')].map(drawing => {
    const box = drawing.getBoundingClientRect();
    return [box.width, box.height];
})"""
_COLOURS = "['color', 'backgroundColor'].map(name => getComputedStyle(document.body)[name])"


@pytest.fixture
def report(full_run: RunResult, tmp_path: Path) -> Path:
    """Two files on two devices with all that a run can hold; one file has a hostile name."""
    threads = tuple(dataclasses.replace(full_run, threads=count) for count in (1, 2, 4))
    there = dataclasses.replace(full_run, device="ssh://pi@" + "kitchen" * 20, artifact_sha256="ef" * 32, taints=())
    benchmarks = [Benchmark("ic_resnet8_int8.tflite", threads), Benchmark(HOSTILE, (there,))]
    edgekit.report(benchmarks, profile="rpi4").save(tmp_path / "report.html")
    return tmp_path / "report.html"


def numbers(colour: str) -> tuple[int, ...]:
    return tuple(int(figure) for figure in re.findall(r"\d+", colour)[:3])


def brightness(colour: str) -> int:
    return sum(numbers(colour))


@pytest.mark.parametrize(("width", "dark"), [(390, False), (390, True), (768, False), (1280, False)])
def test_it_fits_the_window_and_asks_for_nothing(browser, report: Path, width: int, dark: bool) -> None:
    tab = browser.open(report, width=width, dark=dark)
    assert tab.evaluate("innerWidth") == width
    assert tab.evaluate("document.documentElement.scrollWidth") == width
    beyond = tab.evaluate(_BEYOND)
    # Between phone and desk a wide table scrolls in its own place.
    assert beyond == [] if width != 768 else tab.evaluate("document.querySelectorAll('.table').length") > 0
    drawings = tab.evaluate(_DRAWINGS)
    assert len(drawings) > 10
    assert all(box[0] > 250 and box[1] > 50 for box in drawings)
    # The answer is seen without scrolling.
    assert tab.evaluate("document.querySelector('.verdict').getBoundingClientRect().bottom") < 844
    ink, paper = map(brightness, tab.evaluate(_COLOURS))
    assert (ink > paper) is dark
    assert abs(ink - paper) > 400
    # What is computed is also painted: the colour of the verdict's box, and not on a blank window.
    picture = tab.screenshot()
    assert picture.size == (2 * width, 2 * 844)
    colours = picture.getcolors(2**24)
    box = tab.evaluate("getComputedStyle(document.querySelector('.verdict')).backgroundColor")
    assert max(count for count, colour in colours if colour == numbers(box)) > 20_000
    assert len(colours) > 50
    assert tab.requests() == [report.resolve().as_uri()]
    assert tab.complaints() == []
    assert tab.evaluate("document.title").startswith("2 files on 2 devices")


def test_a_row_is_a_card_on_a_phone_and_a_line_on_a_desk(browser, report: Path) -> None:
    heads = "getComputedStyle(document.querySelector('td'), '::before').content"
    rows = "getComputedStyle(document.querySelector('tbody tr')).display"
    seen = {width: browser.open(report, width=width).evaluate(f"[{heads}, {rows}]") for width in (390, 1280)}
    assert seen == {390: ['"limit"', "grid"], 1280: ["none", "table-row"]}


def test_it_is_printed_dark_on_white_from_a_dark_window_too(browser, report: Path) -> None:
    tab = browser.open(report, width=390, dark=True)
    tab.ask("Emulation.setEmulatedMedia", media="print", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    ink, paper = map(brightness, tab.evaluate(_COLOURS))
    assert ink < 150
    assert paper > 700
    content = tab.pdf()
    assert content.startswith(b"%PDF-")
    assert 2 <= len(re.findall(rb"/Type\s*/Page\b", content)) <= 20
