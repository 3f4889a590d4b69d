"""Every error of the tree survives the way from a child process."""

from __future__ import annotations

import errno
import json
from typing import Any

import pytest

from edgekit import errors
from edgekit.errors import ConversionError, EdgekitError
from edgekit.processes.wire import decode_error, encode_error

_SPECIAL: dict[str, dict[str, Any]] = {
    "UnsupportedOperator": {"operators": ("tf.Erfinv",), "layers": ("mine",)},
    **{
        name: {"address": "ssh://pi@host"}
        for name in ("DeviceError", "DeviceUnreachable", "DeviceTimeout", "CommandFailed", "AgentMismatch")
    },
}
_CLASSES = [member for member in vars(errors).values() if isinstance(member, type) and issubclass(member, EdgekitError)]


def _sent(error: BaseException) -> BaseException:
    return decode_error(json.loads(json.dumps(encode_error(error))))


@pytest.mark.parametrize("error_class", _CLASSES, ids=lambda each: each.__name__)
def test_an_error_arrives_as_what_it_was(error_class: type[EdgekitError]) -> None:
    if error_class is errors.MissingExtra:
        error: EdgekitError = errors.MissingExtra("tensorflow", purpose="reading")
    elif error_class is errors.MissingProgram:
        error = errors.MissingProgram(["aapt2"], packages=["aapt"], purpose="building")
    else:
        error = error_class("a sentence", hint="a step", log="a log", **_SPECIAL.get(error_class.__name__, {}))
    arrived = _sent(error)
    assert type(arrived) is error_class
    assert vars(arrived) == vars(error)
    assert str(arrived) == str(error)
    assert isinstance(arrived, EdgekitError)
    assert arrived.exit_code == error.exit_code


def test_a_foreign_error_keeps_its_traceback() -> None:
    try:
        {}["nothing"]
    except KeyError as error:
        arrived = _sent(error)
    assert isinstance(arrived, ConversionError)
    assert arrived.message == "KeyError: 'nothing'"
    assert "test_wire.py" in (arrived.log or "")


def test_a_full_disk_stays_one() -> None:
    arrived = _sent(OSError(errno.ENOSPC, "No space left on device"))
    assert isinstance(arrived, OSError)
    assert arrived.errno == errno.ENOSPC
