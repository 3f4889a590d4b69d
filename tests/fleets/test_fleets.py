"""Several devices: boards are asked at the same time, none waits for another, and one that is dead stops nobody."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

import edgekit
from edgekit import Host
from edgekit.cli.fleet_options import benchmark_table, finish_fleet
from edgekit.devices import Completed
from edgekit.devices.halting import Halted, require_wanted, stands_beside_others
from edgekit.devices.ssh.options import terminal_watches
from edgekit.errors import (
    DeviceUnreachable,
    EdgekitError,
    InferenceError,
    SourceError,
    UnsuitedDevice,
    UsageError,
)
from edgekit.fleets import Fleet, Outcome, load_all_benchmarks
from edgekit.fleets.side_by_side import Member, ask_all
from edgekit.progress import Step, silent
from edgekit.testing import ScriptedDevice, Session

_PATIENCE_S = 60.0


class Meeting(ScriptedDevice):
    """A board at which a command ends when as many boards are at it as the barrier wants."""

    def __init__(self, session: Session, barrier: threading.Barrier) -> None:
        super().__init__(session)
        self._barrier = barrier

    def execute(self, argv: Sequence[str], *, timeout: float) -> Completed:
        self._barrier.wait(_PATIENCE_S)
        return super().execute(argv, timeout=timeout)


class Dead(ScriptedDevice):
    """A board that is not there."""

    def push(self, source: Path, target: str) -> None:
        raise DeviceUnreachable(f"cannot reach {self.address}", address=self.address, hint="switch it on")


def boards(session: Session, count: int) -> list[Session]:
    return [replace(session, address=f"ssh://pi@board{number}") for number in range(count)]


def test_twenty_boards_are_at_work_at_once(model: Path, session: Session, options) -> None:
    barrier = threading.Barrier(20)
    fleet = edgekit.benchmark_fleet(model, [Meeting(each, barrier) for each in boards(session, 20)], **options)
    assert fleet.failed == ()
    assert [result.device for result in fleet.results] == [f"ssh://pi@board{number}" for number in range(20)]
    assert len({result.runs[0].outputs_sha256 for result in fleet.results}) == 1
    assert fleet.notes == ()


def test_a_dead_board_stops_nobody(model: Path, session: Session, options, tmp_path: Path) -> None:
    first, second, third = boards(session, 3)
    devices = [ScriptedDevice(first), Dead(second), ScriptedDevice(third)]
    steps: list[Step] = []
    fleet = edgekit.benchmark_fleet(model, devices, progress=steps.append, **options)
    assert [result.device for result in fleet.results] == [first.address, third.address]
    (failed,) = fleet.failed
    assert isinstance(failed.error, DeviceUnreachable)
    assert f"{second.address}: cannot reach {second.address}" in str(fleet).splitlines()
    assert [step.done for step in steps] == [0, 1, 2, 3]
    document = fleet.to_document()
    assert (document["schema"], document["failed"]) == ("edgekit.fleet/1", 1)
    assert [each["error"] and each["error"]["error"] for each in document["devices"]] == [
        None, "DeviceUnreachable", None,
    ]  # fmt: skip
    fleet.save(tmp_path / "fleet.json")
    read = load_all_benchmarks(tmp_path / "fleet.json")
    assert read.benchmarks == fleet.results
    assert read.failures == (f"{second.address}: cannot reach {second.address}",)
    report = edgekit.report(tmp_path / "fleet.json")
    assert f"Without a run: 1 device\n   {second.address}: cannot reach" in str(report)
    assert report.to_document()["failures"] == list(read.failures)


def test_files_of_fleets_are_read_strictly(model: Path, session: Session, options, tmp_path: Path) -> None:
    file = tmp_path / "fleet.json"
    edgekit.benchmark_fleet(model, [ScriptedDevice(boards(session, 1)[0])], **options).save(file)
    document = json.loads(file.read_text())
    for change, sentence in (
        ({"verb": "verify"}, "it is of 'verify', which measures nothing"),
        ({"failed": 2}, "it says that 2 devices failed, and holds 0 failures"),
        ({"more": 1}, "unknown key 'more'"),
        ({"devices": [{**document["devices"][0], "result": {}}]}, "has no 'schema'"),
    ):
        file.write_text(json.dumps({**document, **change}))
        with pytest.raises(UsageError, match=sentence) as caught:
            load_all_benchmarks(file)
        assert f"{file} is no file of a fleet: " in caught.value.message
    file.write_text("{}")
    with pytest.raises(UsageError, match="is no run file"):
        load_all_benchmarks(file)


def test_what_shares_this_processor_takes_turns_after_the_boards() -> None:
    told: list[tuple[str, str]] = []
    both = threading.Barrier(2)

    def work(device: object) -> str:
        told.append(("begins", str(device)))
        if str(device).startswith("ssh:"):
            assert stands_beside_others()
            assert not terminal_watches()
            both.wait(_PATIENCE_S)
        told.append(("ends", str(device)))
        return str(device)

    addresses = ["local", "ssh://a", "emulated:rpi4", "ssh://b"]
    members = [Member(Host(address)) for address in addresses]
    assert list(ask_all(members, work, stage="x", progress=silent)) == addresses
    assert {address for _, address in told[:4]} == {"ssh://a", "ssh://b"}
    assert told[4:] == [("begins", "local"), ("ends", "local"), ("begins", "emulated:rpi4"), ("ends", "emulated:rpi4")]


def test_turns_are_told(model: Path, session: Session, options) -> None:
    emulated = ScriptedDevice(replace(session, address="emulated:rpi4"))
    fleet = edgekit.benchmark_fleet(model, [ScriptedDevice(session), emulated], **options)
    assert fleet.notes == ("local, emulated:rpi4 share this machine's processor, and ran one after the other",)
    board = ScriptedDevice(boards(session, 1)[0])
    fleet = edgekit.benchmark_fleet(model, [ScriptedDevice(session), board], **options)
    assert fleet.notes == ("local shares this machine's processor, and ran alone, after the boards",)


class Waiting:
    """Work that ends only when nobody wants it any more, and then takes its time to clean up."""

    def __init__(self, count: int) -> None:
        self.started = threading.Barrier(count + 1)
        self.cleaned: list[str] = []

    def __call__(self, device: object) -> str:
        self.started.wait(_PATIENCE_S)
        end = time.monotonic() + _PATIENCE_S
        try:
            while time.monotonic() < end:
                require_wanted()
                time.sleep(0.005)
        finally:
            # Whoever cleans up talks to the board as well, and is not ended by that.
            require_wanted()
            time.sleep(0.05)
            self.cleaned.append(str(device))
        return "never"


def test_an_interrupt_leaves_all_boards_in_order() -> None:
    waiting = Waiting(3)

    def work(device: object) -> str:
        if str(device) == "ssh://quick":
            waiting.started.wait(_PATIENCE_S)
            return "done"
        return waiting(device)

    def interrupt(step: Step) -> None:
        if step.done == 1:
            raise KeyboardInterrupt

    members = [Member(Host(f"ssh://{name}")) for name in ("a", "b", "c", "quick")]
    with pytest.raises(KeyboardInterrupt):
        ask_all(members, work, stage="x", progress=interrupt)
    assert sorted(waiting.cleaned) == ["ssh://a", "ssh://b", "ssh://c"]


@pytest.mark.parametrize("fault", [UsageError("the user's own"), AssertionError("ours"), Halted()])
def test_what_is_no_devices_fault_ends_all(fault: BaseException) -> None:
    waiting = Waiting(1)

    def work(device: object) -> str:
        if str(device) == "ssh://bad":
            waiting.started.wait(_PATIENCE_S)
            raise fault
        return waiting(device)

    with pytest.raises(type(fault)):
        ask_all([Member(Host("ssh://a")), Member(Host("ssh://bad"))], work, stage="x", progress=silent)
    assert waiting.cleaned == ["ssh://a"]


def test_what_one_device_cannot_do_costs_the_others_nothing(model: Path, session: Session, options) -> None:
    emulated = replace(session, address="emulated:rpi4")

    class Refusing(ScriptedDevice):
        def execute(self, argv: Sequence[str], *, timeout: float) -> Completed:
            raise UnsuitedDevice(f"{self.address} is emulated")

    board = boards(session, 1)[0]
    for devices in ([ScriptedDevice(board), Refusing(emulated)], [ScriptedDevice(session), Refusing(board)]):
        fleet = edgekit.benchmark_fleet(model, devices, **options)
        assert [result.device for result in fleet.results] == [devices[0].address]
        assert [str(outcome.error) for outcome in fleet.failed] == [f"{devices[1].address} is emulated"]


@pytest.mark.parametrize(
    ("errors", "otherwise", "code"),
    [
        ([InferenceError("no")], 0, 1),
        ([InferenceError("no"), UnsuitedDevice("no")], 0, 2),
        ([InferenceError("no"), DeviceUnreachable("no", address="ssh://a")], 1, 3),
        ([], 1, 1),
    ],
)
def test_the_exit_code_is_that_of_one_device(errors: list[EdgekitError], otherwise: int, code: int) -> None:
    fleet = Fleet("benchmark", tuple(Outcome(Host(f"ssh://{n}"), None, error) for n, error in enumerate(errors)))
    assert finish_fleet(fleet, benchmark_table(fleet), as_json=False, otherwise=otherwise) == code


def test_a_board_that_is_not_what_it_is_said_to_be(session: Session, model: Path, options, monkeypatch) -> None:
    def connected(address: str) -> ScriptedDevice:
        return ScriptedDevice(replace(session, address=address))

    monkeypatch.setattr("edgekit.devices.table._scheme", lambda _: _Row(connected))
    hosts = [Host("ssh://a", "garden", "rpi4"), Host("ssh://b", "desk")]
    fleet = edgekit.benchmark_fleet(model, hosts, **options)
    remarks = [outcome.remark for outcome in fleet.outcomes]
    assert remarks[0] is not None
    assert remarks[0].startswith("said to be rpi4, but it was seen on ")
    assert remarks[1:] == [None]
    assert fleet.notes == (f"garden: {remarks[0]}",)


class _Row:
    def __init__(self, connect) -> None:
        self.connect = connect

    def check(self, address: str) -> None:
        pass


def test_what_is_given_wrongly(model: Path, tmp_path: Path) -> None:
    for devices, sentence in (
        ([], "no device is given"),
        ("local", "must be a list of addresses"),
        ([3], "a device is 3, but must be an address"),
        (["lokal"], "unknown device 'lokal'. Did you mean 'local'"),
        (["emulated:rpi44"], "rpi44"),
        (["ssh://pi@garden", "emulated:x86-64"], "x86-64 has the architecture x86_64, and only"),
        (["local", "local"], "the address local is there twice"),
        (["ssh://-oProxyCommand=id"], "is no host's name"),
    ):
        with pytest.raises(UsageError, match=sentence):
            edgekit.benchmark_fleet(model, devices)
    with pytest.raises(SourceError):
        edgekit.benchmark_fleet(tmp_path / "gone.tflite", ["local"])


def test_a_fleet_is_looked_over_and_verified(int8_artifact, tmp_path: Path) -> None:
    checked = edgekit.verify_fleet(int8_artifact, ["local", "ssh://pi@127.0.0.1:1"])
    assert [str(result.verdict) for result in checked.results] == ["pass"]
    assert [type(outcome.error) for outcome in checked.failed] == [DeviceUnreachable]
    assert checked.to_document()["devices"][0]["result"]["schema"] == "edgekit.verification/1"
    seen = edgekit.doctor_fleet([Host("local", "here", "rpi4")])
    (outcome,) = seen.outcomes
    assert outcome.result is not None
    assert outcome.result.runs_models
    assert outcome.remark is not None
    assert outcome.remark.startswith("said to be rpi4, but it is ")
