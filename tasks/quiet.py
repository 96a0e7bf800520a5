"""Import Keras without its backend's banners, and without a third of the time."""

import atexit
import gc
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager

IMPORTING = threading.Lock()
"""Held while the backend is imported: MLflow, in another thread, would take a half-imported one for a whole one."""

SWITCHES = {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_FORCE_GPU_ALLOW_GROWTH": "true",  # not all of the GPU's memory at once: others may use it too
}


def load_keras() -> None:
    """Import Keras with its backend; what either says is shown only when the import fails.

    The garbage collector looks at the many objects that the import makes again and again, and once more when the
    process ends: that is a third of the time.
    """
    for name, value in SWITCHES.items():
        os.environ.setdefault(name, value)
    gc.disable()
    with IMPORTING, _silent_stderr():
        import keras  # noqa: F401
    gc.freeze()
    gc.enable()
    atexit.register(gc.freeze)


@contextmanager
def _silent_stderr() -> Iterator[None]:
    """Keep file descriptor 2 of this process, to which libraries write directly, and let it out on an error."""
    sys.stderr.flush()
    before = os.dup(2)
    with tempfile.TemporaryFile() as said:
        os.dup2(said.fileno(), 2)
        try:
            yield
        except Exception:
            said.seek(0)
            os.write(before, said.read())
            raise
        finally:
            os.dup2(before, 2)
            os.close(before)
