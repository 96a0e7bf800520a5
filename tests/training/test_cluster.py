import json

import pytest

from mien.errors import TrainingError
from mien.training.cluster import read_cluster

MEMBERS = ["one:2222", "two:2222"]


def cluster(members=None, task=("worker", 0), **jobs):
    kind, index = task
    config = {"cluster": jobs or {"worker": members or MEMBERS}, "task": {"type": kind, "index": index}}
    return {"TF_CONFIG": json.dumps(config)}


def test_the_first_worker_is_the_chief():
    chief, worker = (read_cluster(cluster(task=("worker", index))) for index in range(2))
    assert (chief.is_chief, worker.is_chief) == (True, False)
    assert (chief.name, worker.name) == ("chief 0 (one:2222)", "worker 1 (two:2222)")


def test_where_there_is_a_chief_the_workers_come_behind_it():
    jobs = {"chief": ["one:2222"], "worker": ["two:2222", "[::1]:2222"]}
    assert read_cluster(cluster(task=("chief", 0), **jobs)).is_chief
    last = read_cluster(cluster(task=("worker", 1), **jobs))
    assert (last.index, last.members) == (2, ("one:2222", "two:2222", "[::1]:2222"))


@pytest.mark.parametrize(
    ("environment", "fault"),
    [
        ({}, "is not set in this process"),
        ({"TF_CONFIG": "{"}, "it is no JSON"),
        ({"TF_CONFIG": "[]"}, "it is no object"),
        ({"TF_CONFIG": "{}"}, "cluster must hold a list of addresses. Received: null"),
        (cluster(["one:2222"]), "two members or more; received 1"),
        (cluster(["one:2222", "one:2222"]), "the same address"),
        (cluster(["one", "two:2222"]), 'must be host:port. Received: "one"'),
        (cluster(["one:0", "two:2222"]), "must be host:port"),
        (cluster(["one:65536", "two:2222"]), "must be host:port"),
        (cluster([1, 2]), "must be host:port. Received: 1"),
        (cluster(worker=MEMBERS, ps=["three:1"]), "cluster.ps is not known"),
        (cluster(chief=MEMBERS, worker=["three:1"]), "one chief at most"),
        (cluster(task=("worker", 2)), "task.index must be 0 to 1, of cluster.worker. Received: 2"),
        (cluster(task=("worker", "0")), "task must be a type of the cluster"),
        (cluster(task=("chief", 0)), r"task must be a type of the cluster (worker)"),
    ],
)
def test_what_is_wrong_is_said_with_what_is_expected(environment, fault):
    with pytest.raises(TrainingError) as caught:
        read_cluster(environment)
    assert fault in str(caught.value)
    assert """TF_CONFIG='{"cluster": {"worker": ["one:2222", "two:2222"]}""" in str(caught.value)
    assert "python -m tasks.train_worker" in str(caught.value)
