from __future__ import annotations

import hashlib
import io
import random
import struct
import subprocess
import sys
import wave
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from edgekit.data import ALL_SAMPLES, collect
from edgekit.data.faults import Unreadable
from edgekit.data.sounds.sound_decoding import decode, scaled
from edgekit.errors import CalibrationError
from edgekit.recipe import Recipe
from edgekit.tensors import TensorSpec

Refused = Callable[..., CalibrationError]
PLAIN = Recipe()
SOUND = TensorSpec("sound", (None, 800), "float32")
TONE = np.sin(np.arange(800) / 7) * np.linspace(0.1, 0.9, 800)


def pcm(values: np.ndarray, *, bits: int = 16, rate: int = 16000) -> bytes:
    """A WAV file as the standard library writes it; [values] or [values, channels] in -1..1."""
    values = np.asarray(values)
    stream = io.BytesIO()
    with wave.open(stream, "wb") as writer:
        writer.setnchannels(1 if values.ndim == 1 else values.shape[1])
        writer.setsampwidth(bits // 8)
        writer.setframerate(rate)
        whole = np.round(np.clip(values, -1, 1 - 2.0 ** (1 - bits)) * 2 ** (bits - 1)).astype("<i8").ravel()
        if bits == 8:
            writer.writeframes((whole + 128).astype(np.uint8).tobytes())
        else:
            writer.writeframes(whole.view(np.uint8).reshape(-1, 8)[:, : bits // 8].tobytes())
    return stream.getvalue()


def chunked(format_chunk: bytes, data: bytes, *, before: bytes = b"", after: bytes = b"") -> bytes:
    body = b"WAVE" + before + b"fmt " + struct.pack("<I", len(format_chunk)) + format_chunk
    body += b"data" + struct.pack("<I", len(data)) + data + after
    return b"RIFF" + struct.pack("<I", len(body)) + body


def floating(values: np.ndarray, dtype: str = "<f4", *, rate: int = 16000, **chunks: bytes) -> bytes:
    size = np.dtype(dtype).itemsize
    return chunked(
        struct.pack("<HHIIHH", 3, 1, rate, rate * size, size, 8 * size), values.astype(dtype).tobytes(), **chunks
    )


@pytest.fixture
def words(tmp_path: Path) -> Path:
    """Two classes of eight and four sounds, each told apart by its pitch."""
    folder = tmp_path / "words"
    for word, count in (("no", 8), ("yes", 4)):
        (folder / word).mkdir(parents=True)
        for number in range(count):
            tone = np.sin(np.arange(800) / (3 + number)) * (0.5 if word == "no" else 0.8)
            (folder / word / f"{number}.wav").write_bytes(pcm(tone))
    return folder


@pytest.mark.parametrize(("bits", "step"), [(8, 2**-7), (16, 2**-15), (24, 2**-23), (32, 2**-23)])
def test_whole_numbers_of_every_width(bits: int, step: float):
    sound = decode(pcm(TONE, bits=bits))
    assert sound.rate == 16000
    values = scaled(sound.stored)
    assert values.dtype == np.float32
    np.testing.assert_allclose(values[:, 0], TONE, rtol=0, atol=step)
    ends = scaled(decode(pcm(np.array([-1.0, 1.0]), bits=bits)).stored)[:, 0]
    assert ends[0] == -1
    assert 1 - 2 * step <= ends[1] <= 1


@pytest.mark.parametrize("dtype", ["<f4", "<f8"])
def test_floats_are_taken_as_they_stand(dtype: str):
    assert np.array_equal(scaled(decode(floating(TONE * 3, dtype)).stored)[:, 0], (TONE * 3).astype(np.float32))


def test_the_extensible_format_of_24_bits():
    plain = pcm(TONE, bits=24)
    guid = struct.pack("<H", 1) + b"\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71"
    extended = struct.pack("<HHIIHHHHI", 0xFFFE, 1, 16000, 48000, 3, 24, 22, 24, 4) + guid
    sound = decode(chunked(extended, plain[44:]))
    assert np.array_equal(scaled(sound.stored), scaled(decode(plain).stored))


def test_chunks_of_metadata_are_passed_over():
    extra = b"bext" + struct.pack("<I", 4) + b"abcd"
    notes = b"LIST" + struct.pack("<I", 4) + b"INFO"
    sound = decode(floating(TONE, before=extra, after=notes + b"\x00\x00"))
    np.testing.assert_allclose(sound.stored[:, 0], TONE, atol=1e-6)


def test_a_folder_for_each_word(words: Path, spool: Path, tmp_path: Path):
    found = collect(words, inputs=[SOUND], recipe=Recipe(samples=6), folder=spool)
    assert found.classes == ("no", "yes")
    assert Counter(found.labels) == {0: 4, 1: 2}
    files = {hashlib.sha256(path.read_bytes()).hexdigest(): path for path in words.glob("*/*.wav")}
    for sample_id, label, sample in zip(found.sample_ids, found.labels or (), found, strict=True):
        path = files[sample_id]
        assert path.parent.name == found.classes[label]
        with wave.open(str(path)) as reader:
            stored = np.frombuffer(reader.readframes(800), "<i2")
        assert np.array_equal(sample["sound"][0], stored.astype(np.float32) / 32768)
    assert str(found.preprocessing) == "sounds at 16000 Hz, -1..1, several channels averaged"
    assert (found.preprocessing.resize, found.preprocessing.value_range) == (None, None)
    again = collect(words, inputs=[SOUND], recipe=Recipe(samples=6), folder=tmp_path / "again")
    assert again.sample_ids == found.sample_ids


@pytest.mark.slow
def test_values_are_those_of_tensorflow(words: Path, tmp_path: Path):
    (words / "no" / "0.wav").write_bytes(pcm(np.stack([TONE[:600], -TONE[:600] / 3], axis=1)))
    (words / "no" / "1.wav").write_bytes(pcm(np.tile(TONE, 2)))
    program = f"""
import pathlib, numpy as np, tensorflow as tf
for path in pathlib.Path({str(words)!r}).glob("*/*.wav"):
    audio, rate = tf.audio.decode_wav(path.read_bytes(), desired_samples=800)
    np.save(pathlib.Path({str(tmp_path)!r}) / f"{{path.parent.name}}-{{path.stem}}.npy", audio.numpy().mean(axis=1))
"""
    subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, timeout=120)
    spec = TensorSpec("sound", (None, 800, 1), "float32")
    found = collect(
        words, inputs=[spec], recipe=Recipe(sound_length="fit"), folder=tmp_path / "spool", limit=ALL_SAMPLES
    )
    names = {
        hashlib.sha256(path.read_bytes()).hexdigest(): f"{path.parent.name}-{path.stem}" for path in words.glob("*/*")
    }
    assert len(found) == 12
    for sample_id, sample in zip(found.sample_ids, found, strict=True):
        expected = np.load(tmp_path / f"{names[sample_id]}.npy")
        np.testing.assert_allclose(sample["sound"][0, :, 0], expected, rtol=0, atol=1e-7)


@pytest.mark.parametrize("shape", [(None, 800), (1, 800, 1)])
def test_two_channels_are_averaged_for_one(shape: tuple[int | None, ...], tmp_path: Path, spool: Path):
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "a.WAV").write_bytes(pcm(np.stack([TONE, np.zeros(800)], axis=1)))
    found = collect(tmp_path / "set", inputs=[TensorSpec("x", shape, "float32")], recipe=PLAIN, folder=spool)
    np.testing.assert_allclose(next(iter(found))["x"].ravel(), TONE / 2, atol=1e-4)
    assert (found.labels, found.classes) == (None, ())


def test_two_channels_for_two(tmp_path: Path, refused: Refused):
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "a.wav").write_bytes(pcm(np.stack([TONE, -TONE], axis=1)))
    spec = TensorSpec("x", (None, 800, 2), "float32")
    found = collect(tmp_path / "set", inputs=[spec], recipe=PLAIN, folder=tmp_path / "found")
    np.testing.assert_allclose(next(iter(found))["x"][0], np.stack([TONE, -TONE], axis=1), atol=1e-4)
    assert str(found.preprocessing) == "sounds at 16000 Hz, -1..1"
    (tmp_path / "set" / "a.wav").write_bytes(pcm(TONE))
    assert (
        refused(tmp_path / "set", inputs=[spec], recipe=PLAIN).message == "input 'x' takes 2 channels, but a.wav has 1"
    )


