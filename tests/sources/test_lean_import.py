"""TensorFlow comes in without scikit-learn, untraced, and nothing else is different afterwards."""

from __future__ import annotations

import subprocess
import sys

import pytest

_SCRIPT = """
import gc, sys
from edgekit.sources.lean_import import import_tensorflow

lines = []
def trace(frame, event, argument):
    lines.append(frame.f_code.co_filename)
    return trace
sys.settrace(trace)
import_tensorflow()
restored = sys.gettrace() is trace
sys.settrace(None)
print(restored, any("/tensorflow/" in each for each in lines))
print("tensorflow" in sys.modules, "keras" in sys.modules, "sklearn" in sys.modules, gc.isenabled())
import sklearn.base
print(sklearn.base.__name__)
before = gc.get_freeze_count()
import_tensorflow()
print(gc.get_freeze_count() == before)
"""


def test_scikit_learn_and_tracers_stay_out_until_it_is_there() -> None:
    pytest.importorskip("sklearn")
    done = subprocess.run([sys.executable, "-c", _SCRIPT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["True False", "True True False True", "sklearn.base", "True"]
