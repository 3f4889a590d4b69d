"""Stands in for the demo app: runs the model in its APK, and answers a request as the app's Java does."""

import json
import os
import statistics
import sys
import time
import zipfile
from pathlib import Path

DEGREES = 28.7


def main() -> None:
    apk, runs, request = Path(sys.argv[1]), Path(sys.argv[2]), json.loads(sys.argv[3])
    part = runs / f"run-{request['id']}.json.part"
    mood = os.environ.get("PHONE", "") and Path(os.environ["PHONE"], "mood")
    told = mood.read_text() if mood and mood.exists() else ""
    if told == "sleeps":
        time.sleep(600)
    part.write_text("")
    if told == "dies":
        os.abort()
    if told == "hangs":
        time.sleep(600)
    part.write_text(answer(apk, request, told))
    part.rename(part.with_suffix(""))


def answer(apk: Path, request: dict, told: str) -> str:
    if told.startswith("{") or told == "no json":
        return told
    assert request["schema"] == "edgekit.app_request/1"
    with zipfile.ZipFile(apk) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".tflite")]
        model = archive.read(name)
    import hashlib

    runs = [entry(model, threads, request, told) for threads in request["threads"]]
    digest = hashlib.sha256(model + (b"?" if told == "loads another" else b"")).hexdigest()
    return json.dumps(
        {
            "schema": "edgekit.run/2", "file": name.rpartition("/")[2], "artifact_sha256": digest,
            "device": "app:Google Pixel 6", "runs": runs,
        }
    )  # fmt: skip


def entry(model: bytes, threads: int, request: dict, told: str) -> dict:
    from ai_edge_litert.interpreter import Interpreter

    if told.startswith("warm with two"):
        first_of_all = threads == 2 and len(request["threads"]) == 2
        told = "warm" if first_of_all else ""
    looks = [look("before", told)]
    begin = time.perf_counter()
    interpreter = Interpreter(model_content=model, num_threads=threads)
    interpreter.allocate_tensors()
    init = (time.perf_counter() - begin) * 1e3
    first, *times = [timed(interpreter) for _ in range(13)]
    looks.append(look("after", told))
    return {
        "threads": threads, "init_ms": init, "first_ms": first, "warmup_ms": times[:2], "steady": timings(times[2:]),
        "peak_memory_bytes": 60 << 20, "baseline_memory_bytes": 50 << 20, "outputs_sha256": None, "seed": 0,
        "environment": {
            "machine": "aarch64", "system": "Android 14, API 34", "cpu_model": "Tensor", "board": "Pixel 6", "cores": 8,
            "memory_bytes": 7946661888, "python": "none", "runtime": "tensorflow-lite 2.16.1", "load_average": None,
            "emulated": False,
        },
        "engine": "demo app", "settled": True, "stopped_early": False, "instructions": [], "load_ms": None,
        "idle": {"gap_ms": request["idle_ms"], "timings": timings(times[2:])} if request["idle_ms"] else None,
        "sustained": time_line(request["seconds"], times[2:]) if request["seconds"] >= 60 else None,
        "conditions": {
            "snapshots": looks, "timed_s": request["seconds"], "others_cores": None, "busiest": None,
            "busiest_cores": None, "voluntary_switches": None, "involuntary_switches": None,
            "memory_stall_share": None,
            "unknown": ["temperature", "clock", "governor", "load of others", "memory pressure"],
        },
        "taints": ["the phone's thermal status was light while it ran"] if told == "warm" else [],
        "discarded": [], "memory": [], "instruction_classes": None, "ops": None, "blocks": [],
        "inputs": "the first sample of the golden pack",
    }  # fmt: skip


def time_line(seconds: float, times: list[float]) -> dict:
    point = {
        "at_s": seconds, "count": len(times), "median_ms": statistics.median(times), "max_ms": max(times),
        "temperature_c": None, "clock_mhz": None, "throttled": False,
    }  # fmt: skip
    return {"asked_s": seconds, "window_s": seconds, "timeline": [point]}


def look(phase: str, told: str) -> dict:
    return {
        "at_s": 0.0, "phase": phase, "temperature_c": None, "clocks_mhz": [], "governor": None,
        "throttle_flags": None, "throttle_count": None, "cooling_steps": None,
        "thermal_status": "light" if told == "warm" else "none", "battery_percent": 83.0, "battery_c": DEGREES,
        "charging": True,
    }  # fmt: skip


def timed(interpreter) -> float:
    begin = time.perf_counter()
    interpreter.invoke()
    return (time.perf_counter() - begin) * 1e3


def percentile(times: list[float], percent: float) -> float:
    ordered = sorted(times)
    at = (len(ordered) - 1) * percent / 100
    below = int(at)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (at - below)


def timings(times: list[float]) -> dict:
    median = statistics.median(times)
    return {
        "count": len(times), "p50_ms": median, "p90_ms": percentile(times, 90), "p99_ms": percentile(times, 99),
        "min_ms": min(times), "mad_ms": statistics.median([abs(each - median) for each in times]),
        "samples_ms": times,
    }  # fmt: skip


if __name__ == "__main__":
    main()
