"""Where training computes, and in which precision.

`python -m mien.training.devices` prints what there is as a line of JSON, for whoever has no Keras in their process:
`{"backend": "tensorflow", "gpus": 1, "names": ["NVIDIA H200"]}`.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import keras

from mien.errors import TrainingError

NATIVE_BFLOAT16 = (8, 0)
"""Compute capability of NVIDIA GPUs (Ampere) from which on bfloat16 is computed and not emulated."""


def gpus() -> list[str]:
    """Model of each GPU that Keras' backend sees. TensorFlow takes no memory of them for the answer."""
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        found = tf.config.list_physical_devices("GPU")
        return [tf.config.experimental.get_device_details(gpu).get("device_name", gpu.name) for gpu in found]
    if backend == "jax":
        import jax  # type: ignore[import-not-found,unused-ignore]

        return [gpu.device_kind for gpu in jax.devices() if gpu.platform == "gpu"]
    import torch  # type: ignore[import-not-found,unused-ignore]

    return [torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count())]


def devices(device: str) -> list[str]:
    """Keras' names of the devices to learn on; empty with PyTorch, where Keras cannot tell and takes the first one.

    Args:
        device: `auto` means those that the backend prefers, all GPUs or else the CPU; `cpu`; `gpu`.

    Raises:
        TrainingError: `gpu` where there is none.
    """
    needs_gpu(device)
    backend = keras.backend.backend()
    names: list[str] = (
        [] if backend == "torch" else keras.distribution.list_devices(None if device == "auto" else device)
    )
    return names


def needs_gpu(device: str) -> None:
    """Look whether there is a GPU where one is asked for.

    Raises:
        TrainingError: there is none.
    """
    if device == "gpu" and not gpus():
        raise TrainingError(
            f"train.device is gpu, but {keras.backend.backend()} sees no GPU. Install the extra (`uv sync --extra "
            "gpu`) and check the driver with nvidia-smi, or set train.device to auto or cpu."
        )


def has_bfloat16(device: str) -> bool:
    """Whether `device` computes in bfloat16 by itself; no CPU counts, there it is slower than float32."""
    if device == "cpu" or not gpus():
        return False
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        found = tf.config.list_physical_devices("GPU")[0]
        capability = tf.config.experimental.get_device_details(found).get("compute_capability")
        return capability is None or capability >= NATIVE_BFLOAT16
    return True


@contextmanager
def precision(policy: str) -> Iterator[None]:
    """Build layers under a dtype policy of Keras and go back to the one before."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def main() -> None:
    """Print the backend and its GPUs."""
    names = gpus()
    print(json.dumps({"backend": keras.backend.backend(), "gpus": len(names), "names": names}))


if __name__ == "__main__":
    main()
