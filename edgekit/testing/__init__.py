"""For tests, ours and yours: a device that replays a session, one that records it, and what each seam must keep.

Works without pytest; the conformance suites are classes of tests that pytest, or anything like it, can run.
"""

from edgekit.testing.device_conformance import DeviceConformance
from edgekit.testing.engine_conformance import EngineConformance
from edgekit.testing.loopback import LoopbackBoard
from edgekit.testing.phone import AdbServer, LoopbackPhone
from edgekit.testing.precision_conformance import PrecisionConformance
from edgekit.testing.recording import RecordingDevice
from edgekit.testing.scripted import ScriptedDevice, SessionMismatch
from edgekit.testing.session import Execute, Failure, Pull, Push, Session
from edgekit.testing.source_conformance import SourceFormatConformance
from edgekit.testing.waiting import until

__all__ = [
    "AdbServer",
    "DeviceConformance",
    "EngineConformance",
    "Execute",
    "Failure",
    "LoopbackBoard",
    "LoopbackPhone",
    "PrecisionConformance",
    "Pull",
    "Push",
    "RecordingDevice",
    "ScriptedDevice",
    "Session",
    "SessionMismatch",
    "SourceFormatConformance",
    "until",
]
