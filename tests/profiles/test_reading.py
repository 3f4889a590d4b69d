from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from edgekit.errors import ProfileError
from edgekit.metrics import Budget
from edgekit.profiles import Fact, Kind
from edgekit.profiles.reading import load_profile

Write = Callable[..., Path]


def test_a_complete_profile(write_profile: Write) -> None:
    profile = load_profile(write_profile())
    assert (profile.name, profile.title, profile.kind) == ("board", "Test board", Kind.LINUX_BOARD)
    assert profile.facts.memory_bytes == Fact(512 * 2**20, "a data sheet")
    assert profile.facts.fp16_arithmetic == Fact(True, "a data sheet")
    assert profile.facts.int8_dot_product is None
    assert profile.match is not None
    assert profile.match.board == Fact(("Test Board*",), "its device tree")
    assert profile.budget == Budget(file_size_bytes=4 * 2**20, latency_p90_ms=33.0)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            '"33 ms"',
            '"33 mm"',
            "budget.latency_p90: '33 mm' is not a duration: write a number and one of us, ms, s, min",
        ),
        ('"33 ms"', '"33 MiB"', "budget.latency_p90: '33 MiB' is not a duration"),
        ('"33 ms"', "33", "budget.latency_p90: 33 is not a text that says something"),
        ('"4 MiB"', '"0 B"', "budget.file_size: '0 B' is a limit that nothing can keep"),
        ('"512 MiB"', '"512 MB/s"', "facts.memory.value: '512 MB/s' is not a size: write a number and one of B, kB"),
        ('"512 MiB"', f'"{"9" * 400} MiB"', "facts.memory.value: '99999999999999999999...' is too large to be a size"),
        (
            "file_size",
            "filesize",
            "in [budget]: unknown key 'filesize'. Did you mean 'file_size'? Valid: file_size, mem",
        ),
        ("memory =", "memry =", "in [facts]: unknown key 'memry'. Did you mean 'memory'?"),
        ("machine =", "machines =", "in [match]: unknown key 'machines'. Did you mean 'machine'?"),
        ("title =", "titel =", "at the top: unknown key 'titel'. Did you mean 'title'?"),
        ('source = "uname"', 'origin = "uname"', "in match.machine: unknown key 'origin'. Valid: value, source"),
        (', source = "uname"', "", "key 'source' is missing in match.machine"),
        ('"uname"', '" "', "match.machine.source: ' ' is not a text that says something"),
        (
            '{ value = 2, source = "a data sheet" }',
            "2",
            "facts.cores is 2, but a fact is written { value = ..., source",
        ),
        ("value = 2,", "value = 0,", "facts.cores.value: 0 is not a count of 1 or more"),
        ("value = 2,", "value = true,", "facts.cores.value: True is not a count of 1 or more"),
        ("value = true,", 'value = "yes",', "facts.fp16_arithmetic.value: 'yes' is neither true nor false"),
        ('["aarch64"]', '"aarch64"', "match.machine.value: 'aarch64' is not a list of texts"),
        ('["aarch64"]', "[]", "match.machine.value: [] is not a list of texts"),
        ('"linux-board"', '"linux-bord"', "kind: unknown kind 'linux-bord'. Did you mean 'linux-board'?"),
        ('title = "Test board"\n', "", "key 'title' is missing at the top"),
        ('cpu = { value = "2x Cortex-A55", source = "a data sheet" }\n', "", "key 'cpu' is missing in [facts]"),
        ('board = { value = ["Test Board*"], source = "its device tree" }\n', "", "key 'board' is missing in [match]"),
        (
            '"uname" }',
            '"uname", date = "today" }',
            "match.machine.date: 'today' is not a date: write it as 2026-11-25, without quotes",
        ),
        ("[budget]", "[modes.fast]\n[budget]", "key 'bits' is missing in [modes.fast]"),
        (
            "[budget]",
            '[modes.fast]\nbits = { value = 48, source = "s" }\n[budget]',
            "modes.fast.bits.value: 48 is neither 32 nor 64",
        ),
        ("[budget]", "[clusters]\n[budget]", "clusters must be written as [[clusters]], one for each kind of core"),
        (
            "[budget]",
            '[[clusters]]\ncore = { value = "Cortex-A55", source = "s" }\ncount = { value = 2, source = "s" }\n'
            'clock = { value = "2 Hz", source = "s" }\n[budget]',
            "clusters.0.clock.value: '2 Hz' is not a clock: write a number and one of MHz, GHz",
        ),
        ("[budget]", "[[budget]]", "[budget] must be a table"),
        ('kind = "linux-board"', "kind = linux-board", "is not TOML: Invalid value"),
    ],
)
def test_a_fault_names_the_file_the_key_and_what_is_valid(
    write_profile: Write, old: str, new: str, sentence: str
) -> None:
    path = write_profile((old, new))
    with pytest.raises(ProfileError) as raised:
        load_profile(path)
    assert raised.value.message.startswith(f"profile {path}")
    assert sentence in raised.value.message
    assert raised.value.exit_code == 2


def test_a_board_without_a_way_to_recognize_it(write_profile: Write) -> None:
    text = write_profile().read_text()
    path = write_profile((text[text.index("[match]") : text.index("[facts]")], ""))
    with pytest.raises(ProfileError, match=r"\[match\] is missing, which says how a machine of this kind is recog"):
        load_profile(path)


def test_a_microcontroller_needs_its_memory_and_no_match(write_profile: Write) -> None:
    text = write_profile().read_text()
    without_match = (text[text.index("[match]") : text.index("[facts]")], "")
    kind = ("linux-board", "microcontroller")
    assert load_profile(write_profile(without_match, kind)).match is None
    with pytest.raises(ProfileError, match=r"key 'memory' is missing in \[facts\] of a microcontroller"):
        load_profile(
            write_profile(without_match, kind, ('memory = { value = "512 MiB", source = "a data sheet" }', ""))
        )


def test_a_file_that_is_not_there_or_no_text(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match=r"nothing\.toml does not exist"):
        load_profile(tmp_path / "nothing.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ProfileError, match=r"bytes\.toml is not a text in UTF-8"):
        load_profile(tmp_path / "bytes.toml")
    with pytest.raises(ProfileError, match="is a folder"):
        load_profile(tmp_path)


def test_the_hint_names_a_file_that_can_be_copied(write_profile: Write) -> None:
    with pytest.raises(ProfileError) as raised:
        load_profile(write_profile(("title =", "titel =")))
    assert raised.value.hint is not None
    example, _, words = raised.value.hint.partition(" shows ")
    assert words == "how a complete profile is written"
    assert load_profile(Path(example)).name == "rpi4"
