from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits, load_iris

from edgekit.data import ALL_SAMPLES, collect
from edgekit.data.supply import array_id
from edgekit.errors import CalibrationError
from edgekit.recipe import Recipe
from edgekit.tensors import TensorSpec

Refused = Callable[..., CalibrationError]
PLAIN = Recipe()
FLOWER = TensorSpec("flower", (None, 4), "float32")
PAIR = TensorSpec("pair", (None, 2), "float32")
COUNT = TensorSpec("count", (None, 1), "int32")


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    def call(text: str) -> Path:
        path = tmp_path / "table.csv"
        path.write_text(text, encoding="utf-8", newline="")
        return path

    return call


Write = Callable[[str], Path]


@pytest.fixture
def iris(write: Write) -> Path:
    """150 flowers, 50 of each kind, with a line of names."""
    data = load_iris()
    lines = ["sepal length,sepal width,petal length,petal width,label"]
    lines += [",".join(map(str, [*row, label])) for row, label in zip(data.data, data.target, strict=True)]
    return write("\n".join(lines) + "\n")


def test_a_real_table(iris: Path, spool: Path, tmp_path: Path):
    found = collect(iris, inputs=[FLOWER], recipe=Recipe(samples=60, seed=3), folder=spool)
    data = load_iris()
    assert Counter(found.labels) == {0: 20, 1: 20, 2: 20}
    rows = {array_id([row]): (row, label) for row, label in zip(data.data, data.target, strict=True)}
    for sample_id, label, sample in zip(found.sample_ids, found.labels or (), found, strict=True):
        assert np.array_equal(sample["flower"][0], rows[sample_id][0].astype(np.float32))
        assert label == rows[sample_id][1]
    every = collect(iris, inputs=[FLOWER], recipe=PLAIN, folder=tmp_path / "every", limit=ALL_SAMPLES)
    assert np.array_equal(
        np.sort(np.load(every.files["flower"]), axis=0), np.sort(data.data.astype(np.float32), axis=0)
    )
    assert str(found.preprocessing) == "arrays as they stand"


def test_pixels_need_a_range(write: Write, spool: Path, refused: Refused):
    digits = load_digits()
    names = ["label", *(f"pixel{place}" for place in range(64))]
    lines = [
        ",".join(map(str, [label, *row.astype(int)])) for row, label in zip(digits.data, digits.target, strict=True)
    ]
    path = write("\n".join([",".join(names), *lines]))
    spec = TensorSpec("image", (None, 8, 8, 1), "float32")
    assert "the samples are stored as 0..255" in refused(path, inputs=[spec], recipe=PLAIN).message
    found = collect(path, inputs=[spec], recipe=Recipe(value_range="unit", samples=100), folder=spool)
    assert Counter(found.labels) == dict.fromkeys(range(10), 10)
    by_id = {array_id([row.astype(np.uint8).reshape(8, 8, 1)]): row for row in digits.data}
    for sample_id, sample in zip(found.sample_ids, found, strict=True):
        np.testing.assert_allclose(sample["image"].ravel(), by_id[sample_id] / 255, rtol=1e-6)


def test_whole_numbers_that_are_no_pixels_are_taken_as_they_stand(write: Write, spool: Path):
    spec = TensorSpec("image", (None, 2, 2, 1), "float32")
    found = collect(write("1,2,3,500\n4,5,6,7\n"), inputs=[spec], recipe=PLAIN, folder=spool)
    assert sorted(np.load(found.files["image"]).reshape(2, 4).tolist()) == [[1, 2, 3, 500], [4, 5, 6, 7]]


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("names", ["a,b", "\ufeffa,b", '"a","b"', ""])
def test_forms_of_a_table(mark: str, end: str, names: str, write: Write, spool: Path):
    lines = [*([names] if names else []), "1,2.5", "", ' 3 ,"-4e-1"', ""]
    found = collect(
        write(end.join(line.replace(",", mark) for line in lines)),
        inputs=[PAIR], recipe=PLAIN, folder=spool, limit=ALL_SAMPLES,
    )  # fmt: skip
    rows = np.load(found.files["pair"])
    assert sorted(rows.tolist()) == [[1, 2.5], [3, np.float32(-0.4)]]


def test_named_inputs(write: Write, spool: Path):
    text = "count,pair[1],y,pair[0]\n7,0.5,1,-0.5\n8,1.5,0,-1.5\n"
    found = collect(write(text), inputs=[PAIR, COUNT], recipe=PLAIN, folder=spool)
    counts, pairs = np.load(found.files["count"]), np.load(found.files["pair"])
    assert counts.dtype == np.int32
    assert {int(count[0]): tuple(pair) for count, pair in zip(counts, pairs, strict=True)} == {
        7: (-0.5, 0.5),
        8: (-1.5, 1.5),
    }
    assert dict(zip(counts[:, 0].tolist(), found.labels or (), strict=True)) == {7: 1, 8: 0}


def test_columns_by_name(write: Write, tmp_path: Path):
    path = write("id,age,x[0],x[1],kind,label\n1,30,0.5,0.25,2,9\n2,40,1.5,1.25,0,9\n")
    recipe = Recipe(features="pair=x,count=age,label=kind")
    found = collect(path, inputs=[PAIR, COUNT], recipe=recipe, folder=tmp_path / "a")
    assert dict(zip(np.load(found.files["count"])[:, 0].tolist(), found.labels or (), strict=True)) == {30: 2, 40: 0}
    rest = collect(
        path,
        inputs=[TensorSpec("all", (None, 5), "float32")],
        recipe=Recipe(features="label=kind"),
        folder=tmp_path / "b",
    )
    assert sorted(np.load(rest.files["all"]).tolist()) == [[1, 30, 0.5, 0.25, 9], [2, 40, 1.5, 1.25, 9]]
    assert sorted(rest.labels or ()) == [0, 2]


