"""Notifications: a real run on a real server, a real block, a real receiver."""

import json
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tests.flows.servers import Prefect, Program, program

pytestmark = pytest.mark.slow

FLOW = """
import sys
from prefect import flow
from flows.reporting.notify import notify

@flow(name="example", on_completion=[notify], on_failure=[notify])
def example(fails: bool):
    if fails:
        raise ValueError("the face is upside down")

example(sys.argv[1] == "fails")
"""
BLOCK = """
import sys
from prefect.blocks.notifications import CustomWebhookNotificationBlock
from prefect.variables import Variable

body = {"title": "{{subject}}", "text": "{{body}}"}
block = CustomWebhookNotificationBlock(name="receiver", url=sys.argv[1], json_data=body)
block.save("team", overwrite=True)
Variable.set("mien_notify", sys.argv[2], overwrite=True)
"""


@pytest.fixture
def received() -> Iterator[tuple[str, list[dict[str, str]]]]:
    """Address of a receiver, and what it has received."""
    letters: list[dict[str, str]] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # noqa: N802 - http.server's name
            letters.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_words: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/hook", letters
    server.shutdown()
    server.server_close()


def python(source: str, prefect: Prefect, tmp_path, *words: str) -> Program:
    with program([sys.executable, "-c", source, *words], tmp_path, prefect.environment) as called:
        called.process.wait(120)
    return called


def test_a_named_block_is_told_how_a_run_ended_why_and_where_to_look(prefect, tmp_path, received):
    address, letters = received
    assert python(BLOCK, prefect, tmp_path, address, "custom-webhook/team").process.returncode == 0
    assert python(FLOW, prefect, tmp_path, "works").process.returncode == 0
    assert python(FLOW, prefect, tmp_path, "fails").process.returncode != 0
    [good, bad] = letters
    assert good["title"] == "example: Completed"
    assert bad["title"] == "example: Failed"
    assert "the face is upside down" in bad["text"]
    failed = prefect.flow_runs(flows={"name": {"any_": ["example"]}})[-1]
    assert failed["name"] in bad["text"]
    assert f"{prefect.url}/runs/flow-run/{failed['id']}" in bad["text"]


@pytest.mark.parametrize(
    ("address", "block"),
    [
        ("http://127.0.0.1:9/nobody", "custom-webhook/team"),
        ("http://127.0.0.1:9/nobody", "custom-webhook/not-there"),
        ("http://127.0.0.1:9/nobody", "no such block"),
    ],
)
def test_a_notification_that_does_not_get_through_is_logged_and_changes_nothing(prefect, tmp_path, address, block):
    assert python(BLOCK, prefect, tmp_path, address, block).process.returncode == 0
    called = python(FLOW, prefect, tmp_path, "works")
    assert called.process.returncode == 0
    assert "nobody was told how this run ended: " in called.said
    assert "Traceback" not in called.said
    assert prefect.flow_runs(flows={"name": {"any_": ["example"]}})[-1]["state_type"] == "COMPLETED"


def test_nobody_is_told_by_default(prefect, tmp_path):
    assert python(
        "from prefect.variables import Variable; Variable.unset('mien_notify')", prefect, tmp_path
    ).process.returncode in (0, 1)
    called = python(FLOW, prefect, tmp_path, "works")
    assert called.process.returncode == 0
    assert "Hook 'notify' finished running successfully" in called.said
