"""The flow on a repository of small stages, with a real Prefect server; its real stages have tests of their own."""

import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import psutil
import pytest
import yaml

from tests.flows.servers import Prefect, Program, until

pytestmark = pytest.mark.slow

SLEEPER = Path(__file__).with_name("sleeper.py")
CLI = [sys.executable, "-m", "flows.pipeline"]


def run(prefect: Prefect, *words: str, **environment: str) -> tuple[int, str, str]:
    """Exit code of the flow from a terminal, what it said, and the id of its flow run ("" without one)."""
    flow = Program([*CLI, *words], Path.cwd(), {**prefect.environment, **environment})
    code = flow.process.wait(120)
    found = re.search(r"runs/flow-run/([0-9a-f-]{36})", flow.said)
    return code, flow.said, found[1] if found else ""


def set_commands(**commands: str) -> None:
    content = yaml.safe_load(Path("dvc.yaml").read_text())
    for stage, command in commands.items():
        content["stages"][stage]["cmd"] = command
    Path("dvc.yaml").write_text(yaml.safe_dump(content, sort_keys=False))


def alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def artifacts(prefect: Prefect, run_id: str) -> dict[str, Mapping[str, object]]:
    body = {"artifacts": {"flow_run_id": {"any_": [run_id]}}}
    return {artifact["key"]: artifact for artifact in prefect.ask("artifacts/filter", body)}


def test_the_states_say_what_happened_executed_then_cached_then_restored(prefect, repository):
    code, said, first = run(prefect)
    assert code == 0, said
    assert prefect.task_states(first) == {
        "data.dvc": "Cached",
        "draw": "Executed",
        "paint": "Executed",
        "other": "Executed",
    }
    _, _, second = run(prefect)
    assert set(prefect.task_states(second).values()) == {"Cached"}
    Path("build/painted").unlink()
    _, _, third = run(prefect)
    assert prefect.task_states(third)["paint"] == "Restored"
    assert prefect.flow_run(third)["state"]["message"] == "3 cached, 1 restored"


def test_what_a_stage_says_is_in_the_log_and_in_the_table_of_stages(prefect, repository):
    _, said, done = run(prefect, "paint")
    assert "Task run 'draw' - draw: drawn" in said
    until(lambda: "draw: drawn" in prefect.log_lines(done), 20, "the line is in the server's log")
    table = str(artifacts(prefect, done)["stages"]["data"])
    assert '"stage": "draw", "state": "Executed"' in table
    assert "other" not in table


def test_a_stage_that_fails_ends_the_run_in_its_own_words_and_is_not_tried_again(prefect, repository):
    set_commands(draw="echo once >> build/tries; echo 'draw failed: no ink'; exit 1")
    code, said, failed = run(prefect)
    assert code == 1
    assert said.rstrip().endswith("draw failed: no ink")
    assert prefect.flow_run(failed)["state"]["message"] == "draw failed: no ink"
    assert prefect.task_states(failed)["draw"] == "Failed"
    assert "paint" not in prefect.task_states(failed)
    assert Path("build/tries").read_text() == "once\n"


def test_a_failure_that_may_pass_is_tried_again_after_a_while(prefect, repository):
    set_commands(draw="test -e ink && touch build/drawn || { touch ink; echo 'draw failed: no answer'; exit 75; }")
    code, said, done = run(prefect, "draw")
    assert code == 0, said
    assert "Retry 1/4" in said
    assert prefect.task_states(done)["draw"] == "Executed"


def test_force_runs_the_named_stages_again_and_only_those(prefect, repository):
    run(prefect)
    _, _, forced = run(prefect, "paint", "--force")
    assert prefect.task_states(forced) == {"data.dvc": "Cached", "draw": "Cached", "paint": "Executed"}


@pytest.mark.parametrize(
    ("words", "environment", "expected"),
    [
        (["pant"], {}, r"no stage pant in dvc.yaml. Stages: data.dvc, draw"),
        (["--set", "train.epoch=3"], {}, r"train.epoch: unknown key; known here: .*epochs"),
        (["--set", "train.epochs"], {}, r"--set train.epochs: must be KEY=VALUE"),
        (["--set", "train.network.name=resnet99"], {}, r"train.network.*resnet99"),
        (["--preset", "resnet99"], {}, r"no preset 'resnet99'; known: blog_cnn, affectnet_cnn"),
        (["--protocol", "seed"], {}, r"protocol 'seed': is that of a preset, and none is named"),
        ([], {"PREFECT_API_URL": "http://127.0.0.1:9/api"}, r"does not answer: .*unset it to run without a server"),
    ],
)
def test_a_bad_request_is_refused_before_there_is_a_run(prefect, repository, words, environment, expected):
    before = Path("params.yaml").read_bytes()
    code, said, started = run(prefect, *words, **environment)
    assert (code, started) == (1, "")
    assert re.search(expected, said)
    assert "Traceback" not in said
    assert Path("params.yaml").read_bytes() == before


