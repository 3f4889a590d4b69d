"""TensorFlow's import, without what nothing here asks for: it is most of what a conversion of a Keras model takes."""

from __future__ import annotations

import gc
import sys


def import_tensorflow() -> None:
    """Import TensorFlow and Keras in two thirds of the usual time; nothing happens where they are imported already.

    Keras looks whether scikit-learn is installed and imports it if so, which takes longer than Keras itself; it is
    hidden meanwhile, and whoever asks for it afterwards gets it. The collector would walk through all that has come in
    again and again, though none of it is garbage; and who traces the process, as a debugger does, would be asked about
    each of half a million lines.
    """
    if "tensorflow" in sys.modules:
        return
    hidden = "sklearn" not in sys.modules
    if hidden:
        # What stands as None cannot be imported.
        sys.modules["sklearn"] = None  # type: ignore[assignment]
    collecting, tracer = gc.isenabled(), sys.gettrace()
    gc.disable()
    sys.settrace(None)
    try:
        import tensorflow  # noqa: F401
    finally:
        sys.settrace(tracer)
        if hidden:
            del sys.modules["sklearn"]
        if collecting:
            gc.enable()
    # Modules live as long as the process: no later collection needs to look at them.
    gc.freeze()
