"""Real files held against shipped profiles."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable
from pathlib import Path

import flatbuffers
import pytest

from edgekit.artifact import Artifact, Origin, Provenance
from edgekit.errors import InferenceError, ProfileError, SourceError, UsageError
from edgekit.files import sha256_of
from edgekit.inspection import CensusRow, inspect
from edgekit.metrics import Budget, Check, Evidence, Metric, Verdict
from edgekit.prediction import predict
from edgekit.profiles import profile_named
from edgekit.recipe import Recipe
from edgekit.runner import benchmark
from edgekit.runs import RunResult, Timings
from edgekit.verdicts import Assessment, check
from edgekit.verdicts.judging import advice_on

MakeRun = Callable[..., RunResult]
PLACE = "ssh://pi@board (Raspberry Pi 4 Model B Rev 1.4)"
PASS, FAIL, UNKNOWN = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN


@pytest.fixture(scope="session")
def people(shared_data: Path) -> Path:
    return shared_data / "mlperf_tiny" / "vww_mobilenet_int8.tflite"


@pytest.fixture(scope="session")
def people_sha256(people: Path) -> str:
    return sha256_of(people)


def verdicts(assessment: Assessment) -> dict[str, Verdict]:
    return {item.limit: item.verdict for item in assessment.checks}


def the(assessment: Assessment, limit: str) -> Check:
    return next(item for item in assessment.checks if item.limit == limit)


def test_without_a_run_latency_is_unknown_and_so_is_the_whole(people: Path, people_sha256: str) -> None:
    assessment = check(people, profile="rpi4")
    assert verdicts(assessment) == {
        "runnable": PASS, "file_size": PASS, "memory": PASS, "latency_p90": UNKNOWN, "accuracy_drop": UNKNOWN,
    }  # fmt: skip
    assert list(verdicts(assessment)) == ["runnable", "file_size", "memory", "latency_p90", "accuracy_drop"]
    assert assessment.verdict is UNKNOWN
    assert (assessment.sha256, assessment.profile, assessment.file) == (people_sha256, "rpi4", people)
    latency = the(assessment, "latency_p90")
    assert latency.sentence.startswith("no run was given. It takes about 480 us (estimated: 90 % interval ")
    assert latency.sentence.endswith(
        "and the limit is 33 ms. Only a run on a device that matches rpi4 can judge latency: benchmark the file on one"
    )
    assert (latency.answer, latency.likelihood) == ("unknown, likely pass (99 %)", 0.99)
    assert the(assessment, "file_size").metric == Metric(
        "file_size", 333_288, "bytes", Evidence.MEASURED, "the size of the file"
    )
    runnable = the(assessment, "runnable").metric
    assert runnable is not None
    assert (runnable.value, runnable.evidence) == (0, Evidence.ESTIMATED)


def test_a_run_on_the_board_and_an_accuracy_make_it_pass(people: Path, people_sha256: str, make_run: MakeRun) -> None:
    drop = Metric("accuracy_drop", 0.4, "points", Evidence.MEASURED, "1,000 labelled photos")
    assessment = check(people, profile="rpi4", runs=[make_run(people_sha256)], accuracy_drop=drop)
    assert set(verdicts(assessment).values()) == {PASS}
    assert assessment.verdict is PASS
    latency = the(assessment, "latency_p90")
    assert latency.limit_value == 33.0
    assert latency.metric == Metric(
        "latency_p90", 18.775, "ms", Evidence.MEASURED, f"p90 of 40 inferences on {PLACE} with 1 thread"
    )
    assert latency.sentence == (
        "nine of ten inferences take at most 18.8 ms, within the limit of 33 ms "
        f"(measured: p90 of 40 inferences on {PLACE} with 1 thread)"
    )
    memory = the(assessment, "memory")
    assert memory.metric is not None
    assert (memory.metric.value, memory.metric.evidence) == (48 * 2**20, Evidence.MEASURED)
    assert "48.0 MiB, within the limit of 256.0 MiB" in memory.sentence
    assert "40.0 MiB of it before the model was loaded" in memory.sentence
    assert the(assessment, "accuracy_drop").sentence == (
        "it loses 0.4 points of accuracy, within the limit of 1 (measured: 1,000 labelled photos)"
    )
    assert the(assessment, "runnable").sentence == f"it ran on {PLACE}"


def test_a_run_over_the_limit_fails(people: Path, people_sha256: str, make_run: MakeRun) -> None:
    budget = Budget(memory_bytes=44 * 2**20, latency_p90_ms=18.0, accuracy_drop_points=0.1)
    drop = Metric("accuracy_drop", 0.4, "points", Evidence.MEASURED, "1,000 labelled photos")
    run = make_run(people_sha256)
    assessment = check(people, profile="rpi4", runs=[run], budget=budget, accuracy_drop=drop)
    assert verdicts(assessment) == {
        "runnable": PASS, "file_size": PASS, "memory": FAIL, "latency_p90": FAIL, "accuracy_drop": FAIL,
    }  # fmt: skip
    assert assessment.verdict is FAIL
    assert "at most 18.8 ms, over the limit of 18 ms" in the(assessment, "latency_p90").sentence
    assert "48.0 MiB, over the limit of 44.0 MiB" in the(assessment, "memory").sentence


@pytest.mark.parametrize(
    ("environment", "reason"),
    [
        ({"machine": "x86_64", "board": None}, "it was seen on x86_64, not on aarch64"),
        ({"emulated": True}, "it was seen on an emulated machine"),
        ({"board": "Raspberry Pi 5 Model B Rev 1.0"}, "it was seen on a machine that says it is 'Raspberry Pi 5"),
    ],
)
def test_a_run_elsewhere_does_not_count_and_is_told(
    environment: dict[str, object], reason: str, people: Path, people_sha256: str, make_run: MakeRun
) -> None:
    run = make_run(people_sha256, environment=environment, device="elsewhere", steady=Timings((0.001,)))
    assessment = check(people, profile="rpi4", runs=[run])
    latency = the(assessment, "latency_p90")
    assert latency.metric is not None
    assert (latency.verdict, latency.metric.evidence) == (UNKNOWN, Evidence.ESTIMATED)
    assert f"the run on elsewhere does not count: {reason}" in latency.sentence
    memory = the(assessment, "memory").metric
    assert memory is not None
    assert memory.evidence is Evidence.ESTIMATED


def test_runs_of_both_numbers_of_threads_and_elsewhere(people: Path, people_sha256: str, make_run: MakeRun) -> None:
    one = make_run(people_sha256, peak_memory_bytes=50 * 2**20)
    four = make_run(people_sha256, threads=4, steady=Timings((4.0, 5.0, 6.0) * 10))
    elsewhere = make_run(people_sha256, device="laptop", environment={"machine": "x86_64"})
    assessment = check(people, profile="rpi4", runs=[one, four, elsewhere, elsewhere])
    latency = the(assessment, "latency_p90")
    assert latency.metric is not None
    assert latency.metric.value == 6.0
    assert "with 4 threads; of 1 and 4 threads, 4 keeps the limits best" in latency.sentence
    assert latency.sentence.count("the run on laptop does not count") == 1
    memory = the(assessment, "memory").metric
    assert memory is not None
    assert memory.value == 48 * 2**20
    assert memory.source.endswith("with 4 threads")


def test_a_run_of_another_file_is_an_error(people: Path, make_run: MakeRun) -> None:
    with pytest.raises(UsageError, match="the run on ssh://pi@board is of another file: it has the hash 000000000000"):
        check(people, profile="rpi4", runs=[make_run("0" * 64)])


def test_a_real_run_here_counts_for_this_machine_and_not_for_a_board(people: Path) -> None:
    (run,) = benchmark(people, runs=30, min_seconds=0.0).runs
    generous = Budget(latency_p90_ms=60_000.0)
    elsewhere = check(people, profile="rpi4", runs=[run], budget=generous)
    assert the(elsewhere, "latency_p90").verdict is UNKNOWN
    assert "the run on local does not count" in the(elsewhere, "latency_p90").sentence
    if run.environment.machine == "x86_64":
        here = check(people, profile="x86-64", runs=[run], budget=generous)
        # A machine that is busy with other tests may never settle, and then says so.
        expected = PASS if run.settled else UNKNOWN
        assert the(here, "latency_p90").verdict is expected
        memory = the(here, "memory").metric
        assert memory is not None
        assert memory.value == run.peak_memory_bytes


def test_a_file_for_an_edge_tpu(shared_data: Path) -> None:
    file = shared_data / "coral" / "mobilenet_v1_0.25_128_quant_edgetpu.tflite"
    on_pi = check(file, profile="rpi4")
    assert verdicts(on_pi)["runnable"] is FAIL
    assert the(on_pi, "runnable").sentence == "it is compiled for an Edge TPU: a CPU cannot run it"
    assert the(on_pi, "memory").verdict is UNKNOWN
    assert "as what its special operators take cannot be told" in the(on_pi, "memory").sentence
    assert on_pi.advice == ()
    on_coral = the(check(file, profile="coral-dev-board"), "runnable")
    assert on_coral.verdict is UNKNOWN
    assert "which edgekit does not drive" in on_coral.sentence


def test_a_run_on_the_device_beats_the_list_of_operators(shared_data: Path, make_run: MakeRun) -> None:
    file = shared_data / "coral" / "mobilenet_v1_0.25_128_quant_edgetpu.tflite"
    run = make_run(sha256_of(file), environment={"board": "Google i.MX8MQ Phanbell"})
    runnable = the(check(file, profile="coral-dev-board", runs=[run]), "runnable")
    assert runnable.verdict is PASS
    assert runnable.metric is not None
    assert (runnable.metric.value, runnable.metric.evidence) == (1, Evidence.MEASURED)


def test_a_microcontroller_runs_nothing_and_the_arena_is_told(shared_data: Path) -> None:
    file = shared_data / "mlperf_tiny" / "ic_resnet8_float32.tflite"
    assessment = check(file, profile="nano33-ble")
    assert verdicts(assessment)["runnable"] is FAIL
    assert (
        "Arduino Nano 33 BLE Sense has 256.0 KiB of RAM and no operating system, and the file needs 204.0 KiB for its "
        "activations alone"
    ) in the(assessment, "runnable").sentence
    assert verdicts(assessment)["memory"] is FAIL
    assert (
        "its arena alone needs 204.0 KiB (estimated), over the limit of 128.0 KiB" in the(assessment, "memory").sentence
    )
    assert the(assessment, "latency_p90").sentence.endswith("can judge latency")
    roomy = check(shared_data / "mlperf_tiny" / "kws_dscnn_int8.tflite", profile="stm32h747")
    assert verdicts(roomy)["memory"] is UNKNOWN
    assert "what a program around it takes is not known" in the(roomy, "memory").sentence


def test_the_file_size_is_judged_to_the_byte(people: Path) -> None:
    exact = check(people, profile="rpi4", budget=Budget(file_size_bytes=333_288))
    assert verdicts(exact)["file_size"] is PASS
    over = check(people, profile="rpi4", budget=Budget(file_size_bytes=333_287))
    assert the(over, "file_size").sentence == "the file has 333,288 B, over the limit of 325.5 KiB (measured)"


def test_an_estimate_close_to_the_limit_is_no_answer(people: Path) -> None:
    def memory(limit: int) -> Check:
        return the(check(people, profile="rpi4", budget=Budget(memory_bytes=limit * 2**20)), "memory")

    assert [memory(limit).verdict for limit in (25, 35, 45, 55)] == [FAIL, UNKNOWN, UNKNOWN, PASS]
    assert "too close to the limit of 35.0 MiB to tell: benchmark it on the device" in memory(35).sentence
    for part in ("interpreter 37.4 MiB", "file 325.5 KiB", "arena 81.0 KiB", "packed weights", "kernel tables"):
        assert part in memory(55).sentence


def test_a_phone_has_no_python_in_its_memory(people: Path) -> None:
    on_phone, on_board = (the(check(people, profile=name), "memory").metric for name in ("pixel6", "rpi4"))
    assert on_phone is not None
    assert on_board is not None
    assert on_board.value - on_phone.value == pytest.approx(25 * 2**20, rel=0.01)


def test_an_artifact_is_taken_by_its_path_and_must_be_unchanged(
    people: Path, people_sha256: str, tmp_path: Path
) -> None:
    facts = inspect(people)
    artifact = Artifact(
        path=people,
        precision="int8",
        size_bytes=facts.size_bytes,
        sha256=people_sha256,
        canonical_sha256=facts.canonical_sha256,
        inputs=facts.inputs,
        outputs=facts.outputs,
        provenance=Provenance(Origin("m.h5", "keras-hdf5", None, None), Recipe(), {}, "keras", (), None, None, None),
    )
    assert check(artifact, profile="rpi4") == check(str(people), profile=profile_named("rpi4"))
    with pytest.raises(SourceError, match="has changed since it was converted: its SHA-256 is"):
        check(dataclasses.replace(artifact, sha256="f" * 64), profile="rpi4")


def test_advice_follows_the_precision_and_that_of_its_parts_where_it_is_mixed(shared_data: Path, people: Path) -> None:
    assert check(people, profile="rpi5").advice == (
        "int8 is what this CPU is fastest in: it has int8 dot product instructions",
    )
    uint8 = check(shared_data / "coral" / "mobilenet_v2_1.0_224_quant.tflite", profile="rpi5")
    assert uint8.advice == check(people, profile="rpi5").advice
    assert check(shared_data / "mlperf_tiny" / "ic_resnet8_float32.tflite", profile="rpi4").advice == ()
    facts = inspect(people)
    rows = (*facts.census, CensusRow("CONV_2D", "float32", 1, 100, 100), CensusRow("GELU", "int16x8", 1, 0, 0))
    mixed = dataclasses.replace(facts, precision="mixed", census=rows)
    assert advice_on(mixed, profile=profile_named("rpi5")) == (
        "int8 is what this CPU is fastest in: it has int8 dot product instructions",
        "float32 leaves the int8 dot product instructions of this CPU idle: int8 is worth a try",
    )


def test_a_profile_without_limits_leaves_one_check(people: Path) -> None:
    bare = dataclasses.replace(profile_named("rpi4"), budget=Budget())
    assessment = check(people, profile=bare)
    assert verdicts(assessment) == {"runnable": PASS}
    assert assessment.verdict is PASS


def test_an_accuracy_drop_in_another_unit_is_an_error(people: Path) -> None:
    drop = Metric("accuracy_drop", 0.004, "share", Evidence.MEASURED, "photos")
    with pytest.raises(UsageError, match="the accuracy drop is given in 'share', but must be in 'points'"):
        check(people, profile="rpi4", accuracy_drop=drop)


def test_wrong_input(people: Path, shared_data: Path, tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match="unknown profile 'rpi44'"):
        check(people, profile="rpi44")
    with pytest.raises(SourceError, match="does not exist"):
        check(tmp_path / "nothing.tflite", profile="rpi4")
    with pytest.raises(SourceError):
        check(shared_data / "mlperf_tiny" / "ic_resnet8.h5", profile="rpi4")


def test_the_document_holds_everything_and_is_json(people: Path, people_sha256: str) -> None:
    assessment = check(people, profile="rpi4")
    document = json.loads(json.dumps(assessment.to_document(), allow_nan=False))
    assert document["schema"] == "edgekit.assessment/1"
    assert (document["file"], document["sha256"]) == (str(people), people_sha256)
    assert (document["profile"], document["verdict"]) == ("rpi4", "unknown")
    size, latency = document["checks"][1], document["checks"][3]
    assert size["metric"] == {
        "name": "file_size",
        "value": 333_288,
        "unit": "bytes",
        "evidence": "measured",
        "source": "the size of the file",
    }
    assert (size["limit"], size["limit_value"], size["verdict"]) == ("file_size", 16 * 2**20, "pass")
    assert (latency["metric"]["evidence"], latency["likelihood"]) == ("estimated", 0.99)
    assert size["likelihood"] is None
    assert document["advice"] == list(assessment.advice)


def test_it_prints_as_one_line_per_check(people: Path) -> None:
    lines = str(check(people, profile="rpi4")).splitlines()
    assert lines[0] == f"{people} on rpi4: unknown"
    assert lines[2] == "  pass     file_size      the file has 325.5 KiB, within the limit of 16.0 MiB (measured)"
    assert lines[6].startswith("  advice   this CPU has no int8 dot product")
    assert len(lines) == 7


def test_a_file_that_the_runtime_cannot_run_fails_and_a_run_on_the_device_overrules(
    people: Path, people_sha256: str, make_run: MakeRun, tmp_path: Path
) -> None:
    from ai_edge_litert import schema_py_generated as schema

    model = schema.ModelT.InitFromPackedBuf(people.read_bytes(), 0)
    # The input is no input any more: the first operator reads what nobody gives.
    model.subgraphs[0].inputs = []
    model.signatureDefs = None
    builder = flatbuffers.Builder(4096)
    builder.Finish(model.Pack(builder), b"TFL3")
    path = tmp_path / "orphan.tflite"
    path.write_bytes(bytes(builder.Output()))
    assessment = check(path, profile="rpi4")
    assert assessment.verdict is FAIL
    assert the(assessment, "runnable").sentence == (
        "it cannot be run by the runtime: operator 0 (CONV_2D) of subgraph 0 reads tensor 0, which nothing has written"
    )
    assert assessment.advice == ()
    with pytest.raises(InferenceError):
        benchmark(path, runs=1, min_seconds=0.0)
    overruled = check(path, profile="rpi4", runs=[make_run(sha256_of(path))])
    assert the(overruled, "runnable").verdict is PASS


MOBILENET_V2 = "coral/mobilenet_v2_1.0_224_quant.tflite"
"""Published at 17 ms on a Raspberry Pi 4."""


def test_an_estimate_says_how_likely_a_limit_is_kept(shared_data: Path) -> None:
    file = shared_data / MOBILENET_V2
    for limit, words in (
        (33.0, "unknown, likely pass (99 %)"),
        (17.9, "unknown, likely pass ("),
        # The median may well be within it, and yet one inference in ten is not.
        (1.02 * predict(file, "rpi4").median_ms, "unknown, unlikely ("),
        (15.5, "unknown, unlikely ("),
    ):
        latency = the(check(file, profile="rpi4", budget=Budget(latency_p90_ms=limit)), "latency_p90")
        assert latency.verdict is UNKNOWN
        assert latency.answer.startswith(words)
        assert latency.metric is not None
        assert (latency.metric.name, latency.metric.evidence) == ("latency_p90", Evidence.ESTIMATED)
        assert latency.metric.value == pytest.approx(17, rel=0.12)
        assert latency.metric.value == pytest.approx(1.05 * predict(file, "rpi4").median_ms)
        assert "4 networks measured on this board: XNNPACK README" in latency.sentence


def test_an_estimate_fails_where_its_good_end_is_over_the_limit(shared_data: Path) -> None:
    latency = the(check(shared_data / MOBILENET_V2, profile="rpi4", budget=Budget(latency_p90_ms=5.0)), "latency_p90")
    assert (latency.verdict, latency.answer) == (FAIL, "fail (estimated)")
    assert "even the good end of the interval is over the limit of 5 ms (no run was given)" in latency.sentence


def test_an_estimate_passes_only_where_it_is_sure_and_accepted(shared_data: Path) -> None:
    file = shared_data / MOBILENET_V2
    median = predict(file, "rpi4")
    # The median is sure to keep it, and the p90 is not.
    narrow = median.median_ms * math.exp(1.01 * median.spread)
    assert median.likelihood(narrow) >= 0.95
    for limit, verdict, answer in (
        (33.0, PASS, "pass (estimated)"),
        (17.9, UNKNOWN, "unknown, likely pass ("),
        (narrow, UNKNOWN, "unknown, likely pass ("),
    ):
        assessment = check(file, profile="rpi4", budget=Budget(latency_p90_ms=limit), accept_estimates=True)
        latency = the(assessment, "latency_p90")
        assert latency.verdict is verdict
        assert latency.answer.startswith(answer)
    assert "pass (estimated)" in str(check(file, profile="rpi4", accept_estimates=True))
