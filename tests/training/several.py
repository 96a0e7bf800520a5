"""A training on several devices, all of them this CPU: `python -m tests.training.several FOLDER COUNT PARAMS [STEP]`.

In a process of its own, since a backend takes up its devices once. It leaves `model.keras` and `result.json` in FOLDER;
with STEP it is killed before that batch. The backend is that of KERAS_BACKEND.
"""

import json
import sys
from functools import partial
from pathlib import Path

import keras

from mien.model_file import write_model
from mien.training.trainer import train_model
from tests.training import killing, tiny

NO_CHANCE = {
    "optimizer": {"name": "adamw", "learning_rate": 0.01, "clipnorm": 0.1},
    "class_weight": "balanced",
    "label_smoothing": 0.1,
}
"""Nothing that is drawn while learning; clipping, weights and decay as several devices could get them wrong."""


def main(folder, count, params, step=None):
    divide_cpu(int(count))
    if step:
        killing.die_in_step(int(step))
    learn(Path(folder), json.loads(params))


def learn(place, params):
    told, build = [], partial(tiny.network, dropout=0.0 if NO_CHANCE.items() <= params.items() else 0.2)
    build = tiny.backbone if "unfreeze" in params else build
    data = tiny.with_affect(tiny.data(validation=31)) if params.get("affect") else tiny.data(validation=31)
    trained = train_model(data, tiny.params(**params), place / "checkpoints", tell=told.append, build=build)
    write_model(trained.network, trained.facts, place / "model.keras")
    result = {
        "told": told,
        "resumed_after": trained.resumed_after,
        "weights": trained.facts.weights_sha256,
        "history": figures(trained),
    }
    (place / "result.json").write_text(json.dumps(result))


def figures(trained):
    """What was reached epoch by epoch, without what a clock says."""
    clock = ("seconds", "images_per_second")
    return [[value for name, value in report.figures().items() if name not in clock] for report in trained.history]


def divide_cpu(count):
    """Have the CPU seen as so many devices."""
    if keras.backend.backend() == "jax":
        import jax

        jax.config.update("jax_num_cpu_devices", count)
    else:
        import tensorflow as tf

        cpu = tf.config.list_physical_devices("CPU")[0]
        tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * count)


if __name__ == "__main__":
    main(*sys.argv[1:])
