"""What is looked at on phones alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from edgekit.checkup.findings import Health, Remark
from edgekit.devices.adb import PhoneFacts
from edgekit.devices.adb.facts import OLDEST_API

_APP_PAGE_BYTES = 4096
"""What the libraries in the app are aligned for."""
_LOW_PERCENT = 20.0


def phone_findings(address: str, phone: PhoneFacts) -> Iterator[Remark]:
    """Return what is found on the phone at ``address``."""
    for rule in _RULES:
        yield from rule(address, phone)


def _android(_address: str, phone: PhoneFacts) -> Iterator[Remark]:
    told = f"{phone.system}; {', '.join(phone.abis) or 'ABIs unknown'}"
    chip = "" if phone.soc is None else f"{phone.soc}; "
    if phone.api is not None and phone.api < OLDEST_API:
        step = "take a phone with Android 8 or newer, or measure with --engine benchmark_model=PATH"
        yield Remark(
            "android", Health.PROBLEM, f"{chip}{told}: too old for the app, which needs API {OLDEST_API}", step
        )
    else:
        yield Remark("android", Health.GOOD, chip + told)


def _pages(_address: str, phone: PhoneFacts) -> Iterator[Remark]:
    if phone.page_bytes is None:
        return
    sentence = f"memory pages of {phone.page_bytes // 1024} KiB"
    if phone.page_bytes > _APP_PAGE_BYTES:
        step = "the app's libraries are aligned for 4 KiB: Android runs it in a compatibility mode, and says so"
        yield Remark("pages", Health.NOTE, sentence, step)
    else:
        yield Remark("pages", Health.GOOD, sentence)


def _heat(_address: str, phone: PhoneFacts) -> Iterator[Remark]:
    heat = phone.heat
    degrees = "" if heat.temperature_c is None else f", {heat.temperature_c:.0f} °C"
    if heat.status is None:
        yield Remark("thermal", Health.NOTE, "it does not tell its thermal status, which Android has since version 10")
    elif heat.throttled:
        step = "let it cool down, out of its case and off the charger: it is slowed down now"
        yield Remark("thermal", Health.PROBLEM, f"thermal status {heat.status}{degrees}", step)
    else:
        yield Remark("thermal", Health.GOOD, f"thermal status {heat.status}{degrees}")


def _battery(_address: str, phone: PhoneFacts) -> Iterator[Remark]:
    battery = phone.battery
    if battery.percent is None:
        return
    sentence = f"{battery.percent:.0f} %{', charging' if battery.charging else ''}"
    if battery.percent < _LOW_PERCENT:
        step = "charge it first: a phone that saves power is slow"
        yield Remark("battery", Health.NOTE, sentence, step)
    else:
        yield Remark("battery", Health.GOOD, sentence)


def _app(address: str, phone: PhoneFacts) -> Iterator[Remark]:
    if phone.apps:
        yield Remark("app", Health.GOOD, f"{', '.join(phone.application_ids)} is installed and takes requests")
        return
    step = (
        "edgekit bundle android MODEL.tflite -o app.apk, and then: "
        f"edgekit benchmark app.apk --device {address}; or give --engine benchmark_model=PATH"
    )
    yield Remark("app", Health.PROBLEM, "no app of edgekit's is installed, and phones have no Python", step)


_RULES: tuple[Callable[[str, PhoneFacts], Iterator[Remark]], ...] = (_android, _pages, _heat, _battery, _app)
