import json
import time
from pathlib import Path

import pytest
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE

from tasks.tracking import outbox
from tasks.tracking.outbox import Outbox, deliver_kept
from tasks.tracking.store import Store


class Client:
    """Stands for a store that can be switched off; the real server's outage is in test_outage.py."""

    def __init__(self):
        self.error: Exception | None = None
        self.batches: list[tuple] = []
        self.artifacts: list[tuple[str, bytes]] = []
        self.status: list[str] = []
        self.refused = ""

    def _answer(self):
        if self.error:
            raise self.error

    def log_batch(self, run_id, metrics, params, tags):
        self._answer()
        if self.refused in [param.key for param in params]:
            raise MlflowException("Changing param values is not allowed", error_code=INVALID_PARAMETER_VALUE)
        self.batches.append((run_id, [m.key for m in metrics], [p.key for p in params], [t.key for t in tags]))

    def log_artifact(self, run_id, path, place):
        self._answer()
        self.artifacts.append((place, Path(path).read_bytes()))

    def set_terminated(self, run_id, status):
        self._answer()
        self.status.append(status)


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    monkeypatch.setattr(outbox, "CLOSE_SECONDS", 0.3)
    return Store("sqlite:///test", Client(), "1")


def silent():
    return MlflowException("API request failed with exception ConnectionRefused")


def metric(step):
    return {"metrics": [["loss", 0.5, 1, step]]}


def kept():
    return list(outbox.outbox_folder().glob("*.jsonl"))


@pytest.fixture
def writer_is_gone(monkeypatch):
    return lambda: monkeypatch.setattr(outbox, "process_lives", lambda _: False)


def test_records_are_sent_and_nothing_is_left(store):
    box = Outbox(store, "run")
    box.put(**metric(0), params={"a": "1"}, tags={"t": "x"}, status="FINISHED")
    box.close()
    assert store.client.batches == [("run", ["loss"], ["a"], ["t"])]
    assert store.client.status == ["FINISHED"]
    assert not kept()


def test_an_outage_costs_the_caller_nothing_until_close_and_little_then(store):
    store.client.error = silent()
    started = time.monotonic()
    box = Outbox(store, "run")
    for step in range(100):
        box.put(**metric(step))
    assert time.monotonic() - started < 1
    box.close()
    assert time.monotonic() - started < 6
    assert len(kept()[0].read_text().splitlines()) == 100


def test_what_was_kept_is_sent_later_in_order_with_its_files_as_they_were(store, writer_is_gone):
    store.client.error = silent()
    Path("report.html").write_bytes(b"then")
    box = Outbox(store, "run")
    box.put(**metric(0), artifacts=[["report.html", "evaluate"]])
    box.put(status="FINISHED")
    box.close()
    Path("report.html").write_bytes(b"now")
    store.client.error = None
    writer_is_gone()
    assert deliver_kept(store) == 2
    assert store.client.artifacts == [("evaluate", b"then")]
    assert store.client.status == ["FINISHED"]
    assert not list(outbox.outbox_folder().iterdir())
    assert deliver_kept(store) == 0


def test_a_second_outbox_of_a_run_does_not_take_away_what_the_first_has_kept(store, writer_is_gone):
    store.client.error = silent()
    for step in range(3):
        if step == 2:
            store.client.error = None  # the last one has nothing to keep
        box = Outbox(store, "run")
        box.put(params={f"p{step}": "1"})
        box.close()
    store.client.batches.clear()
    writer_is_gone()
    assert deliver_kept(store) == 2
    assert [batch[2] for batch in store.client.batches] == [["p0"], ["p1"]]


def test_what_is_kept_is_not_sent_behind_the_back_of_whoever_delivers_it(store):
    store.client.error = silent()
    box = Outbox(store, "run")
    for step in range(2):
        box.put(**metric(step))
    box.close()
    store.client.error = None
    time.sleep(0.7)
    assert store.client.batches == []


def test_a_store_that_comes_back_gets_everything_in_order(store, monkeypatch):
    monkeypatch.setattr(outbox, "CLOSE_SECONDS", 10)
    store.client.error = silent()
    box = Outbox(store, "run")
    for step in range(3):
        box.put(params={f"p{step}": "1"})
    time.sleep(0.2)
    store.client.error = None
    box.close()
    assert [batch[2] for batch in store.client.batches] == [["p0"], ["p1"], ["p2"]]


def test_a_refused_record_is_said_and_the_others_are_sent(store, capsys):
    box = Outbox(store, "run")
    store.client.refused = "a"
    box.put(params={"a": "2"})
    box.put(params={"b": "2"})
    box.close()
    assert [batch[2] for batch in store.client.batches] == [["b"]]
    assert "given up: Changing param values" in capsys.readouterr().err
    assert not kept()


def test_a_refused_record_or_a_lost_file_does_not_take_the_other_kept_ones_along(store, writer_is_gone, capsys):
    store.client.error = silent()
    Path("gone.png").write_bytes(b"x")
    box = Outbox(store, "run")
    box.put(params={"a": "1"})
    box.put(artifacts=[["gone.png", "clean"]])
    box.put(params={"b": "1"})
    box.close()
    for path in outbox.outbox_folder().rglob("gone.png"):
        path.unlink()
    store.client.error, store.client.refused = None, "a"
    writer_is_gone()
    assert deliver_kept(store) == 1
    assert store.client.batches[-1][2] == ["b"]
    assert capsys.readouterr().err.count("given up") == 2


def test_a_password_of_the_store_is_neither_shown_nor_kept(store):
    secret = Store("postgresql://me:pw123@host/db", store.client, "1")
    assert secret.shown == "postgresql://me:***@host/db"
    store.client.error = silent()
    box = Outbox(secret, "run")
    box.put(**metric(0))
    box.close()
    assert "pw123" not in kept()[0].read_text()


def test_the_file_of_a_killed_process_is_sent_up_to_its_last_whole_line(store):
    folder = outbox.outbox_folder()
    folder.mkdir(parents=True)
    line = json.dumps({"uri": store.digest, "run": "run", "tags": {"a": "1"}}) + "\n"
    (folder / "run.4194303@1.jsonl").write_text(line + line[:20])
    assert deliver_kept(store) == 1


def test_records_of_a_living_process_or_of_another_store_stay(store, writer_is_gone):
    box = Outbox(store, "run")
    store.client.error = silent()
    box.put(**metric(0))
    assert deliver_kept(store) == 0
    box.close()
    writer_is_gone()
    store.client.error = None
    assert deliver_kept(Store("sqlite:///other", store.client, "1")) == 0
    assert deliver_kept(store) == 1