@pytest.mark.parametrize(
    ("choice", "fits"), [(None, {800}), ("crop", {800, 900}), ("pad", {700, 800}), ("fit", {700, 800, 900})]
)
@pytest.mark.parametrize("length", [700, 800, 900])
def test_another_length_is_refused_unless_asked_for(
    choice: str | None, fits: set[int], length: int, tmp_path: Path, spool: Path, refused: Refused
):
    (tmp_path / "set").mkdir()
    tone = np.resize(TONE, length)
    (tmp_path / "set" / "a.wav").write_bytes(floating(tone))
    recipe = Recipe(sound_length=choice)
    if length in fits:
        found = collect(tmp_path / "set", inputs=[SOUND], recipe=recipe, folder=spool)
        values = next(iter(found))["sound"][0]
        kept = min(length, 800)
        assert np.array_equal(values[:kept], tone[:kept].astype(np.float32))
        assert not values[kept:].any()
        assert ("to 800" in str(found.preprocessing)) == (choice is not None)
        return
    error = refused(tmp_path / "set", inputs=[SOUND], recipe=recipe)
    assert error.message == (
        f"input 'sound' takes 800 values for each sample, but a.wav has {length} ({length / 16000:.3f} s at 16000 Hz)"
    )
    assert error.hint is not None
    assert "crop cuts the end of longer sounds off" in error.hint


