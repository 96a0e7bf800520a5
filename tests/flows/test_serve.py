"""`python -m flows.serve` as a person meets it: started, looked at, hurt, ended."""

import os
import signal
import socket
import sys
import urllib.error
import urllib.request

import psutil
import pytest

from tests.flows.served import serving
from tests.flows.servers import Prefect, answers, free_port, program, survivors, until

pytestmark = pytest.mark.slow


def test_both_servers_and_both_workers_are_there(served):
    assert served.prefect.url in served.program.said
    assert served.mlflow in served.program.said
    assert "PREFECT_API_AUTH_STRING" not in served.program.said  # it wants none
    assert b"Prefect" in urllib.request.urlopen(served.prefect.url).read()
    assert b"MLflow" in urllib.request.urlopen(served.mlflow).read()
    for pool in ("cpu", "gpu"):
        [worker] = served.prefect.ask(f"work_pools/{pool}/workers/filter", {})
        assert worker["status"] == "ONLINE"


def test_both_servers_listen_on_the_loopback_interface_only(served):
    listening = [
        connection.laddr.ip
        for process in served.program.tree()
        for connection in process.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert len(listening) >= 2
    assert set(listening) == {"127.0.0.1"}


def test_a_second_call_in_the_same_checkout_says_that_it_is_served_already(served, tmp_path):
    with program([sys.executable, "-m", "flows.serve"], tmp_path, {}, cwd=served.checkout) as second:
        assert second.process.wait(60) == 1
    assert "this checkout is served already" in second.said
    assert answers(f"{served.prefect.url}/api/health")


def test_what_dies_is_started_again(served):
    [worker] = served.processes("worker", "gpu")
    [server] = served.processes("mlflow", "server")  # its child holds the port
    worker.kill()
    server.kill()
    psutil.wait_procs([worker, server], 10)
    assert until(lambda: served.processes("worker", "gpu"), 60, "another worker")[0].pid != worker.pid
    until(lambda: served.processes("mlflow", "server"), 60, "another MLflow server")
    until(lambda: answers(f"{served.mlflow}/health"), 120, "MLflow answers again")
    assert "worker gpu: died; started again in 1 s (.mien/serve/worker-gpu.log)" in served.program.said


def test_a_taken_port_is_told_with_its_holder_and_the_option(checkout, tmp_path):
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        words = [sys.executable, "-m", "flows.serve", "--mlflow-port", str(port), "--prefect-port", str(free_port())]
        with program(words, tmp_path, {}, cwd=checkout) as called:
            assert called.process.wait(60) == 1
    assert f"the MLflow server cannot listen on port {port}: process {os.getpid()} has it" in called.said
    assert "--mlflow-port" in called.said
    assert not (checkout / ".mien" / "prefect").exists()


def test_ctrl_c_ends_everything_and_the_run_under_way_says_so(checkout):
    with serving(checkout) as served:
        run = served.prefect.start("pipeline/pipeline", params={"train.epochs": 500}, local=True)
        until(lambda: served.processes("tasks.train"), 180, "training")
        tree = served.program.tree()
        served.program.process.send_signal(signal.SIGINT)
        state = until(lambda: ended(served.prefect, run), 30, "the run says that it has ended")
        assert state in ("CRASHED", "CANCELLED")
        assert served.program.process.wait(60) == 0
        assert survivors(tree, 10) == []
        assert not served.listens()


def ended(server: Prefect, run: str) -> str | None:
    """Type of the run's last state while the server still answers."""
    try:
        found = server.flow_run(run)["state_type"]
    except OSError:
        return None
    return found if found in ("COMPLETED", "FAILED", "CRASHED", "CANCELLED") else None


def test_a_password_holds_for_everybody_and_a_killed_supervisor_leaves_nothing_running(checkout):
    with serving(checkout, PREFECT_SERVER_API_AUTH_STRING="mien:secret") as served:
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(f"{served.prefect.url}/api/admin/version")
        assert "export PREFECT_API_AUTH_STRING=..." in served.program.said
        assert "secret" not in served.program.said
        tree = served.program.tree()
        os.kill(served.program.process.pid, signal.SIGKILL)
        assert survivors(tree, 60) == []
        assert not served.listens()


def test_ctrl_c_while_it_starts_ends_everything_too(checkout, tmp_path):
    words = [sys.executable, "-m", "flows.serve", "--prefect-port", str(free_port()), "--mlflow-port", str(free_port())]
    with program(words, tmp_path, {}, cwd=checkout) as started:
        until(lambda: len(started.tree()) >= 5, 60, "two servers under their leashes")
        tree = started.tree()
        started.process.send_signal(signal.SIGINT)
        assert started.process.wait(60) == 0
        assert survivors(tree, 10) == []


@pytest.mark.parametrize("number", ["0", "65536", "http"])
def test_what_is_no_port_is_refused(number, tmp_path):
    with program([sys.executable, "-m", "flows.serve", "--mlflow-port", number], tmp_path, {}) as called:
        assert called.process.wait(60) == 2
    assert "argument --mlflow-port: invalid port value" in called.said
