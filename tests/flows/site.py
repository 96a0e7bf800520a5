"""An orchestrator and a worker, each with a checkout of its own, and how to see what they do."""

import json
import sys
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.flows.projects import git
from tests.flows.servers import Prefect, Program, program, until, worker

END = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")


@dataclass
class Site:
    """Two checkouts in `folder` that meet at one git remote and one DVC remote, and the servers."""

    folder: Path
    prefect: Prefect
    mlflow: str

    @property
    def orchestrator(self) -> Path:
        return self.folder / "orchestrator"

    @property
    def clone(self) -> Path:
        """The worker's own."""
        return self.folder / "worker" / ".mien" / "worker"

    def worker(self, **environment: str) -> AbstractContextManager[Program]:
        settings = {"MIEN_DVC_REMOTE": "exchange", "MIEN_ALLOW_CPU": "true", **environment}
        return worker(self.prefect, "gpu", self.folder / "worker", self.folder, **settings)

    def sender(self, *words: str, checkout: Path | None = None, **environment: str) -> AbstractContextManager[Program]:
        places = {"MLFLOW_TRACKING_URI": self.mlflow, "MIEN_DVC_REMOTE": "exchange"}
        command = [sys.executable, "-m", "tests.flows.sender", *words]
        return program(command, checkout or self.orchestrator, {**self.prefect.environment, **places, **environment})

    def send(self, *words: str, checkout: Path | None = None, **environment: str) -> tuple[int, str]:
        """Exit code and words of a sender that has ended."""
        with self.sender(*words, checkout=checkout, **environment) as sender:
            return finished(sender), sender.said

    def train(self, *words: str, checkout: Path | None = None) -> dict[str, Any]:
        """The result that a sender prints."""
        code, said = self.send(*words, checkout=checkout)
        assert code == 0, said
        return json.loads(next(line for line in said.splitlines() if line.startswith("{")))

    def remote_runs(self) -> list[dict[str, Any]]:
        """The flow runs on workers for this site, oldest first."""
        refs = git(self.orchestrator, "ls-remote", "origin", "refs/mien/runs/*").split()[1::2]
        runs = self.prefect.flow_runs(flows={"name": {"any_": ["train"]}}, sort="EXPECTED_START_TIME_ASC")
        return [run for run in runs if run["parameters"]["ref"] in refs]

    def remote_run(self) -> dict[str, Any]:
        """The newest of them, once there is one."""
        return until(self.remote_runs, 60, "a flow run on a worker")[-1]

    def tracked(self, key: str) -> Any:
        """The one MLflow run of a key."""
        from mlflow import MlflowClient

        client = MlflowClient(self.mlflow)
        ids = [experiment.experiment_id for experiment in client.search_experiments()]
        runs = client.search_runs(ids, f"tags.`pipeline.key` = '{key}'")
        assert len(runs) == 1
        return runs[0]

    def epochs(self, key: str) -> list[int]:
        """The epochs of which MLflow has figures."""
        from mlflow import MlflowClient

        history = MlflowClient(self.mlflow).get_metric_history(self.tracked(key).info.run_id, "epoch/loss")
        return [point.step for point in history]

    def wait_for_epoch(self, number: int) -> None:
        """Until the worker has kept the checkpoint after this many epochs, or a later one."""
        places = self.clone / "build" / "train" / "checkpoints"

        def kept() -> bool:
            return any(int(place.name.split("-")[1]) >= number for place in places.glob("*/epoch-[0-9]*[0-9]"))

        until(kept, 180, f"epoch {number} in {places}")


def finished(sender: Program, seconds: float = 240.0) -> int:
    """Exit code of a sender."""
    until(lambda: sender.process.poll() is not None, seconds, f"end of the sender; it said:\n{sender.said}")
    return sender.process.returncode
