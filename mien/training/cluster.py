"""Who learns together over several processes or machines: what the environment variable TF_CONFIG says.

    TF_CONFIG='{"cluster": {"worker": ["one:2222", "two:2222"]}, "task": {"type": "worker", "index": 0}}'

The same cluster in every process, and in each its own task. The first worker (or the one task `chief`, where there is
one) is the chief: it alone writes. The standard library only.
"""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mien.errors import TrainingError

TF_CONFIG = "TF_CONFIG"
EXAMPLE = '{"cluster": {"worker": ["one:2222", "two:2222"]}, "task": {"type": "worker", "index": 0}}'

_JOBS = ("chief", "worker")
_ADDRESS = re.compile(r"\[?[^\s/\[\]]+\]?:([1-9]\d{0,4})")


@dataclass(frozen=True)
class Cluster:
    """Everybody's `host:port`, the chief first, and which of them this process is."""

    members: tuple[str, ...]
    index: int

    @property
    def is_chief(self) -> bool:
        """Whether this process is the one that writes."""
        return self.index == 0

    @property
    def name(self) -> str:
        """This process for people."""
        return self.called(self.index)

    def called(self, index: int) -> str:
        """A member for people: `worker 1 (two:2222)`."""
        return f"{'worker' if index else 'chief'} {index} ({self.members[index]})"


def read_cluster(environment: Mapping[str, str] = os.environ) -> Cluster:
    """The cluster that TF_CONFIG describes.

    Raises:
        TrainingError: it is missing, no JSON, or does not say who learns and who this is.
    """
    text = environment.get(TF_CONFIG, "")
    if not text.strip():
        raise _error("the environment variable is not set in this process")
    try:
        config = json.loads(text)
    except ValueError as error:
        raise _error(f"it is no JSON: {error}") from error
    if not isinstance(config, dict):
        raise _error(f"it is no object. Received: {text[:100]}")
    jobs = _jobs(config.get("cluster"))
    members = tuple(address for job in _JOBS for address in jobs.get(job, ()))
    if len(members) < 2:
        raise _error(f"a cluster has two members or more; received {len(members)}. One machine needs mirrored or one")
    if len(set(members)) < len(members):
        raise _error(f"two members have the same address. Received: {', '.join(members)}")
    return Cluster(members, _place(config.get("task"), jobs))


def _jobs(cluster: object) -> dict[str, list[str]]:
    """Addresses by job, each checked."""
    if not isinstance(cluster, dict) or not all(isinstance(value, list) for value in cluster.values()):
        raise _error(f"cluster must hold a list of addresses. Received: {_short(cluster)}")
    if unknown := sorted(cluster.keys() - set(_JOBS)):
        raise _error(f"cluster.{unknown[0]} is not known here; known: {', '.join(_JOBS)}")
    if len(cluster.get("chief", [])) > 1:
        raise _error("there is one chief at most")
    for address in (address for job in cluster.values() for address in job):
        found = _ADDRESS.fullmatch(address) if isinstance(address, str) else None
        if not found or int(found[1]) > 65535:
            raise _error(f"an address must be host:port. Received: {_short(address)}")
    return cluster


def _place(task: object, jobs: Mapping[str, list[str]]) -> int:
    """Position among the members of the task that this process is."""
    task = task if isinstance(task, dict) else {}
    job, index = task.get("type"), task.get("index")
    if not isinstance(job, str) or job not in jobs or not isinstance(index, int) or isinstance(index, bool):
        raise _error(f"task must be a type of the cluster ({', '.join(jobs)}) and an index. Received: {_short(task)}")
    if not 0 <= index < len(jobs[job]):
        raise _error(f"task.index must be 0 to {len(jobs[job]) - 1}, of cluster.{job}. Received: {index}")
    return index + (len(jobs.get("chief", [])) if job == "worker" else 0)


def _short(value: Any) -> str:  # noqa: ANN401 - any JSON
    return json.dumps(value)[:100]


def _error(fault: str) -> TrainingError:
    return TrainingError(
        f"train.strategy is multi_worker, for which {TF_CONFIG} says who learns together, but {fault}. "
        f"Expected, with the same cluster and another index in each process: {TF_CONFIG}='{EXAMPLE}'. The process "
        "of index 0 is started as always (`dvc repro`), each other one with `python -m tasks.train_worker`."
    )
