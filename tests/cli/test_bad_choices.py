"""Names and values that are not valid: the nearest name is offered, and nothing is guessed."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgekit.resources import resource_folder


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["convrt"], "unknown command 'convrt'. Did you mean 'convert'? Valid: convert, compress, samples, deploy, "),
        (["--vresion"], "unknown option '--vresion'. Did you mean '--version'? Valid: --version, --help"),
        (["convert", "--presicion", "int8"], "unknown option '--presicion'. Did you mean '--precision'? Valid: "),
        (["convert", "m", "-p", "int7"], "unknown precision 'int7'. Did you mean 'int8'? Valid: float32, float16, "),
        (["convert", "m", "--profile", "rpi44"], "unknown profile 'rpi44'. Did you mean 'rpi4'? Valid: "),
        (["check", "m", "--profile", "piksel6"], "unknown profile 'piksel6'. Did you mean 'pixel6'? Valid: "),
        (["convert", "m", "--range", "siged"], "unknown value range 'siged'. Did you mean 'signed'? Valid: raw, "),
        (["convert", "m", "--range", "mean=1"], "value range 'mean=1' is not understood"),
        (["convert", "m", "--resize", "crp"], "unknown resize 'crp'. Did you mean 'crop'? Valid: stretch, crop, pad"),
        (["convert", "m", "--colour", "gbr"], "unknown colour 'gbr'. Did you mean "),
        (["convert", "m", "--io", "itn"], "unknown io 'itn'. Did you mean 'int'? Valid: float, int"),
        (["benchmark", "m", "--device", "locla"], "unknown device 'locla'. Did you mean 'local'? Valid: "),
        (["profiles", "rpi5b"], "unknown profile 'rpi5b'. Did you mean 'rpi5'? Valid: "),
        (["convert", "m", "--input-shape", "224x224x3"], "input_shape '224x224x3' is not understood"),
        (["convert", "m", "--input-shape", "1,0,32,3"], "input_shape has a size of 0, but sizes are 1 or more"),
        (["convert", "m", "--input-shape", "1,32,32"], "input_shape 1,32,32 has 3 dimensions, but input 'input_1' of "),
        (["convert", "m", "--input-shape", "photo=1,32,32,3"], "input_shape: model m: unknown input 'photo'. "),
        (["convert", "m", "--input-shape", "1,32,32,1"], "input_shape makes dimension 3 of input 'input_1' 1, but "),
        (["convert", "m", "--samples", "0"], "samples is 0, but at least 1 is needed"),
        (["convert", "m", "--samples", "many"], "Invalid value for '--samples': 'many' is not a valid integer."),
        (["convert", "m", "--seed", "-1"], "seed is -1, but must be 0 or more"),
        (["benchmark", "m", "--threads", "0"], "threads is 0, but must be a whole number from 1 to 256"),
        (["benchmark", "m", "--threads", "2", "--threads", "2"], "threads is [2, 2]: a number is there twice"),
        (["benchmark", "m", "--threads", "1", "2", "1"], "threads is [1, 2, 1]: a number is there twice"),
        (["benchmark", "m", "--idle", "5mm"], "--idle: '5mm' is not a duration: write a number and one of us, ms, "),
        (["benchmark", "m", "--idle", "2min"], "idle is 120 seconds, but must be at most 60"),
        (["benchmark", "m", "--sustained", "10"], "--sustained: '10' is not a duration: "),
        (["benchmark", "m", "--retries", "-1"], "retries is -1, but must be a whole number from 0 to 20"),
        (["benchmark", "m", "--count", "--threads", "2"], "instructions are counted with one thread only"),
        (["benchmark", "m", "m", "--retries", "0"], "--retries is for one file, and several only take turns"),
        (["benchmark", "m", "m", "--ops"], "--ops is for one file, and several only take turns"),
        (["benchmark", "m", "m", "--threads", "1", "2"], "several files take turns with one number of threads"),
        (["benchmark"], "Missing argument 'FILE...'."),
        (["benchmark", "m", "--runs", "0"], "runs is 0, but must be a whole number from 1 to "),
        (["benchmark", "m", "--seed", "-1"], "seed is -1, but must be a whole number from 0 to "),
        (["benchmark", "m", "--min-seconds", "nan"], "min_seconds is nan, but must be a number of seconds"),
        (["benchmark", "m", "--timeout", "-1"], "timeout is -1.0 seconds, but must be more than 0"),
        (["check", "m", "--profile", "rpi4", "--max-size", "5"], "--max-size: '5' is not a size: write a number and "),
        (["check", "m", "--profile", "rpi4", "--max-latency", "5 MiB"], "--max-latency: '5 MiB' is not a duration: "),
        (["check", "m", "--profile", "rpi4", "--max-memory", "0 B"], "--max-memory: '0 B' is a limit that nothing "),
        (["check", "m"], "Missing option '--profile'."),
        (["deploy", "m", "-o", "d", "--profile", "rpi4", "--as", "rpi44"], "unknown profile 'rpi44'. Did you mean "),
        (["convert"], "Missing argument 'MODEL'."),
        (["convert", "m", "n"], "Got unexpected extra argument (n)"),
        (["convert", "m", "--strict"], "--strict speaks of a verdict, and without --profile there is none"),
        (["convert", "m", "-o", "a", "-o", "b"], "--output is given 2 times, but only one can count"),
        (["convert", "m", "-o", ""], "--output is given, but empty"),
        (["convert", "m", "-c", ""], "--calibration is given, but empty"),
        (["convert", "m", "-p", "int8", "-p", ""], "--precision is given, but empty"),
        (["convert", ""], "MODEL is given, but empty"),
        (["profiles", ""], "NAME is given, but empty"),
    ],
    ids=" ".join,
)
def test_what_is_not_valid(edgekit, resnet: Path, arguments: list[str], sentence: str) -> None:
    (edgekit.folder / "m").symlink_to(resnet)
    ended = edgekit.refuse(*arguments)
    assert ended.sentence.startswith(sentence)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ('presicion = "int8"', "unknown recipe key 'presicion'. Did you mean 'precision'? Valid: precision, io, "),
        ('precision = "int4"', "unknown precision 'int4'. Did you mean 'int8x4'? Valid: float32, "),
        ("samples = 2.5", "samples is 2.5, but must be of type int"),
        ("precision = int8", "recipe r.toml is not TOML: Invalid value (at line 1, column 13)"),
        (None, "recipe r.toml does not exist"),
    ],
)
def test_a_recipe_that_is_not_valid(edgekit, resnet: Path, content: str | None, sentence: str) -> None:
    if content is not None:
        (edgekit.folder / "r.toml").write_text(content)
    ended = edgekit.refuse("convert", resnet, "--recipe", "r.toml")
    told = ended.sentence
    if "unknown recipe key" in told:
        assert ended.hint == "correct the key or leave it out"
    assert told.removeprefix("recipe r.toml: ").startswith(sentence)


def test_an_unknown_input_has_a_next_step(edgekit, resnet: Path) -> None:
    ended = edgekit.refuse("convert", resnet, "--input-shape", "photo=1,32,32,3")
    assert (ended.sentence.count("unknown input 'photo'"), ended.hint) == (1, "such as input_1=1,32,32,3")


def test_a_recipe_decides_the_precision_unless_the_command_does(edgekit, resnet: Path) -> None:
    (edgekit.folder / "r.toml").write_text('precision = "float16"')
    assert edgekit("convert", resnet, "--recipe", "r.toml").stdout.startswith("float16: as asked\n")
    assert edgekit("convert", resnet, "--recipe", "r.toml", "-p", "float32").stdout.startswith("float32: as asked\n")


def _own_profile(folder: Path, old: str, new: str) -> Path:
    folder.mkdir()
    text = (resource_folder("device_profiles") / "rpi4.toml").read_text()
    assert old in text
    (folder / "mine.toml").write_text(text.replace(old, new))
    return folder


def test_a_profile_with_a_wrong_unit(edgekit, resnet: Path) -> None:
    folder = _own_profile(edgekit.folder / "own", 'file_size = "16 MiB"', 'file_size = "16 Mb"')
    path = folder / "mine.toml"
    wrong = (
        f"profile {path}: budget.file_size: '16 Mb' is not a size: write a number and one of B, kB, MB, GB, KiB, MiB, "
        'GiB, such as "512 MiB"'
    )
    named = {"EDGEKIT_PROFILES": str(folder)}
    assert edgekit.refuse("check", resnet, "--profile", path).sentence == wrong
    assert edgekit.refuse("check", resnet, "--profile", "mine", env=named).sentence == wrong
    assert edgekit.refuse("profiles", env=named).sentence == wrong
    # The others can still be used.
    edgekit("check", resnet, "--profile", "rpi4", env=named)


def test_a_profile_with_an_unknown_key(edgekit, resnet: Path) -> None:
    path = _own_profile(edgekit.folder / "own", "latency_p90 = ", "latency = ") / "mine.toml"
    told = edgekit.refuse("convert", resnet, "--profile", path).sentence
    assert told.startswith(f"profile {path}: in [budget]: unknown key 'latency'. Did you mean 'latency_p90'? Valid: ")


def test_a_folder_of_profiles_that_is_not_there(edgekit, resnet: Path) -> None:
    ended = edgekit.refuse("check", resnet, "--profile", "rpi4", env={"EDGEKIT_PROFILES": "gone"})
    assert ended.sentence == "EDGEKIT_PROFILES names the folder gone, which does not exist"
