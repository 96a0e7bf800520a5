import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from flows.checkout import kept
from flows.checkout.child import run_dvc
from flows.checkout.lock import lock_file
from flows.checkout.overrides import check_params, overridden, preset_sections, put_back_of
from flows.errors import FlowError
from mien.errors import ParamsError
from mien.params import load_params
from tests.conftest import git

HOLD = """
import time
from flows.checkout.lock import only_run
with only_run("holder", print):
    print("held", flush=True)
    time.sleep(60)
"""


def here(overrides, revision):
    return overridden(overrides, revision, "here", pytest.fail)


def second_version(repository: Path) -> None:
    (repository / "data" / "one").write_text("two\n")
    run_dvc("add", "data")
    git("add", "-A")
    git("commit", "-qm", "second")


def test_settings_hold_inside_and_the_file_is_byte_for_byte_as_before_after_it(repository):
    before = Path("params.yaml").read_bytes()
    with here({"train.epochs": 7, "train.network": {"name": "deep_cnn"}}, None):
        assert load_params().train.epochs == 7
        assert load_params().train.network.name == "deep_cnn"
    assert Path("params.yaml").read_bytes() == before
    assert not kept.FOLDER.exists()


def test_they_are_put_back_after_an_error_too(repository):
    before = Path("params.yaml").read_bytes()
    with pytest.raises(KeyboardInterrupt), here({"train.epochs": 7}, None):
        raise KeyboardInterrupt
    assert Path("params.yaml").read_bytes() == before


def test_a_setting_that_does_not_validate_is_refused_before_anything_is_written(repository):
    before = Path("params.yaml").read_bytes()
    with pytest.raises(ParamsError, match=r"train\.epoch: unknown key"), here({"train.epoch": 7}, None):
        pytest.fail("entered")
    assert Path("params.yaml").read_bytes() == before
    assert not kept.FOLDER.exists()


def test_sections_are_merged_and_a_dotted_key_makes_missing_sections(repository):
    text, params = check_params({"train": {"epochs": 9}, "split.classes.top_k": 3})
    assert yaml.safe_load(text)["split"] == {"classes": {"top_k": 3}}
    assert (params.train.epochs, params.split.classes.top_k) == (9, 3)


def killed_with_overrides(content: str = "train: {epochs: 7}\n") -> bytes:
    """What a killed run leaves; returns params.yaml as it was before it."""
    before = Path("params.yaml").read_bytes()
    kept.keep("killed", {Path("params.yaml"): "train: {epochs: 7}\n"})
    Path("params.yaml").write_text(content)
    return before


def test_what_a_killed_run_has_overridden_is_put_back_by_the_next_run(repository):
    before = killed_with_overrides()
    with here({}, None):
        assert Path("params.yaml").read_bytes() == before
    assert not kept.FOLDER.exists()


def test_a_watchman_puts_back_what_its_own_run_has_overridden_and_nothing_else(repository):
    before = killed_with_overrides()
    put_back_of("another")
    assert Path("params.yaml").read_bytes() != before
    put_back_of("killed")
    assert Path("params.yaml").read_bytes() == before


def test_a_watchman_that_has_nothing_to_put_back_does_not_hold_the_checkout_against_the_one_that_has(repository):
    killed_with_overrides()
    lock_file().unlink(missing_ok=True)
    put_back_of("another")
    assert not lock_file().exists()


