"""A phone on loopback: its side of adb's protocol, a folder that is its storage, and real processes."""

from __future__ import annotations

import shlex
import socket
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from edgekit.testing.on_this_machine import processes_with, write_program
from edgekit.testing.phone.programs import lay_out_programs, write_properties
from edgekit.testing.phone.server import AdbServer
from edgekit.testing.phone.shell import serve_shell
from edgekit.testing.phone.streams import Connection, ServiceStream
from edgekit.testing.phone.sync import Storage, serve_sync

_FEATURES = ("shell_v2", "cmd", "stat_v2", "ls_v2", "fixed_push_mkdir", "abb")
_PATIENCE_S = 30.0
PIXEL_6 = {
    "ro.product.manufacturer": "Google",
    "ro.product.model": "Pixel 6",
    "ro.soc.manufacturer": "Google",
    "ro.soc.model": "Tensor",
    "ro.build.version.release": "14",
    "ro.build.version.sdk": "34",
    "ro.product.cpu.abilist": "arm64-v8a,armeabi-v7a,armeabi",
    "test.machine": "aarch64",
    "test.kernel": "5.10.177-android13-4-00003",
}
"""What getprop tells, and two words for uname."""
_CORES = {"0xd05": 4, "0xd0b": 2, "0xd44": 2}
_MEMINFO = "MemTotal:        7760412 kB\nMemFree:          512044 kB\nMemAvailable:    3301220 kB\n"
_BATTERY = """Current Battery Service state:
  AC powered: false
  USB powered: true
  Wireless powered: false
  status: 2
  health: 2
  present: true
  level: {percent}
  scale: 100
  voltage: 4187
  temperature: 287
  technology: Li-ion
"""
_THERMAL = """IsStatusOverride: false
ThermalEventListeners:
\tcallbacks: 2
Thermal Status: {status}
Cached temperatures:
\tTemperature{{mValue={degrees}, mType=3, mName=VIRTUAL-SKIN, mStatus={status}}}
HAL Ready: true
Current temperatures from HAL:
\tTemperature{{mValue={degrees}, mType=3, mName=VIRTUAL-SKIN, mStatus={status}}}
"""


