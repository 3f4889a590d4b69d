"""What every engine must keep. Subclass it with the fixtures ``engine``, ``device``, ``model`` and ``refused``."""

# The names of the tests are sentences, and pytest shows them; docstrings would only say them again.
# ruff: noqa: D102

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from edgekit.devices import Device
from edgekit.errors import DeviceError, EdgekitError, InferenceError
from edgekit.inspection import inspect
from edgekit.runner import ENGINES, Engine, Plan
from edgekit.runs import RunResult
from edgekit.testing.raising import raises


class EngineConformance:
    """Tests of one row of the table of engines, on a real device.

    Fixtures to give: ``engine``, the row; ``device``, one that is open, for each test anew; ``model``, the path of a
    .tflite that runs there; ``refused``, the path of one that :func:`edgekit.inspect` reads and no runtime runs.
    """

    def plan(self, engine: Engine, **choices: Any) -> Plan:
        """Return the plan of a test, by default a quick one; override it for an engine that needs more to be said."""
        del engine
        return Plan(**{"runs": 5, "min_seconds": 0.0, **choices})

    def measure(self, engine: Engine, device: Device, model: Path, plan: Plan) -> list[RunResult]:
        """Return all results."""
        return list(engine(device, inspect(model), plan))

    def test_results_bear_its_name(self, engine: Engine, device: Device, model: Path) -> None:
        (result,) = self.measure(engine, device, model, self.plan(engine))
        assert ENGINES[result.engine] is engine

    def test_there_is_a_result_for_each_number_of_threads_as_it_is_done(
        self, engine: Engine, device: Device, model: Path
    ) -> None:
        results = engine(device, inspect(model), self.plan(engine, threads=(2, 1)))
        assert next(results).threads == 2
        # Whoever goes away now has what was measured until now, and the device is at his disposal.
        assert device.execute(["python3", "-c", ""], timeout=60.0).returncode == 0
        assert [result.threads for result in results] == [1]

    def test_a_result_says_what_ran_where(self, engine: Engine, device: Device, model: Path) -> None:
        (result,) = self.measure(engine, device, model, self.plan(engine, seed=7))
        assert result.artifact_sha256 == inspect(model).sha256
        assert (result.device, result.seed) == (device.address, 7)
        assert result.environment.machine
        assert result.environment.runtime.split()[1:]
        assert result.environment.cores >= 1

    def test_times_and_memory_are_seen_and_not_made_up(self, engine: Engine, device: Device, model: Path) -> None:
        (result,) = self.measure(engine, device, model, self.plan(engine))
        assert result.steady.count >= 5
        assert not result.stopped_early
        assert min(result.init_ms, result.first_ms, result.steady.min_ms, *result.warmup_ms) > 0
        # The whole sample, unless a tool keeps it to itself.
        assert result.steady.told is not None or len(set(result.steady.samples_ms)) > 1
        # The file is in the memory that running it takes, mapped or read.
        assert result.peak_memory_bytes is not None
        assert result.peak_memory_bytes >= result.baseline_memory_bytes > 2**20

    def test_the_plan_is_kept(self, engine: Engine, device: Device, model: Path) -> None:
        few, many = (
            self.measure(engine, device, model, self.plan(engine, runs=runs))[0].steady.count for runs in (3, 60)
        )
        assert 3 <= few < 60 <= many
        (longer,) = self.measure(engine, device, model, self.plan(engine, runs=1, min_seconds=0.3))
        assert longer.steady.count > 1 or longer.steady.min_ms >= 300

    def test_the_seed_decides_the_inputs(self, engine: Engine, device: Device, model: Path) -> None:
        digests = [
            self.measure(engine, device, model, self.plan(engine, seed=seed))[0].outputs_sha256 for seed in (0, 0, 1)
        ]
        # Not every engine gives the outputs, and so their digest.
        assert digests == [None] * 3 or digests[0] == digests[1] != digests[2]

    def test_a_result_survives_its_file(self, engine: Engine, device: Device, model: Path) -> None:
        (result,) = self.measure(engine, device, model, self.plan(engine))
        assert RunResult.from_document(json.loads(json.dumps(result.to_document()))) == result

    def test_a_file_that_the_runtime_refuses_is_an_error_about_it(
        self, engine: Engine, device: Device, refused: Path
    ) -> None:
        with raises(InferenceError) as caught:
            self.measure(engine, device, refused, self.plan(engine))
        assert refused.name in caught[0].message

    def test_what_takes_too_long_is_ended(self, engine: Engine, device: Device, model: Path) -> None:
        with raises(EdgekitError) as caught:
            self.measure(engine, device, model, self.plan(engine, timeout=0.001))
        assert isinstance(caught[0], InferenceError | DeviceError)
        # And nothing of it is in the way of what comes next.
        assert self.measure(engine, device, model, self.plan(engine))

    def test_a_device_that_is_gone_is_its_error(self, engine: Engine, device: Device, model: Path) -> None:
        device.close()
        with raises(DeviceError) as caught:
            self.measure(engine, device, model, self.plan(engine))
        assert caught[0].address == device.address
