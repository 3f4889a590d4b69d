"""Several devices at once: boards side by side, one result for all, and one dead board stops nobody."""

from edgekit.fleets.fleet import FLEET_SCHEMA, Fleet, Outcome
from edgekit.fleets.fleet_files import FleetRuns, load_all_benchmarks
from edgekit.fleets.verbs import benchmark_fleet, doctor_fleet, verify_fleet

__all__ = [
    "FLEET_SCHEMA",
    "Fleet",
    "FleetRuns",
    "Outcome",
    "benchmark_fleet",
    "doctor_fleet",
    "load_all_benchmarks",
    "verify_fleet",
]
