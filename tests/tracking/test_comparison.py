"""A comparison in the tracking store, also in one that stops answering."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mien.errors import TrackingError
from tasks.comparison import log_comparison
from tasks.tracking.outbox import outbox_folder
from tasks.tracking.passes import process_mark
from tasks.tracking.store import open_store
from tests.tracking.test_outage import free_port, server

pytestmark = pytest.mark.slow

WHAT = ({"settings": "train.epochs = 3"}, {"run.mememoji.sound": "ab" * 16}, {"mememoji/sound/official": 0.5})


class Last(list[Path]):
    """No files; the server dies as they are looked at, which is after the run was made."""

    def __init__(self, kill: Callable[[], None]) -> None:
        super().__init__()
        self._kill = kill

    def __iter__(self) -> Iterator[Path]:
        self._kill()
        return super().__iter__()


def test_it_is_a_finished_run_with_settings_figures_and_files(project):
    table = project / "comparison.md"
    table.write_text("| preset |\n")
    store = open_store()
    run = store.client.get_run(log_comparison(store, "key", *WHAT, [table]))
    assert run.info.status == "FINISHED"
    assert run.data.params == WHAT[0]
    assert run.data.metrics == WHAT[2]
    assert run.data.tags["run.mememoji.sound"] == "ab" * 16
    assert [file.path for file in store.client.list_artifacts(run.info.run_id)] == ["comparison.md"]


def test_a_run_that_an_outage_leaves_running_has_the_mark_by_which_it_is_ended_and_its_figures_are_kept(
    project, monkeypatch
):
    port = free_port()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{port}")
    with server(project, port) as kill:
        run_id = log_comparison(open_store(), "key", *WHAT, Last(kill))
    assert "mememoji/sound/official" in next(outbox_folder().glob(f"{run_id}.*.jsonl")).read_text()
    with server(project, port):
        run = open_store().client.get_run(run_id)
    assert run.info.status == "RUNNING"
    assert run.data.tags["pipeline.process"] == process_mark()


def test_a_store_that_is_down_is_named(project, monkeypatch):
    port = free_port()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{port}")
    with server(project, port):
        store = open_store()
    with pytest.raises(TrackingError, match=f"http://127.0.0.1:{port} does not take the comparison"):
        log_comparison(store, "key", *WHAT, [])
