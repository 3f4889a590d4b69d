"""TensorFlow's import, without what nothing here asks for: it is most of what a conversion of a Keras model takes."""

from __future__ import annotations

import gc
import sys


def import_tensorflow() -> None:
    """Import TensorFlow and Keras in two thirds of the usual time; nothing happens where they are imported already.

    Keras looks whether scikit-learn is installed and imports it if so, which takes longer than Keras itself; it is
    hidden meanwhile, and whoever asks for it afterwards gets it. And the collector would walk through all that has come
    in again and again, though none of it is garbage.
    """
    if "tensorflow" in sys.modules:
        return
    hidden = "sklearn" not in sys.modules
    if hidden:
        # What stands as None cannot be imported.
        sys.modules["sklearn"] = None  # type: ignore[assignment]
    collecting = gc.isenabled()
    gc.disable()
    try:
        import tensorflow  # noqa: F401
    finally:
        if hidden:
            del sys.modules["sklearn"]
        if collecting:
            gc.enable()
    # Modules live as long as the process: no later collection needs to look at them.
    gc.freeze()
