"""Which devices learn: what `train.strategy` and `train.device` mean here."""

from collections.abc import Callable

import keras

from mien.errors import TrainingError
from mien.params import TrainParams
from mien.training.cluster import Cluster, read_cluster
from mien.training.devices import devices, gpus, needs_gpu
from mien.training.parallel import Sharded, Single
from mien.training.replicas import Mirrored, Workers

KINDS: dict[str, Callable[[list[str]], Single]] = {"tensorflow": Mirrored, "jax": Sharded}
"""Several devices of one process, by backend; the others learn on one device."""

Tell = Callable[[str], None]


def choose(params: TrainParams, tell: Tell) -> Single:
    """The devices of this process: one, or all that `params.device` means, as many as there are faces in a batch.

    Args:
        params: of the stage; its strategy is `one` or `mirrored`.
        tell: takes lines for people where there is more than one device.

    Raises:
        TrainingError: no such device.
    """
    names, backend = devices(params.device)[: params.batch_size], keras.backend.backend()
    if params.strategy == "mirrored" and backend not in KINDS and len(gpus()) > 1:
        tell(f"learning on one of {len(gpus())} GPUs: train.strategy mirrored is for {' and '.join(KINDS)}.")
    if params.strategy == "one" or len(names) < 2 or backend not in KINDS:
        return Single(params.device)
    chosen = KINDS[backend](names)
    _tell_all(chosen, f"{chosen.count} devices together ({', '.join(names)})", params, tell)
    return chosen


def cluster_of(params: TrainParams) -> Cluster | None:
    """The processes that learn together; None where there is one only.

    Raises:
        TrainingError: TF_CONFIG does not say who, Keras' backend cannot, or `params.device` is `gpu` without one.
    """
    needs_gpu(params.device)
    if params.strategy != "multi_worker":
        return None
    backend = keras.backend.backend()
    if backend != "tensorflow":
        raise TrainingError(
            f"train.strategy is multi_worker, which Keras' backend tensorflow can; this is {backend}. Set "
            "KERAS_BACKEND=tensorflow, or train.strategy to mirrored or one."
        )
    return read_cluster()


def workers(params: TrainParams, cluster: Cluster, tell: Tell) -> Single:
    """The devices of all processes of the cluster, which have met.

    Raises:
        TrainingError: this process cannot join, or there are more devices than faces in a batch.
    """
    chosen = Workers(cluster, params.device)
    if chosen.count > params.batch_size:
        raise TrainingError(f"train.batch_size is {params.batch_size}, but {chosen.count} devices learn together.")
    _tell_all(chosen, f"{chosen.count} devices of {len(cluster.members)} processes, as {cluster.name}", params, tell)
    return chosen


def _tell_all(chosen: Single, which: str, params: TrainParams, tell: Tell) -> None:
    batch = params.batch_size - params.batch_size % chosen.count
    tell(f"learning on {which}, at most {batch} faces in a batch.")
    if params.jit_compile and not chosen.compiles:
        backend = keras.backend.backend()
        tell(f"train.jit_compile is ignored: {backend} cannot compile a step of several devices with XLA.")
