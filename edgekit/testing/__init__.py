"""For tests, ours and yours: a device that replays a session, one that records it, and what any device must keep.

Works without pytest; :class:`DeviceConformance` is a class of tests that pytest, or anything like it, can run.
"""

from edgekit.testing.conformance import DeviceConformance
from edgekit.testing.recording import RecordingDevice
from edgekit.testing.scripted import ScriptedDevice, SessionMismatch
from edgekit.testing.session import Execute, Failure, Pull, Push, Session

__all__ = [
    "DeviceConformance",
    "Execute",
    "Failure",
    "Pull",
    "Push",
    "RecordingDevice",
    "ScriptedDevice",
    "Session",
    "SessionMismatch",
]
