"""A tracking server that wants a password: it is sent, and told to nobody."""

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from mien.errors import TrackingError
from tasks.tracking.store import open_store, shown, silence

USER, PASSWORD = "ann", "s3cr/t@home"
WANTED = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()


class Guarded(BaseHTTPRequestHandler):
    """Lets nobody in without the password; knows one experiment."""

    def do_GET(self) -> None:  # noqa: N802 - http.server's name
        known = self.headers["Authorization"] == WANTED
        self.send_response(200 if known else 401)
        self.end_headers()
        self.wfile.write(json.dumps({"experiment": {"experiment_id": "7", "lifecycle_stage": "active"}}).encode())

    def log_message(self, *_words: object) -> None: ...


@pytest.fixture
def guarded(monkeypatch: pytest.MonkeyPatch, tmp_path) -> Iterator[str]:
    """Host and port of a server that wants the password; what is set in the environment is put back afterwards."""
    monkeypatch.chdir(tmp_path)
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"):
        monkeypatch.setenv(name, "")
    server = HTTPServer(("127.0.0.1", 0), Guarded)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("password", ["s3cr%2Ft%40home", PASSWORD])
def test_a_password_in_the_address_is_sent(guarded, password):
    assert silence(f"http://{USER}:{password}@{guarded}") is None
    assert "401" in str(silence(f"http://{USER}:wrong@{guarded}"))


def test_user_and_password_of_the_environment_are_sent(guarded, monkeypatch):
    assert "401" in str(silence(f"http://{guarded}"))
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", USER)
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", PASSWORD)
    assert silence(f"http://{guarded}") is None


def test_mlflow_logs_in_too_and_the_store_does_not_know_the_password(guarded, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://{USER}:{PASSWORD}@{guarded}")
    store = open_store()
    assert store.experiment_id == "7"
    assert store.uri == f"http://{guarded}"


@pytest.mark.parametrize("address", ["127.0.0.1:9", "127.0.0.1:port", "nowhere.invalid"])
def test_an_error_never_holds_the_password(guarded, monkeypatch, address):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://{USER}:{PASSWORD}@{address}")
    with pytest.raises(TrackingError, match=rf"http://ann:\*\*\*@{address}") as caught:
        open_store()
    assert "s3cr" not in str(caught.value)


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("http://host:5000", "http://host:5000"),
        ("http://ann:pw@host:5000/mlflow", "http://ann:***@host:5000/mlflow"),
        ("http://tok3n@host", "http://***@host"),
        ("http://tok3n:@host", "http://***@host"),
        ("http://ann:a/b@c@host", "http://ann:***@host"),
        ("http://ann:1/b@host", "http://ann:***@host"),
        ("postgresql://ann:pw@host/db", "postgresql://ann:***@host/db"),
        ("sqlite:////home/ann:x@y/mlflow.db", "sqlite:////home/ann:x@y/mlflow.db"),
    ],
)
def test_an_address_is_shown_without_password_or_token(uri, expected):
    assert shown(uri) == expected


def test_an_at_sign_in_a_path_is_no_login(guarded):
    assert "401" in str(silence(f"http://{guarded}/models@home"))
