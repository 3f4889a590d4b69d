"""Float islands in integer graphs, and what can be required of a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgekit import inspect
from edgekit.errors import UsageError
from edgekit.inspection import shortfalls


def _chain(build, path: Path, steps: list[tuple[str, str]]) -> Path:
    """One operator after the other: its kind, and the name of what it writes."""
    tensors, floats = [{"name": "in", "shape": [1, 4], "dtype": "INT8", "scale": 0.1}], False
    for kind, name in steps:
        floats = {"DEQUANTIZE": True, "QUANTIZE": False}.get(kind, floats)
        integers = {} if floats else {"dtype": "INT8", "scale": 0.1}
        tensors.append({"name": name, "shape": [1, 4], **integers})
    ops = [(kind, [number], [number + 1]) for number, (kind, _) in enumerate(steps)]
    path.write_bytes(build(tensors, ops, inputs=[0], outputs=[len(steps)]))
    return path


_RELU = ("RELU", "block/relu")
_TANH = [("DEQUANTIZE", "real"), ("TANH", "block/tanh")]
_BACK = ("QUANTIZE", "back")


def _mixed(build, path: Path) -> Path:
    return _chain(build, path, [_RELU, *_TANH, ("ABS", "head/abs"), _BACK])


def test_neighbours_are_one_island(build, tmp_path: Path) -> None:
    (island,) = inspect(_mixed(build, tmp_path / "m.tflite")).islands
    assert island.operators == (2, 3)
    assert island.names == ("TANH", "ABS")
    assert island.outputs == ("block/tanh", "head/abs")
    assert str(island) == "2 operators from 2 (block/tanh) to 3 (head/abs): TANH, ABS"


def test_integers_between_them_make_two(build, tmp_path: Path) -> None:
    again = [("RELU", "again"), ("DEQUANTIZE", "real_2"), ("ABS", "head/abs"), ("QUANTIZE", "out")]
    facts = inspect(_chain(build, tmp_path / "m.tflite", [_RELU, *_TANH, _BACK, *again]))
    assert [island.operators for island in facts.islands] == [(2,), (6,)]
    assert str(facts.islands[0]) == "TANH, operator 2 (block/tanh)"
    assert [each["names"] for each in facts.to_document()["islands"]] == [("TANH",), ("ABS",)]


def test_branches_that_meet_are_one_island(build, tmp_path: Path) -> None:
    integers = {"shape": [1, 4], "dtype": "INT8", "scale": 0.1}
    tensors = [integers, integers, integers, *[{"shape": [1, 4]}] * 5]
    ops = [
        ("RELU", [0], [1]),
        ("RELU", [0], [2]),
        ("DEQUANTIZE", [1], [3]),
        ("DEQUANTIZE", [2], [4]),
        ("TANH", [3], [5]),
        ("ABS", [4], [6]),
    ]
    path = tmp_path / "m.tflite"
    path.write_bytes(build(tensors[:7], ops, inputs=[0], outputs=[5, 6]))
    assert [island.names for island in inspect(path).islands] == [("TANH",), ("ABS",)]
    path.write_bytes(build(tensors, [*ops, ("ADD", [5, 6], [7])], inputs=[0], outputs=[7]))
    assert [island.names for island in inspect(path).islands] == [("TANH", "ABS", "ADD")]


def test_files_that_compute_in_one_way_have_none(shared_data: Path) -> None:
    for name in ("ic_resnet8_float32", "ic_resnet8_int8"):
        assert inspect(shared_data / "mlperf_tiny" / f"{name}.tflite").islands == ()


def test_what_is_required_names_what_stands_against_it(build, tmp_path: Path, shared_data: Path) -> None:
    mixed = inspect(_mixed(build, tmp_path / "m.tflite"))
    (missed,) = shortfalls(mixed, ["full-int8", "int8-io", "builtins"])
    assert (missed.requirement, missed.count) == ("full-int8", 2)
    assert missed.clause == (
        "is not full-int8: operators do not compute in int8: TANH (operator 2, block/tanh, float32), "
        "ABS (operator 3, head/abs, float32)"
    )
    tiny = shared_data / "mlperf_tiny"
    assert shortfalls(inspect(tiny / "ic_resnet8_int8.tflite"), ["full-int8", "int8-io", "builtins"]) == ()
    floats = {each.requirement: each for each in shortfalls(inspect(tiny / "ic_resnet8_float32.tflite"), _ALL)}
    assert floats.keys() == {"full-int8", "int8-io"}
    assert floats["full-int8"].count == 16
    assert floats["full-int8"].clause.endswith(" and 8 more")
    assert floats["int8-io"].count == 2


_ALL = ("full-int8", "int8-io", "builtins")


def test_operators_that_are_not_builtin(shared_data: Path) -> None:
    custom = sorted((shared_data / "coral").glob("*edgetpu*.tflite"))
    assert custom
    (missed,) = shortfalls(inspect(custom[0]), ["builtins"])
    assert "operators are no builtin ones" in missed.clause


def test_an_unknown_requirement_lists_the_known(shared_data: Path) -> None:
    facts = inspect(shared_data / "mlperf_tiny" / "ic_resnet8_int8.tflite")
    with pytest.raises(UsageError, match="unknown requirement 'full_int8'. Did you mean 'full-int8'?"):
        shortfalls(facts, ["full_int8"])