def test_an_open_length(words: Path, tmp_path: Path, refused: Refused):
    spec = TensorSpec("x", (None, None), "float32")
    found = collect(words, inputs=[spec], recipe=PLAIN, folder=tmp_path / "open")
    assert next(iter(found))["x"].shape == (1, 800)
    (words / "yes" / "0.wav").write_bytes(pcm(TONE[:700]))
    assert "but those before are float32[800]" in refused(words, inputs=[spec], recipe=PLAIN).message
    error = refused(words, inputs=[spec], recipe=Recipe(sound_length="pad"))
    assert error.message == "input 'x' takes ? for each sample, so there is no length to pad sounds to"


def test_rates_are_never_changed(words: Path, refused: Refused):
    error = refused(words, inputs=[SOUND], recipe=Recipe(sample_rate=8000))
    assert error.message.endswith(".wav has 16000 values per second, but sample_rate is 8000")
    assert error.hint == "edgekit does not resample: ffmpeg -i IN.wav -ar 8000 OUT.wav does"
    (words / "yes" / "2.wav").write_bytes(pcm(TONE, rate=44100))
    error = refused(words, inputs=[SOUND], recipe=PLAIN)
    assert "yes/2.wav has 44100 values per second, but" in error.message
    assert error.message.endswith(".wav has 16000")