def test_columns_by_number_where_they_have_no_names(write: Write, spool: Path):
    path = write("0.5,1.5,3\n2.5,3.5,1\n")
    found = collect(path, inputs=[PAIR], recipe=Recipe(features="label=3"), folder=spool)
    assert sorted(zip(np.load(found.files["pair"]).tolist(), found.labels or (), strict=True)) == [
        ([0.5, 1.5], 3),
        ([2.5, 3.5], 1),
    ]


def test_columns_that_pandas_numbered(write: Write, spool: Path):
    found = collect(write("label,0,1,2,3\n1,5,6,7,8\n"), inputs=[FLOWER], recipe=PLAIN, folder=spool)
    assert np.load(found.files["flower"]).tolist() == [[5, 6, 7, 8]]
    assert found.labels == (1,)


def test_an_open_size_takes_all_columns(write: Write, spool: Path):
    spec = TensorSpec("x", (None, None, 2), "float32")
    found = collect(write("1,2,3,4.5\n5,6,7,8\n"), inputs=[spec], recipe=PLAIN, folder=spool)
    assert next(iter(found))["x"].shape == (1, 2, 2)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a,b\n1,2\n3\n", "line 3 has 1 cells, but the first line has 2"),
        ("a,b\n1,2\n3,4,5\n", "line 3 has 3 cells, but the first line has 2"),
        ("a,b\n1,2\n\n3,x\n", "line 4: column 2 ('b') holds 'x', which is no number"),
        ("a,b\n1,2\n3,\n", "line 3: column 2 ('b') is empty"),
        ("1,2\n3,nan\n", "line 2: column 2 ('2') holds 'nan', which is no number"),
        ("1,2\n3,inf\n", "line 2: column 2 ('2') holds 'inf', which is no number"),
        ("a;b\n1,5;2,5\n", "line 2: column 1 ('a') holds '1,5', which is no number"),
        ("1,x\n3,4\n", "line 1: column 2 ('2') holds 'x', which is no number"),
        ('a,b\n"1\n",2\n3,"\n4,5\n', "is no line of a CSV file: unexpected end of data"),
        ("a,a\n1,2\n", "line 1: column 2 has the name 'a' of an earlier one"),
        (",a,b\n0,1,2\n", "line 1: column 1 has no name"),
        ("0,1,2,3\n4,5,6,7\n", "line 1: 0, 1, 2, ... may be a sample or the numbers of the columns"),
        ("a,b\n", "table.csv holds no samples"),
        ("", "table.csv holds no samples"),
        ("\n\n", "table.csv holds no samples"),
        ("a,b,c\n1,2,3\n", "input 'pair' takes 2 for each sample, but sample file"),
        ("a[0],a[2]\n1,2\n", "has no column 'a[1]', but 2 columns of that name"),
        ("a,b,label\n1,2,0.5\n", "are float64[1], not one whole number for each of 1 samples"),
        ("a,b,label\n1,2,-1\n", "is -1, but classes count from 0"),
    ],
)
def test_tables_that_cannot_be_used(text: str, sentence: str, write: Write, refused: Refused):
    path = write(text)
    error = refused(path, inputs=[PAIR], recipe=PLAIN)
    assert sentence in error.message
    assert str(path) in error.message


def test_columns_that_do_not_fit_several_inputs(write: Write, refused: Refused):
    both = [PAIR, COUNT]
    error = refused(write("pair[0],pair[1]\n1,2\n"), inputs=both, recipe=PLAIN)
    assert error.message.endswith("table.csv has no column for input 'count'")
    assert error.hint is not None
    assert "pair[0], pair[1], ..." in error.hint
    error = refused(write("pair[0],pair[1],count,cuont\n1,2,3,4\n"), inputs=both, recipe=PLAIN)
    assert "unknown input 'cuont'. Did you mean 'count'? Valid: pair, count" in error.message
    error = refused(write("pair[0],count\n1,2\n"), inputs=both, recipe=PLAIN)
    assert error.message.endswith("table.csv has 1 column for it")
    error = refused(write("pair[0],pair[1],count\n1,2,2.5\n"), inputs=both, recipe=PLAIN)
    assert "input 'count' takes int32, but" in error.message
    error = refused(write("pair[0],pair[1],count\n1,2,2\n"), inputs=both, recipe=Recipe(features="label=kind"))
    assert "unknown column 'kind'" in error.message


def test_a_file_that_is_no_text(tmp_path: Path, refused: Refused):
    (tmp_path / "a.csv").write_bytes(b"a,b\n1,\xff\n")
    assert "a.csv is not UTF-8 text" in refused(tmp_path / "a.csv", inputs=[PAIR], recipe=PLAIN).message


def test_mutated_files_end_in_a_set_or_a_sentence(iris: Path, tmp_path: Path):
    whole = iris.read_bytes()
    chance = random.Random(0)
    ends: Counter[str] = Counter()
    for number in range(200):
        content = bytearray(whole)
        for _ in range(chance.choice([1, 2, 8])):
            content[chance.randrange(len(content))] = chance.choice(b"0123456789.,\n-x\xff")
        iris.write_bytes(content)
        try:
            collect(iris, inputs=[FLOWER], recipe=Recipe(samples=3), folder=tmp_path / str(number))
            ends["read"] += 1
        except CalibrationError:
            ends["refused"] += 1
    assert ends["read"] > 10
    assert ends["refused"] > 100
