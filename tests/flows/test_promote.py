"""The flow as people start it: from a terminal, from the UI's form, with a person who approves."""

import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tasks.registry.entry import Registry, Standing
from tasks.tracking.store import open_store
from tests.flows.contenders import register_model, write_project
from tests.flows.servers import free_port, program, until, worker

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
ROLLBACK_SECONDS = 5.0


@pytest.fixture
def project(tmp_path, monkeypatch, mlflow, request):
    """A checkout whose registered model, on the server, has a weak version 1 as challenger."""
    root = tmp_path / "checkout"
    root.mkdir()
    monkeypatch.chdir(root)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", mlflow)
    monkeypatch.setenv("PIPELINE_KEY", request.node.name)
    write_project(root)
    register_model(root, "weak", name=model_name(request))
    return root


@pytest.fixture
def registry(project, request):
    return Registry(open_store(), model_name(request))


def model_name(request):
    return "".join(letter if letter.isalnum() else "-" for letter in request.node.name)


def clean(environment):
    """Ours, without what others say of servers."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "MLFLOW_"))}
    return {**ours, "PYTHONPATH": str(ROOT), **environment}


def promote(project, *words, **environment):
    """Exit code, standard output and standard error of `python -m flows.promote`."""
    command = [sys.executable, "-m", "flows.promote", *words]
    done = subprocess.run(
        command, cwd=project, env=clean(environment), capture_output=True, text=True, check=False, timeout=300
    )
    return done.returncode, done.stdout, done.stderr


def test_from_a_terminal_the_better_one_is_promoted_and_taken_back(project, registry, prefect, mlflow):
    name = registry.name
    surroundings = {**prefect.environment, "MLFLOW_TRACKING_URI": mlflow}
    code, said, log = promote(project, "--model-name", name, **surroundings)
    assert (code, said) == (
        0,
        f"Promoted: version 1 of '{name}' passes every gate with no champion to beat; it is champion now\n",
    ), log
    assert "judged on 400 of 400 test rows of PrivateTest" in log

    register_model(project, "strong", name=name)
    code, said, log = promote(project, "--model-name", name, **surroundings)
    assert (code, said.split(" of ")[0]) == (0, "Promoted: version 2"), log
    assert "gain_lower_bound" in log
    assert registry.standing() == Standing("2", "2", "1")
    (run,) = [
        run for run in prefect.flow_runs(flows={"name": {"any_": ["promote"]}}) if f"'{name}'" in message(run, "2")
    ]
    assert (run["state_type"], run["state_name"]) == ("COMPLETED", "Promoted")
    kept = {"flow_run_id": {"any_": [run["id"]]}, "key": {"any_": ["promotion"]}}
    (artifact,) = prefect.ask("artifacts/filter", {"artifacts": kept})
    assert "| gain_lower_bound | 0.2" in artifact["data"]

    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    code, said, log = promote(project, "--rollback", "--model-name", name, MLFLOW_TRACKING_URI=mlflow)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert code == 0, log
    assert said.startswith(f"Rolled back: version 1 of '{name}' is champion again")
    assert registry.standing() == Standing("1", "2", None)
    # Processor time: other tests take the clock's.
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < ROLLBACK_SECONDS


def message(run, version):
    said = run["state"]["message"] or ""
    return said if f"version {version} of" in said else ""


def test_a_rollback_waits_neither_for_prefect_nor_for_tensorflow(project, registry, mlflow):
    code = (
        "import runpy, sys\n"
        f"sys.argv = ['promote', '--rollback', '--model-name', {registry.name!r}]\n"
        "try:\n"
        "    runpy.run_module('flows.promote', run_name='__main__', alter_sys=True)\n"
        "except SystemExit as ended:\n"
        "    print(ended.code)\n"
        "print(sorted({'prefect', 'tensorflow', 'keras'} & {name.split('.')[0] for name in sys.modules}))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=project,
        env=clean({"MLFLOW_TRACKING_URI": mlflow}),
        capture_output=True,
        text=True,
        check=True,
    )
    assert "has no champion: there is nothing to roll back" in done.stdout
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("words", [(), ("--rollback",)])
def test_a_tracking_server_that_does_not_answer_is_named(project, registry, prefect, words):
    address = f"http://127.0.0.1:{free_port()}"
    before = registry.standing()
    code, said, log = promote(project, *words, **prefect.environment, MLFLOW_TRACKING_URI=address)
    assert (code, said) == (1, "")
    assert f"the tracking server {address} (MLFLOW_TRACKING_URI) does not answer" in log
    assert "Traceback" not in log
    assert registry.standing() == before


def test_approval_without_a_server_says_what_it_needs(project, registry, tmp_path):
    code, _, log = promote(project, "--approve", PREFECT_HOME=str(tmp_path / "home"))
    assert code == 1
    assert "approval needs a Prefect server" in log
    assert registry.standing().champion is None


def test_from_a_terminal_the_process_waits_for_the_person_who_approves(project, registry, prefect, mlflow, tmp_path):
    words = [sys.executable, "-m", "flows.promote", "--approve", "--model-name", registry.name]
    surroundings = {**prefect.environment, "MLFLOW_TRACKING_URI": mlflow, "PYTHONPATH": str(ROOT)}
    with program(words, project, surroundings) as started:
        run = until(lambda: paused(prefect, registry.name), 180, f"the run is paused; {started.log}")
        assert run["state_name"] == "Paused"
        assert registry.standing().champion is None
        prefect.ask(f"flow_runs/{run['id']}/resume", {})
        assert prefect.wait(run["id"], 60)["state_name"] == "Promoted"
        assert started.process.wait(60) == 0
    assert registry.standing().champion == "1"


def paused(prefect, name):
    """The run that waits with this model, if there is one."""
    runs = prefect.flow_runs(flow_runs={"state": {"type": {"any_": ["PAUSED"]}}})
    return next((run for run in runs if run["parameters"].get("model_name") == name), None)


def test_a_deployment_waits_without_a_process_and_lets_others_pass(project, registry, prefect, mlflow, tmp_path):
    for folder in ("flows", "tasks", "mien"):
        shutil.copytree(ROOT / folder, project / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "prefect.yaml", project)
    with worker(prefect, "cpu", project, tmp_path, MLFLOW_TRACKING_URI=mlflow) as serving:
        deploy(project, prefect)
        waiting = prefect.start("promote/promote", approval=True, model_name=registry.name)
        until(lambda: prefect.flow_run(waiting)["state_name"] == "Suspended", 180, f"it is suspended; {serving.log}")
        until(lambda: len(serving.tree()) == 1, 60, "its process has ended")
        assert registry.standing().champion is None

        back = prefect.wait(prefect.start("promote/promote", rollback=True, model_name=registry.name), 120)
        assert (back["state_type"], back["state"]["message"]) == (
            "FAILED",
            f"'{registry.name}' has no champion: there is nothing to roll back.",
        )

        prefect.ask(f"flow_runs/{waiting}/resume", {})
        ended = prefect.wait(waiting, 180)
        assert (ended["state_type"], ended["state_name"]) == ("COMPLETED", "Promoted"), serving.said
        assert registry.standing() == Standing("1", "1", None)
        assert any("passes every gate" in line for line in prefect.log_lines(waiting))


def deploy(project, prefect):
    surroundings = clean({**prefect.environment, "PYTHONPATH": str(project)})
    subprocess.run([sys.executable, "-m", "flows.deploy"], cwd=project, env=surroundings, check=True, timeout=300)