def test_a_preset_is_in_params_yaml_for_the_time_of_the_run_with_the_settings_on_top(prefect, repository):
    set_commands(draw="cp params.yaml build/seen && touch build/drawn")
    before = Path("params.yaml").read_bytes()
    code, said, done = run(prefect, "draw", "--preset", "deep_cnn", "--protocol", "seed", "--set", "train.epochs=2")
    assert code == 0, said
    seen = yaml.safe_load(Path("build/seen").read_text())
    assert (seen["split"]["by"], seen["train"]["network"]["name"], seen["train"]["epochs"]) == (
        "stratified",
        "deep_cnn",
        2,
    )
    assert Path("params.yaml").read_bytes() == before
    parameters = prefect.flow_run(done)["parameters"]
    assert (parameters["preset"], parameters["protocol"]) == ("deep_cnn", "seed")


def test_a_tracking_server_or_a_remote_that_is_not_there_is_said_before_work_starts(prefect, repository):
    code, said, failed = run(prefect, MLFLOW_TRACKING_URI="http://127.0.0.1:9")
    assert code == 1
    assert "the tracking server http://127.0.0.1:9 (MLFLOW_TRACKING_URI) does not answer" in said
    assert prefect.task_states(failed) == {}
    subprocess.run(
        [sys.executable, "-m", "dvc", "remote", "add", "-d", "share", "/nowhere/share"], check=True, capture_output=True
    )
    code, said, failed = run(prefect)
    assert code == 1
    assert "DVC's default remote 'share' is not there: /nowhere/share" in said
    assert prefect.task_states(failed) == {}
    assert not Path("build/drawn").exists()


def test_nothing_that_prefect_keeps_of_a_run_is_a_pickle(prefect, repository, tmp_path):
    kept = tmp_path / "kept"
    settings = {"PREFECT_RESULTS_PERSIST_BY_DEFAULT": "true", "PREFECT_LOCAL_STORAGE_PATH": str(kept)}
    run(prefect, **settings)
    set_commands(other="exit 1")
    run(prefect, **settings)
    files = [path for path in kept.rglob("*") if path.is_file()] if kept.exists() else []
    for path in files:
        assert '"type":"pickle"' not in path.read_text().replace(" ", "")


def test_two_runs_at_once_in_one_checkout_go_one_after_the_other(prefect, repository):
    set_commands(draw="echo $$ start >> build/order && sleep 3 && echo $$ end >> build/order && touch build/drawn")
    flows = [Program([*CLI, "draw", "--force"], repository, prefect.environment) for _ in range(2)]
    assert [flow.process.wait(120) for flow in flows] == [0, 0]
    words = [line.split()[1] for line in Path("build/order").read_text().splitlines()]
    assert words == ["start", "end", "start", "end"]
    assert any("runs in this checkout" in flow.said for flow in flows)


def test_without_a_server_it_runs_all_the_same(repository, tmp_path):
    flow = Program([*CLI, "paint"], repository, {"PREFECT_HOME": str(tmp_path / "home")})
    assert flow.process.wait(180) == 0, flow.said
    assert Path("build/painted").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_however_the_flow_is_ended_nothing_is_left_running_and_the_next_run_goes_on(prefect, repository, number):
    set_commands(draw=f"echo $$ > build/pid && exec python {SLEEPER}")
    before = Path("params.yaml").read_bytes()
    flow = Program([*CLI, "draw", "--set", "train.epochs=9"], repository, prefect.environment)
    pid = Path("build/pid")
    until(lambda: pid.exists() and pid.read_text().strip(), 60, "the stage runs")
    flow.process.send_signal(number)
    until(lambda: not alive(int(pid.read_text())), 20, "the stage has ended")
    flow.process.wait(60)
    started = re.search(r"runs/flow-run/([0-9a-f-]{36})", flow.said)
    assert started is not None
    assert prefect.wait(started[1], 120)["state_type"] in ("CRASHED", "CANCELLED")
    until(lambda: Path("params.yaml").read_bytes() == before, 30, "params.yaml is put back")
    set_commands(draw="touch build/drawn")
    code, said, _ = run(prefect, "draw")
    assert code == 0, said
