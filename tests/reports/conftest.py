"""Runs to report on, and a real browser that opens reports, driven over a pipe: no port, no driver, no network."""

from __future__ import annotations

import base64
import dataclasses
import io
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from edgekit.runs import (
    Conditions,
    Discarded,
    Environment,
    IdleGaps,
    MemoryPart,
    OpCost,
    OpProfile,
    RunResult,
    Snapshot,
    Sustained,
    TimelinePoint,
    Timings,
)

_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_PATIENCE_S = 120.0
_QUIET = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)


class Browser:
    """One Chromium; every page is opened in a tab of its own."""

    def __init__(self, program: str, folder: Path) -> None:
        down_read, self._down = os.pipe()
        self._up, up_write = os.pipe()
        # Chromium reads its orders from descriptor 3 and answers on 4.
        redirect = 'exec "$@" 3<&"$EDGEKIT_DOWN" 4>&"$EDGEKIT_UP"'
        command = [program, *_QUIET, f"--user-data-dir={folder}", "about:blank"]
        self._process = subprocess.Popen(
            ["bash", "-c", redirect, "bash", *command],
            env={**os.environ, "EDGEKIT_DOWN": str(down_read), "EDGEKIT_UP": str(up_write)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(down_read, up_write),
        )
        os.close(down_read)
        os.close(up_write)
        self._received = b""
        self._asked = 0
        self.events: list[dict[str, Any]] = []

    def open(self, file: Path, *, width: int, dark: bool = False) -> Tab:
        """Open a file in a window of this width and wait until it is there."""
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        tab = Tab(self, self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"])
        for domain in ("Page", "Runtime", "Network", "Log"):
            tab.ask(f"{domain}.enable")
        tab.ask("Emulation.setDeviceMetricsOverride", width=width, height=844, deviceScaleFactor=2, mobile=width < 600)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        tab.ask("Emulation.setEmulatedMedia", features=[scheme])
        tab.ask("Page.navigate", url=file.resolve().as_uri())
        self.wait(lambda: any(event["method"] == "Page.loadEventFired" for event in tab.events()))
        return tab

    def ask(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        """Send one order and return its result."""
        self._asked += 1
        number = self._asked
        order = {"id": number, "method": method, "params": parameters}
        if session is not None:
            order["sessionId"] = session
        os.write(self._down, json.dumps(order).encode() + b"\0")
        answers: list[dict[str, Any]] = []
        self.wait(lambda: bool(answers), on_answer=answers.append)
        assert answers[0]["id"] == number
        assert "error" not in answers[0], answers[0]
        return answers[0]["result"]

    def wait(self, done: Callable[[], bool], on_answer: Callable[[dict[str, Any]], object] = lambda _: None) -> None:
        """Take messages until ``done``."""
        end = time.monotonic() + _PATIENCE_S
        while not done():
            readable, _, _ = select.select([self._up], [], [], max(0.0, end - time.monotonic()))
            assert readable, "the browser does not answer"
            chunk = os.read(self._up, 1 << 20)
            assert chunk, "the browser has ended"
            self._received += chunk
            *messages, self._received = self._received.split(b"\0")
            for message in map(json.loads, messages):
                if "id" in message:
                    on_answer(message)
                else:
                    self.events.append(message)

    def close(self) -> None:
        """End it."""
        os.close(self._down)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._up)


class Tab:
    """One open page."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser = browser
        self._session = session

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self._browser.ask(method, session=self._session, **parameters)

    def events(self, *methods: str) -> list[dict[str, Any]]:
        """What has happened on the page, all or of some kinds."""
        own = [event for event in self._browser.events if event.get("sessionId") == self._session]
        return [event for event in own if not methods or event["method"] in methods]

    def evaluate(self, expression: str) -> Any:
        """The value of an expression there."""
        result = self.ask("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def requests(self) -> list[str]:
        """Addresses of everything that was asked for."""
        return [event["params"]["request"]["url"] for event in self.events("Network.requestWillBeSent")]

    def complaints(self) -> list[dict[str, Any]]:
        """Errors of scripts, and whatever the console was told."""
        return self.events("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded")

    def screenshot(self) -> Image.Image:
        """What the window shows, at two pixels for one of its units."""
        content = base64.b64decode(self.ask("Page.captureScreenshot", format="png")["data"])
        return Image.open(io.BytesIO(content)).convert("RGB")

    def pdf(self) -> bytes:
        """The page as it is printed on A4."""
        size = {"paperWidth": 8.27, "paperHeight": 11.69}
        return base64.b64decode(self.ask("Page.printToPDF", preferCSSPageSize=True, **size)["data"])


@pytest.fixture(scope="session")
def browser(missing: Callable[[str], None], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A Chromium, started once."""
    found = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if found is None:
        missing("chromium")
    browser = Browser(str(found), tmp_path_factory.mktemp("chromium"))
    yield browser
    browser.close()


@pytest.fixture
def make_run() -> Callable[..., RunResult]:
    """A run as the agent reports one, by default of 200 inferences around 4.2 ms on a Raspberry Pi 4."""

    def make(*, environment: dict[str, Any] | None = None, **changes: Any) -> RunResult:
        seen = Environment(
            machine="aarch64",
            system="Debian GNU/Linux 12 (bookworm), 6.6.31+rpt-rpi-v8",
            cpu_model="Cortex-A72",
            board="Raspberry Pi 4 Model B Rev 1.4",
            cores=4,
            memory_bytes=2**32,
            python="3.11.2",
            runtime="ai-edge-litert 2.1.6",
            load_average=0.1,
            emulated=False,
        )
        run = RunResult(
            artifact_sha256="ab" * 32,
            device="ssh://pi@garden",
            threads=1,
            init_ms=1.25,
            first_ms=9.0,
            warmup_ms=(5.0,) * 9,
            steady=Timings(tuple(4.0 + (place * 37 % 200) / 400 for place in range(200))),
            peak_memory_bytes=58 * 2**20,
            baseline_memory_bytes=41 * 2**20,
            outputs_sha256="cd" * 32,
            seed=0,
            environment=dataclasses.replace(seen, **(environment or {})),
        )
        return dataclasses.replace(run, **changes)

    return make


@pytest.fixture
def full_run(make_run: Callable[..., RunResult]) -> RunResult:
    """A run that holds everything that a run can hold, tainted."""
    cold = Snapshot(0.1, "before", 48.5, (600.0, 600.0), "ondemand", 0, 0, 0)
    warm = [Snapshot(0.5 + place, "steady", 50.0 + place, (1500.0, 1500.0), "ondemand", 0, 0, 0) for place in range(5)]
    windows = [
        TimelinePoint(5.0 * (place + 1), 900, 4.2 if place < 30 else 6.3, 9.0, 50.0 + place, 1500.0, place >= 30)
        for place in range(40)
    ]
    kinds = ("CONV_2D", "DEPTHWISE_CONV_2D", "ADD")
    costs = [OpCost(place, kinds[place % 3], f"stage/{place}", 1000 * place, 0.1 * place, None) for place in range(14)]
    return make_run(
        load_ms=0.5,
        idle=IdleGaps(500.0, Timings((7.0, 7.5, 8.0))),
        sustained=Sustained(200.0, 5.0, tuple(windows)),
        conditions=Conditions((cold, *warm), 4.5, 1.4, "stress", 0.9, 14, 230, 0.02, ("power supply",)),
        taints=("'stress' took 0.9 cores while inferences were timed",),
        discarded=(Discarded(("the clock fell",), 6.0, 6.5),),
        memory=(
            MemoryPart("file mapped", 98 * 2**10, "resident pages of the mapped file"),
            MemoryPart("arena and packed weights", None, "this kernel does not tell"),
            MemoryPart("peak resident", 58 * 2**20, "VmHWM"),
        ),
        ops=OpProfile("Timed by the runtime's own profiler", tuple(costs)),
    )
