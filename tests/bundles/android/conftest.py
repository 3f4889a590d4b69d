"""What the tests of the app share: one cache of what it is built from, and one APK."""

from __future__ import annotations

import functools
import http.server
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import edgekit

_TOOLS = ("javac", "aapt2", "apksigner", "zipalign", "mvn", "patchelf", "aarch64-linux-gnu-gcc", "qemu-aarch64", "gcc")


@pytest.fixture(scope="session")
def android(missing: Callable[[str], None]) -> None:
    """The programs that build an app and look into one."""
    for tool in _TOOLS:
        if shutil.which(tool) is None:
            missing(tool)


@pytest.fixture(scope="session")
def own_folders(tmp_path_factory: pytest.TempPathFactory) -> Callable[[pytest.MonkeyPatch], None]:
    """Lets what is fetched and made once lie with the tests' other files, one place for all workers."""
    root = tmp_path_factory.getbasetemp()
    folder = (root.parent if "PYTEST_XDIST_WORKER" in os.environ else root) / "android"

    def move(patch: pytest.MonkeyPatch) -> None:
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        patch.setenv("XDG_DATA_HOME", str(folder / "data"))

    return move


@pytest.fixture(autouse=True)
def nothing_of_the_users(own_folders: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """No test of the app looks into, or leaves anything in, the folders of who runs it."""
    own_folders(monkeypatch)


@pytest.fixture(scope="session")
def apk(
    android: None,
    own_folders: Callable[[pytest.MonkeyPatch], None],
    resnet: Path,
    pictures: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """ResNet-8 for 64-bit Arm, in an app with an unruly name."""
    place = tmp_path_factory.mktemp("apk") / "demo.apk"
    with pytest.MonkeyPatch.context() as patch:
        own_folders(patch)
        edgekit.bundle_android(
            resnet,
            place,
            name='Ten "things" & it\'s <b>',
            application_id="com.example.things",
            abis=["arm64-v8a"],
            samples=pictures,
            value_range="raw",
        )
    return place


@pytest.fixture
def served() -> Iterator[Callable[[Path], str]]:
    """Serves a folder over HTTP, and gives its address."""
    servers = []

    def serve(folder: Path) -> str:
        handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_address[1]}"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()
