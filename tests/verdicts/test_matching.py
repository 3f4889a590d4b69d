from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from edgekit.profiles import list_profiles, profile_named
from edgekit.runs import RunResult
from edgekit.verdicts import mismatch

MakeRun = Callable[..., RunResult]


@pytest.mark.parametrize(
    ("profile", "environment"),
    [
        ("rpi4", {}),
        ("rpi4", {"machine": "armv7l"}),
        ("rpi5", {"board": "Raspberry Pi 5 Model B Rev 1.0"}),
        ("rpi-zero2w", {"board": "Raspberry Pi Zero 2 W Rev 1.0"}),
        ("rpi3b-plus", {"board": "Raspberry Pi 3 Model B Plus Rev 1.3"}),
        ("coral-dev-board", {"board": "Freescale i.MX8MQ Phanbell"}),
        ("jetson-nano", {"board": "NVIDIA Jetson Nano Developer Kit"}),
        ("jetson-orin-nano", {"board": "NVIDIA Jetson Orin Nano Engineering Reference Developer Kit Super"}),
        ("orangepi5", {"board": "Orange Pi 5"}),
        ("beaglebone-ai64", {"board": "BeagleBoard.org BeagleBone AI-64"}),
        ("pixel6", {"board": "Pixel 6"}),
        ("galaxy-s23", {"board": "SM-S911B"}),
        ("n100", {"machine": "x86_64", "board": None, "cpu_model": "Intel(R) N100"}),
        ("x86-64", {"machine": "x86_64", "board": None, "cpu_model": "AMD EPYC 7B13"}),
    ],
)
def test_machines_are_recognized(profile: str, environment: dict[str, Any], make_run: MakeRun) -> None:
    run = make_run("0" * 64, environment=environment)
    assert mismatch(run, profile=profile_named(profile)) is None
    others = {item.name for item in list_profiles() if mismatch(run, profile=item) is None} - {profile}
    assert others <= {"x86-64"}


@pytest.mark.parametrize(
    ("profile", "environment", "reason"),
    [
        ("rpi4", {"machine": "x86_64", "board": None}, "it was seen on x86_64, not on aarch64 or armv7l or armv8l"),
        ("rpi4", {"emulated": True}, "it was seen on an emulated machine, whose time and memory are not the device's"),
        ("rpi4", {"board": None}, "it was seen on a machine without a name, not on 'Raspberry Pi 4 Model B*'"),
        (
            "rpi4",
            {"board": "Raspberry Pi 5 Model B Rev 1.0"},
            "a machine that says it is 'Raspberry Pi 5 Model B Rev 1.0', not on 'Raspberry Pi 4 Model B*'",
        ),
        (
            "pixel6",
            {"board": "Pixel 6 Pro"},
            "it was seen on a machine that says it is 'Pixel 6 Pro', not on 'Pixel 6'",
        ),
        ("orangepi5", {"board": "Orange Pi 5 Plus"}, "says it is 'Orange Pi 5 Plus', not on 'Orange Pi 5'"),
        ("n100", {"machine": "x86_64", "cpu_model": "Xeon"}, "it was seen on a 'Xeon', not on 'Intel(R) N100*'"),
        ("x86-64", {}, "it was seen on aarch64, not on x86_64"),
        ("stm32h747", {}, "nothing that runs the interpreter is of this kind"),
    ],
)
def test_other_machines_are_refused_with_the_reason(
    profile: str, environment: dict[str, Any], reason: str, make_run: MakeRun
) -> None:
    told = mismatch(make_run("0" * 64, environment=environment), profile=profile_named(profile))
    assert told is not None
    assert reason in told
