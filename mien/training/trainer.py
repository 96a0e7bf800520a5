"""The training loop: stopped at any moment, it goes on after its last finished epoch and ends with the same weights.

Order of the faces, dropout and online changes depend on seed, epoch and number of devices alone, weights, optimiser and
history are in the checkpoint, everything else follows from these. On a CPU the weights of a resumed run are those of an
uninterrupted one bit by bit (on the same number of cores: sums are split among them); on a GPU as far as its kernels
are deterministic.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import keras
import numpy as np

from mien import __version__, networks
from mien.labels import DIMENSIONS
from mien.model_file import ModelFacts, weights_digest
from mien.params import TrainParams
from mien.progress import meter
from mien.training.checkpoints import Checkpoint, CheckpointStore
from mien.training.code import code_digest
from mien.training.data import Measured, TrainingData, check, measure
from mien.training.devices import has_bfloat16, precision
from mien.training.epochs import EpochRunner
from mien.training.learner import Learner
from mien.training.meeting import meet
from mien.training.parallel import Single
from mien.training.reports import EpochReport
from mien.training.schedules import Course
from mien.training.strategy import choose, cluster_of, workers

Builder = Callable[..., keras.Model]
"""As `mien.networks.build`."""

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Trained:
    """The outcome: the network with its final weights (float32, not compiled), and how they came about.

    `best_epoch` (from 0) is the one whose weights they are; `stopped_early` says that there was no gain any more before
    the last epoch; `resumed_after` is the number of epochs that an earlier process had done. `store` still holds the
    checkpoints: finish it once the model is written.
    """

    network: keras.Model
    facts: ModelFacts
    history: tuple[EpochReport, ...]
    best_epoch: int
    stopped_early: bool
    resumed_after: int
    store: CheckpointStore


def train_model(
    data: TrainingData,
    params: TrainParams,
    checkpoints: Path,
    *,
    on_epoch: Callable[[EpochReport], None] = lambda _: None,
    tell: Tell = print,
    build: Builder = networks.build,
) -> Trained:
    """Train a network, from the newest usable checkpoint on where there is one.

    Args:
        data: training and validation faces.
        params: network and how it learns.
        checkpoints: folder for them; made when needed. Of several processes that learn together the chief alone reads
            and writes it.
        on_epoch: told of every epoch of the history, those of an earlier process first.
        tell: takes lines for people: what is gone on from, what is ignored.
        build: makes the network.

    Raises:
        TrainingError: no such device, a loss or weights that are no numbers, a disk that takes no checkpoint, or a
            member of the cluster that does not come, learns something else or is gone.
        ParamsError: a network that does not exist, or wrong options of it.
        DataError: faces that cannot be learnt from.
    """
    check(data)
    cluster = cluster_of(params)
    measured, validation = measure(data.training), measure(data.validation)
    store = CheckpointStore(checkpoints, _settings(data, params, measured, validation), tell)
    writes = cluster is None or cluster.is_chief
    checkpoint = store.newest() if writes else None
    if cluster:
        checkpoint = meet(cluster, store.settings, checkpoint, tell)
    devices = workers(params, cluster, tell) if cluster else choose(params, tell)
    mixed, plan = _mixed(params, tell), _Plan(data, params, measured, build)
    with devices.scope():
        run = _Run(Learner(plan.network(mixed), params, devices), data, params, store.save if writes else _keep_nothing)
        run.resume(checkpoint, tell)
        for report in run.course.history:
            on_epoch(report)
        run.go_on(on_epoch)
    with Single(params.device).scope():
        return run.outcome(plan, store)


def _keep_nothing(_: Checkpoint) -> None:
    """What all but the chief of a cluster do."""


def _mixed(params: TrainParams, tell: Tell) -> bool:
    if params.mixed_precision and not has_bfloat16(params.device):
        tell("train.mixed_precision is ignored: this device does not compute in bfloat16.")
        return False
    return params.mixed_precision


def _settings(data: TrainingData, params: TrainParams, training: Measured, validation: Measured) -> dict[str, Any]:
    """All that the final weights depend on; of a weights file that is the content, not the name.

    The strategy is none of it, nor is the number of devices: what several have begun one can finish.
    """
    backend = keras.backend.backend()
    return {
        "train": {**params.model_dump(mode="json", exclude={"strategy"}), "network": _unnamed(params.network.whole)},
        "code": code_digest(),
        "classes": list(data.classes),
        "data": {"training": training.digest, "validation": validation.digest},
        "versions": {"mien": __version__, "keras": keras.__version__, backend: import_module(backend).__version__},
    }


def _unnamed(options: Mapping[str, Any]) -> dict[str, Any]:
    """Without the path of the weights file, for which its digest stands."""
    return {name: value for name, value in options.items() if name != "weights"}


@dataclass(frozen=True)
class _Plan:
    """Makes the network and says what it is."""

    data: TrainingData
    params: TrainParams
    measured: Measured
    build: Builder

    def network(self, mixed: bool) -> keras.Model:
        """The untrained network; always with the same first weights."""
        keras.utils.set_random_seed(int(np.random.SeedSequence(self.params.seed).generate_state(1)[0]))
        with precision("mixed_bfloat16" if mixed else "float32"):
            return self.build(
                self.params.network.name,
                len(self.data.classes),
                shape=self.data.training.shape,
                mean=self.measured.mean,
                std=self.measured.std,
                **({"affect": True} if self.params.affect else {}),
                **self.params.network.options,
            )

    def facts(self, network: keras.Model) -> ModelFacts:
        return ModelFacts(
            classes=self.data.classes,
            shape=self.data.training.shape,
            mean=self.measured.mean,
            std=self.measured.std,
            network=self.params.network.name,
            options=_unnamed(self.params.network.options),
            weights_sha256=weights_digest(network),
            mien=__version__,
            affect=DIMENSIONS if self.params.affect else (),
            crop_margin=self.data.preparation.crop_margin,
            align=self.data.preparation.align,
            merged=dict(self.data.merged),
        )


class _Run:
    """Epochs, one after the other, each kept in a checkpoint."""

    def __init__(
        self, learner: Learner, data: TrainingData, params: TrainParams, save: Callable[[Checkpoint], None]
    ) -> None:
        self.learner, self.course, self.resumed_after = learner, Course(params), 0
        self.best: list[np.ndarray] = []
        self._epochs, self._faces = EpochRunner(learner, data, params), len(data.training)
        self._save = save

    def resume(self, checkpoint: Checkpoint | None, tell: Tell) -> None:
        """Go to where an earlier process was, if there is a checkpoint of it."""
        if checkpoint is None:
            return
        for report in checkpoint.state["history"]:
            self.course.see(EpochReport(**report))
        self.learner.enter(checkpoint.epochs - 1)
        self.learner.restore(checkpoint.arrays)
        self.best = list(checkpoint.arrays.get("best", checkpoint.arrays["weights"]))
        self.resumed_after = checkpoint.epochs
        tell(f"going on after epoch {checkpoint.epochs} of {self.course.params.epochs}, from its checkpoint.")

    def go_on(self, on_epoch: Callable[[EpochReport], None]) -> None:
        """Run the epochs that are left."""
        left = 0 if self.course.ended else self.course.params.epochs - len(self.course.history)
        with meter("training", left * self._faces) as progress:
            while not self.course.ended:
                report = self._epochs.run(len(self.course.history), self.course.learning_rate(), progress.advance)
                self.course.see(report)
                self._keep(report)
                on_epoch(report)

    def outcome(self, plan: _Plan, store: CheckpointStore) -> Trained:
        """The network with the best weights: float32, of one device, and without the optimiser."""
        network = plan.network(mixed=False)
        network.set_weights(self.best)
        course = self.course
        history, facts = tuple(course.history), plan.facts(network)
        return Trained(network, facts, history, course.best_epoch, course.stopped_early, self.resumed_after, store)

    def _keep(self, report: EpochReport) -> None:
        """Write the checkpoint of a finished epoch; the best weights apart only where they are older ones."""
        arrays = self.learner.state()
        if self.course.best_epoch == report.epoch:
            self.best = arrays["weights"]
        else:
            arrays["best"] = self.best
        history = [asdict(past) for past in self.course.history]
        self._save(Checkpoint(len(history), {"history": history}, arrays))
