"""A phone on this machine, for the real ``adb``: what speaks the transport protocol is ours, all else is real.

For the body of a test:

with AdbServer(folder / "server") as server, LoopbackPhone(folder / "phone", server=server) as phone:
    monkeypatch.setenv("ANDROID_ADB_SERVER_PORT", str(server.port))
    device = edgekit.connect(phone.address)
"""

from edgekit.testing.phone.loopback import LoopbackPhone
from edgekit.testing.phone.server import AdbServer
from edgekit.testing.phone.sync import Storage

__all__ = ["AdbServer", "LoopbackPhone", "Storage"]