class LoopbackPhone:
    """One phone, attached to ``server`` while it is entered.

    Args:
        folder: made; the phone's storage and programs.
        server: what it is attached to.
        python: the command that is ``python3`` on it; empty: none, as on real phones.
        features: what its adbd says it can do.
        authorized: whether it admits the host's key, which a phone asks its user.
    """

    def __init__(
        self,
        folder: Path,
        *,
        server: AdbServer,
        python: Sequence[str] = (),
        features: Sequence[str] = _FEATURES,
        authorized: bool = True,
    ) -> None:
        self.folder = folder
        self.storage = Storage(folder)
        self.features = tuple(features)
        self.authorized = authorized
        self.silent = False
        """It takes connections, and answers nothing."""
        self.properties = dict(PIXEL_6)
        self._server = server
        self._connections: set[Connection] = set()
        self._sockets: set[socket.socket] = set()
        self._lay_out(python)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.serial = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.address = f"adb:{self.serial}"
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def work(self) -> Path:
        """Where working folders are."""
        return self.folder / "data" / "local" / "tmp" / "edgekit" / "work"

    def attach(self) -> None:
        """Connect adb's server to it, and wait until that has made up its mind."""
        self._server.adb("connect", self.serial, check=False)
        if not self.silent:
            self.wait_for("device" if self.authorized else "unauthorized")

    def wait_for(self, *states: str) -> None:
        """Wait until ``adb devices`` calls its state one of ``states``. Raises RuntimeError."""
        end = time.monotonic() + _PATIENCE_S
        while self.state() not in states:
            if time.monotonic() > end:
                raise RuntimeError(f"the phone does not become {' or '.join(states)}: {self._server.adb('devices')}")
            time.sleep(0.02)

    def detach(self) -> None:
        """Let adb's server forget it."""
        self._server.adb("disconnect", self.serial, check=False)

    def state(self) -> str:
        """Return what ``adb devices`` calls its state; "" where it is not there."""
        for line in self._server.adb("devices").splitlines():
            serial, _, state = line.partition("\t")
            if serial == self.serial:
                return state
        return ""

    def unplug(self) -> None:
        """Drop all connections at once, and take no more."""
        self.silent = True
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.drop()

    def drop(self) -> None:
        """Drop all connections."""
        for each in list(self._connections):
            each.drop()

    def say(
        self,
        *,
        thermal_status: int = 0,
        degrees: float = 31.5,
        battery_percent: int = 83,
        wakefulness: str = "Awake",
    ) -> None:
        """Set what ``dumpsys`` tells of heat, battery and power."""
        place = self.folder / "dumpsys"
        place.mkdir(exist_ok=True)
        (place / "thermalservice").write_text(_THERMAL.format(status=thermal_status, degrees=degrees))
        (place / "power").write_text(f"POWER MANAGER (dumpsys power)\n\n  mWakefulness={wakefulness}\n")
        (place / "battery").write_text(_BATTERY.format(percent=battery_percent))

    def write_properties(self) -> None:
        """Let getprop tell :attr:`properties`."""
        write_properties(self.folder / "properties", self.properties)

    def install(self, apk: Path, *, application_id: str = "dev.edgekit.demo") -> None:
        """Put an app on it, as ``pm install`` does."""
        place = self.folder / "packages" / application_id
        place.mkdir(parents=True, exist_ok=True)
        (place / "base.apk").write_bytes(apk.read_bytes())
        with (self.folder / "apps").open("a") as apps:
            apps.write(f"{application_id}/edgekit.demo.RunActivity\n")

    def behave(self, app: Sequence[str]) -> None:
        """Let a program be what apps do: it is given the APK, the folder of runs and the request."""
        write_program(self.folder / "app", f'exec {shlex.join(app)} "$@"')

    def processes(self) -> dict[int, str]:
        """Return the processes that were started on the phone and are still there."""
        return processes_with(f"PHONE={self.folder}")

    def close(self) -> None:
        """Detach it, and end all that goes on."""
        self.detach()
        self.unplug()
        for each in list(self._sockets):
            each.close()

    def __enter__(self) -> LoopbackPhone:
        self.attach()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _lay_out(self, python: Sequence[str]) -> None:
        lay_out_programs(self.folder / "system" / "bin", python=python)
        for name in ("data/local/tmp", "sdcard", "proc", "etc"):
            (self.folder / name).mkdir(parents=True)
        parts = [part for part, count in _CORES.items() for _ in range(count)]
        cpuinfo = "".join(
            f"processor\t: {number}\nFeatures\t: fp asimd fphp asimdhp asimddp\nCPU implementer\t: 0x41\n"
            f"CPU architecture: 8\nCPU part\t: {part}\n\n"
            for number, part in enumerate(parts)
        )
        (self.folder / "proc" / "cpuinfo").write_text(cpuinfo)
        (self.folder / "proc" / "meminfo").write_text(_MEMINFO)
        (self.folder / "installs").write_text("dev.edgekit.demo")
        (self.folder / "page_size").write_text("4096\n")
        self.write_properties()
        self.say()

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": str(self.folder / "system" / "bin"),
            "PHONE": str(self.folder),
            "HOME": "/",
            "TMPDIR": str(self.folder / "data" / "local" / "tmp"),
            "EXTERNAL_STORAGE": str(self.folder / "sdcard"),
            "ANDROID_ROOT": "/system",
        }

    def _accept(self) -> None:
        while True:
            try:
                link, _ = self._listener.accept()
            except OSError:
                return
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._sockets.add(link)
            if not self.silent:
                threading.Thread(target=self._converse, args=(link,), daemon=True).start()

    def _converse(self, link: socket.socket) -> None:
        told = {"product.name": "oriole", "product.model": self.properties["ro.product.model"], "product.device": "o"}
        words = [f"ro.{name}={value}" for name, value in told.items()]
        banner = f"device::{';'.join(words)};features={','.join(self.features)}"
        connection = Connection(link, banner=banner, authorized=lambda: self.authorized, serve=self._serve, token=True)
        self._connections.add(connection)
        connection.run()
        self._connections.discard(connection)
        self._sockets.discard(link)

    def _serve(self, stream: ServiceStream, service: str) -> None:
        kind, _, rest = service.partition(":")
        if kind == "sync":
            serve_sync(stream, self.storage, drop=self.drop)
        elif kind.split(",")[:2] == ["shell", "v2"]:
            serve_shell(
                stream,
                rest,
                shell=self.folder / "system" / "bin" / "sh",
                folder=self.folder,
                environment=self._environment(),
            )