def test_a_watchman_keeps_its_hands_off_a_checkout_that_another_run_holds(repository):
    before = killed_with_overrides()
    holder = subprocess.Popen([sys.executable, "-c", HOLD], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    put_back_of("killed")
    assert Path("params.yaml").read_bytes() != before
    holder.kill()
    holder.wait()
    holder.stdout.close()


def test_what_a_person_has_changed_meanwhile_stays_and_the_version_before_lies_beside_it(repository):
    before = killed_with_overrides("train: {epochs: 9}\n")
    told = []
    kept.put_back(told.append)
    assert Path("params.yaml").read_text() == "train: {epochs: 9}\n"
    assert Path("params.yaml.before").read_bytes() == before
    assert "params.yaml was changed" in told[0]


def test_a_copy_that_was_not_finished_is_never_put_back(repository):
    before = killed_with_overrides("train: {epochs: 9}\n")
    (kept.FOLDER / kept.OWNER).unlink()
    kept.put_back(lambda _: None)
    assert Path("params.yaml").read_text() == "train: {epochs: 9}\n"
    assert before
    assert not kept.FOLDER.exists()


def test_a_kill_between_the_file_and_the_data_is_mended_by_the_next_run(repository):
    second_version(repository)
    today = Path("data.dvc").read_text()
    with here({}, "HEAD~1"):
        older = Path("data.dvc").read_text()
    run_dvc("checkout", "data.dvc")
    kept.keep("killed", {Path("data.dvc"): older})
    (repository / "data" / "one").write_text("one\n")
    assert Path("data.dvc").read_text() == today
    with here({}, None):
        assert (repository / "data" / "one").read_text() == "two\n"


def test_the_data_of_a_revision_are_there_inside_and_todays_after_it(repository):
    second_version(repository)
    today = Path("data.dvc").read_bytes()
    with here({}, "HEAD~1"):
        assert (repository / "data" / "one").read_text() == "one\n"
        assert Path("data.dvc").read_bytes() != today
    assert (repository / "data" / "one").read_text() == "two\n"
    assert Path("data.dvc").read_bytes() == today


def test_data_that_nobody_has_added_are_never_overwritten(repository):
    (repository / "data" / "one").write_text("mine\n")
    with pytest.raises(FlowError, match="dvc add data"), here({}, "HEAD"):
        pytest.fail("entered")
    assert (repository / "data" / "one").read_text() == "mine\n"


def test_a_revision_that_is_not_there_is_refused(repository):
    with pytest.raises(FlowError, match="data revision 'v9'"), here({}, "v9"):
        pytest.fail("entered")


def test_a_revision_that_looks_like_an_option_is_refused_and_does_nothing(repository):
    with pytest.raises(FlowError, match="data revision"), here({}, "--output=stolen"):
        pytest.fail("entered")
    assert not list(repository.glob("stolen*"))


def test_a_fresh_clone_without_its_data_takes_those_of_a_revision(repository):
    run_dvc("remote", "add", "-d", "store", str(repository.parent / "store"))
    run_dvc("push")
    shutil.rmtree("data")
    shutil.rmtree(".dvc/cache")
    with here({}, "HEAD"):
        assert (repository / "data" / "one").read_text() == "one\n"


@pytest.mark.parametrize("content", ["a: [1\n", "- one\n"])
def test_a_broken_file_is_a_message_and_not_a_traceback(repository, content):
    Path("params.yaml").write_text(content)
    with pytest.raises(ParamsError, match="params.yaml"):
        check_params({"train.epochs": 2})


def test_a_preset_takes_the_place_of_whole_sections_and_settings_come_on_top(repository):
    Path("params.yaml").write_text("train: {optimizer: {clipnorm: 1.0}, epochs: 3}\npromote: {alpha: 0.01}\n")
    sections = preset_sections("mememoji", "seed")
    text, params = check_params({"train": {"epochs": 9}, "train.optimizer.name": "sgd"}, sections)
    assert (params.train.epochs, params.train.optimizer.name, params.train.optimizer.clipnorm) == (9, "sgd", None)
    assert yaml.safe_load(text) == sections | {
        "train": {
            **sections["train"],
            "epochs": 9,
            "optimizer": {**sections["train"]["optimizer"], "name": "sgd"},
        },
        "promote": {"alpha": 0.01},
    }
    assert preset_sections("mememoji", "seed") == sections


def test_a_preset_holds_inside_and_the_file_is_as_before_after_it(repository):
    before = Path("params.yaml").read_bytes()
    with overridden({}, None, "here", pytest.fail, preset_sections("blog_cnn", "sound")):
        assert load_params().train.network.name == "blog_cnn"
    assert Path("params.yaml").read_bytes() == before


def test_an_unknown_preset_names_the_known_ones_and_a_protocol_alone_is_refused():
    with pytest.raises(ParamsError, match="no preset 'resnet'; known: blog_cnn, affectnet_cnn, deep_cnn"):
        preset_sections("resnet", "sound")
    with pytest.raises(FlowError, match="protocol 'seed': .*none is named"):
        preset_sections(None, "seed")
    assert preset_sections(None, "sound") == {}
