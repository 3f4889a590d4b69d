"""``time_series``: what each of many small models takes, in one process on a device."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from edgekit.devices import Device
from edgekit.files import sha256_of, temporary_folder
from edgekit.runner.endings import Circumstances, refusal
from edgekit.runner.environment import read_environment
from edgekit.runner.launch import ask_of, prepare, well_formed
from edgekit.runner.looks import read_conditions
from edgekit.runner.plan import FIRST_TIMEOUT
from edgekit.runs import Conditions, Environment, taints_of

_RUNS = 5
_MOST_S = 2.0
"""Of one model: slower ones have their ``_RUNS`` or end here."""
_GRACE_S = 120.0


@dataclass(frozen=True, slots=True)
class Series:
    """What models took one after the other."""

    device: str
    threads: int
    median_ms: Mapping[str, float]
    """By name, in the order in which they ran; what there was no time for is missing."""
    refused: Mapping[str, str]
    """By name, why the runtime there does not take a model."""
    environment: Environment
    conditions: Conditions
    taints: tuple[str, ...]


def time_series(
    models: Mapping[str, bytes],
    *,
    device: Device,
    threads: int,
    seconds: float,
    least: int,
    window_seconds: float,
) -> Series:
    """Time each of many small models on a device, all in one process: starting one takes longer than they do.

    Args:
        models: by name, in the order in which they are to run.
        device: an open one.
        threads: of the runtime.
        seconds: after so many no further model begins.
        least: how many run in any case.
        window_seconds: how long each is timed, at least; but five times, or 2 s, in any case.

    Raises:
        InferenceError: the runtime refuses all of them, or dies or hangs on one.
        DeviceError: the device does not answer, or has no Python or runtime.
    """
    timeout = seconds + least * FIRST_TIMEOUT + _GRACE_S
    job = {
        "task": "series",
        "threads": threads,
        "names": list(models),
        "least": least,
        "runs": _RUNS,
        "min_seconds": window_seconds,
        "max_seconds": _MOST_S,
        "seconds": seconds,
        "seed": 0,
        "timeout": timeout,
        "first_timeout": FIRST_TIMEOUT,
    }
    with temporary_folder("edgekit-series-") as folder:
        archive = Path(folder, "models.zip")
        # Not compressed: the least Pythons have no zlib. Of fixed times, so that a device keeps its copy.
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as packed:
            for name, content in models.items():
                packed.writestr(zipfile.ZipInfo(name), content)
        prepare(device, archive)
        answer = ask_of(device, [(archive, sha256_of(archive))], job=job)
    with well_formed(device):
        refused = {str(name): str(why) for name, why in answer["refused"].items()}
        if refused and not answer["median_ns"]:
            name, why = next(iter(refused.items()))
            around = Circumstances(name, device.address, timeout, FIRST_TIMEOUT)
            raise refusal({"kind": "refused", "message": why}, around=around, log="")
        conditions = read_conditions(answer["conditions"])
        return Series(
            device=device.address,
            threads=threads,
            median_ms={name: float(nanoseconds) / 1e6 for name, nanoseconds in answer["median_ns"].items()},
            refused=refused,
            environment=read_environment(answer["environment"], runtime=answer["runtime"]),
            conditions=conditions,
            taints=taints_of(conditions),
        )