def test_damaged_sounds_are_skipped_told_of_and_replaced(words: Path, spool: Path):
    whole = (words / "no" / "0.wav").read_bytes()
    faults = {
        "a_empty.wav": b"",
        "b_cut.wav": whole[: len(whole) // 2],
        "c_text.wav": b"hello hello hello hello hello hello hello hello",
        "d_header.wav": whole[:30],
        "e_silent.wav": pcm(np.zeros(0)),
        "f_law.wav": chunked(struct.pack("<HHIIHH", 7, 1, 8000, 8000, 1, 8), b"\x00" * 800),
    }
    for name, content in faults.items():
        (words / "no" / name).write_bytes(content)
    (words / "no" / "g_gone.wav").symlink_to(words / "nowhere")
    found = collect(words, inputs=[SOUND], recipe=PLAIN, folder=spool, limit=ALL_SAMPLES)
    assert len(found) == 12
    assert [told.removeprefix("no/").split(".wav ")[1] for told in sorted(found.skipped)] == [
        "is empty (0 bytes)",
        "is cut off: it has fewer bytes than its header promises",
        "is no WAV file that can be read: File format b'hell' not understood. "
        "Only 'RIFF', 'RIFX', and 'RF64' supported.",
        "is damaged: its header makes no sense",
        "holds no sound (0 values)",
        "is no WAV file that can be read: Unknown wave file format: MULAW. Supported formats: PCM, IEEE_FLOAT",
        "is not a file, or a link to one that is gone",
    ]


def test_all_sounds_damaged(tmp_path: Path, refused: Refused):
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "a.wav").write_bytes(b"")
    error = refused(tmp_path / "set", inputs=[SOUND], recipe=PLAIN)
    assert error.message == f"sample folder {tmp_path / 'set'} holds no readable sound: a.wav is empty (0 bytes)"


def test_values_that_are_not_finite(tmp_path: Path, refused: Refused):
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "a.wav").write_bytes(floating(np.full(800, np.inf)))
    assert (
        refused(tmp_path / "set", inputs=[SOUND], recipe=PLAIN).message
        == "a.wav holds an infinite value for input 'sound'"
    )


def test_an_empty_class_folder_is_a_class_and_told(words: Path, spool: Path):
    (words / "maybe").mkdir()
    found = collect(words, inputs=[SOUND], recipe=PLAIN, folder=spool)
    assert found.classes == ("maybe", "no", "yes")
    assert set(found.labels or ()) == {1, 2}
    assert found.notes == ("class 'maybe' has no sample at all",)


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        (TensorSpec("x", (None, 49, 10, 1), "float32"), "input 'x' takes 49x10x1 for each sample, which is no sound"),
        (TensorSpec("x", (None, 49, 10), "float32"), "takes 49x10 for each sample, which is no sound"),
        (TensorSpec("x", (None, 800), "int16"), "input 'x' takes int16, but a WAV file holds"),
    ],
)
def test_an_input_that_takes_no_sound(spec: TensorSpec, sentence: str, words: Path, refused: Refused):
    assert sentence in refused(words, inputs=[spec], recipe=PLAIN).message


def test_a_folder_for_several_inputs(words: Path, refused: Refused):
    error = refused(words, inputs=[SOUND, TensorSpec("meta", (None, 4), "float32")], recipe=PLAIN)
    assert "gives one sound for each sample, but the model has 2 inputs: sound, meta" in error.message


@pytest.mark.parametrize("choices", [{"value_range": "unit"}, {"colour": "bgr"}])
@pytest.mark.parametrize("shape", [(None, 800), (None, 800, 1)])
def test_sounds_have_no_value_range(
    choices: dict[str, str], shape: tuple[int | None, ...], words: Path, refused: Refused
):
    error = refused(words, inputs=[TensorSpec("x", shape, "float32")], recipe=Recipe(**choices))
    assert error.message.endswith(f"are for images, and sample folder {words} holds sounds")


def test_damage_is_told_and_never_escapes():
    chance = random.Random(0)
    ends: Counter[str] = Counter()
    blobs = [pcm(TONE, bits=bits) for bits in (8, 16, 24, 32)] + [floating(TONE)]
    for _ in range(1500):
        content = bytearray(chance.choice(blobs))
        for _ in range(chance.choice([1, 2, 8])):
            content[chance.randrange(chance.choice([48, len(content)]))] = chance.randrange(256)
        try:
            decode(bytes(content[: chance.choice([len(content), chance.randrange(len(content))])]))
            ends["read"] += 1
        except Unreadable as fault:
            ends[str(fault).split(":")[0]] += 1
    assert ends["read"] > 100
    assert ends["is cut off"] > 50
    assert ends["is damaged"] > 50
    assert ends["is no WAV file that can be read"] > 50
