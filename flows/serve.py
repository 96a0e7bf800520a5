"""Everything on this machine with one command: Prefect server, MLflow server, workers of both pools, deployments.

    python -m flows.serve

Ctrl-C ends all of it. Both servers listen on the loopback interface only.
"""

import argparse
import os
import signal
import subprocess
import sys
from types import FrameType

from flows.checkout.place import enter_checkout
from flows.errors import FlowError
from flows.remote.meeting import DVC_REMOTE, GIT_REMOTE
from flows.serving.exchange import GIT, REMOTE, make_exchange
from flows.serving.lock import only_one
from flows.serving.ports import LOOPBACK, check_free, port
from flows.serving.programs import mlflow_server, prefect_environment, prefect_server, workers
from flows.serving.supervisor import Supervisor
from mien.errors import MienError

PASSWORD = "PREFECT_SERVER_API_AUTH_STRING"
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def serve(prefect_port: int, mlflow_port: int) -> None:
    """Start everything, and keep it running until somebody interrupts this process.

    Raises:
        FlowError: a port is taken, or a program does not start or dies again and again.
    """
    check_free(prefect_port, "Prefect server", "--prefect-port")
    check_free(mlflow_port, "MLflow server", "--mlflow-port")
    supervisor = Supervisor(say)
    try:
        supervisor.start(prefect_server(prefect_port), mlflow_server(mlflow_port))
        environment = prefect_environment(prefect_port) | {"MLFLOW_TRACKING_URI": f"http://{LOOPBACK}:{mlflow_port}"}
        _deploy(environment)
        supervisor.start(*workers(environment | make_exchange()))
        say(_welcome(prefect_port, mlflow_port))
        supervisor.watch()
    finally:
        for number in ENDINGS:  # what is being ended in order is not helped by a second Ctrl-C
            signal.signal(number, signal.SIG_IGN)
        say("ending everything; a run that is under way is ended first")
        supervisor.end()


def say(line: str) -> None:
    """A line for the person at the terminal."""
    print(line, flush=True)


def _deploy(environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "flows.deploy"]
    if subprocess.run(command, env={**os.environ, **environment}, stdin=subprocess.DEVNULL, check=False).returncode:
        raise FlowError("the deployments could not be registered; the reason is above.")


def _welcome(prefect_port: int, mlflow_port: int) -> str:
    secret = "    export PREFECT_API_AUTH_STRING=...  # as the server's\n" if os.environ.get(PASSWORD) else ""
    return f"""
Runs, schedules, logs:  http://{LOOPBACK}:{prefect_port}
Metrics, models:        http://{LOOPBACK}:{mlflow_port}
Start a run:            the UI, Deployments, pipeline, Run; or in another terminal
    export PREFECT_API_URL=http://{LOOPBACK}:{prefect_port}/api MLFLOW_TRACKING_URI=http://{LOOPBACK}:{mlflow_port}
    export {GIT_REMOTE}={GIT} {DVC_REMOTE}={REMOTE}  # where this machine's pipeline and worker meet
{secret}    uv run prefect deployment run pipeline/pipeline --watch
Ctrl-C ends everything."""


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> None:
    """The command; exit code 0 when it was interrupted, 1 and a message when it could not go on."""
    parser = argparse.ArgumentParser(prog="python -m flows.serve", description="Everything local, until Ctrl-C.")
    parser.add_argument("--prefect-port", type=port, default=4200, help="of Prefect's server and UI (4200)")
    parser.add_argument("--mlflow-port", type=port, default=5000, help="of MLflow's server and UI (5000)")
    words = parser.parse_args()
    for number in ENDINGS:
        signal.signal(number, _interrupt)
    try:
        enter_checkout()
        with only_one():
            serve(words.prefect_port, words.mlflow_port)
    except KeyboardInterrupt:
        sys.exit(0)
    except MienError as error:
        sys.exit(f"\n{error}")


if __name__ == "__main__":
    main()
