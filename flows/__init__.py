"""The stages as flows: when, where, with retries, and for everybody to see. Nobody else knows Prefect.

Prefect reads its settings when it is imported, which is why these defaults stand here and not in a function; what the
person's environment says goes before them.
"""

import atexit
import gc
import os

SETTINGS = {
    "DO_NOT_TRACK": "true",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    # Without a server Prefect starts one of its own for the run; on a busy machine its 20 s are too few.
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    # How often a flow run says that it lives, in seconds; 30 is the least that Prefect allows.
    "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",
}

for name, value in SETTINGS.items():
    os.environ.setdefault(name, value)

# The garbage collector goes over the many objects that Prefect and DVC are made of again and again while they are
# imported, and once more when the process ends: a third of the time of a run with nothing to do.
gc.set_threshold(100_000, 50, 1000)
atexit.register(gc.freeze)
