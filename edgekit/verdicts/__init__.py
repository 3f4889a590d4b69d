"""Limits held against numbers: does this file fit this kind of device, and how do we know?"""

from __future__ import annotations

from edgekit.verdicts.assessment import Assessment
from edgekit.verdicts.budgets import budget_from_text, require_budget
from edgekit.verdicts.judging import check
from edgekit.verdicts.matching import mismatch
from edgekit.verdicts.runs_alone import check_runs

__all__ = ["Assessment", "budget_from_text", "check", "check_runs", "mismatch", "require_budget"]
