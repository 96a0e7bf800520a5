from pathlib import Path

import pytest
import yaml

from flows.checkout.child import run_dvc
from flows.checkout.overrides import KEPT, check_params, overridden, put_back
from flows.errors import FlowError
from mien.errors import ParamsError
from mien.params import load_params
from tests.conftest import git


def test_settings_hold_inside_and_the_file_is_byte_for_byte_as_before_after_it(repository):
    before = Path("params.yaml").read_bytes()
    with overridden({"train.epochs": 7, "train.network": {"name": "deep_cnn"}}, None):
        assert load_params().train.epochs == 7
        assert load_params().train.network.name == "deep_cnn"
    assert Path("params.yaml").read_bytes() == before
    assert not KEPT.exists()


def test_they_are_put_back_after_an_error_too(repository):
    before = Path("params.yaml").read_bytes()
    with pytest.raises(KeyboardInterrupt), overridden({"train.epochs": 7}, None):
        raise KeyboardInterrupt
    assert Path("params.yaml").read_bytes() == before


def test_a_setting_that_does_not_validate_is_refused_before_anything_is_written(repository):
    before = Path("params.yaml").read_bytes()
    with pytest.raises(ParamsError, match=r"train\.epoch: unknown key"), overridden({"train.epoch": 7}, None):
        pytest.fail("entered")
    assert Path("params.yaml").read_bytes() == before
    assert not KEPT.exists()


def test_sections_are_merged_and_a_dotted_key_makes_missing_sections(repository):
    text, params = check_params({"train": {"epochs": 9}, "split.classes.top_k": 3})
    assert yaml.safe_load(text)["split"] == {"classes": {"top_k": 3}}
    assert (params.train.epochs, params.split.classes.top_k) == (9, 3)


def test_what_a_killed_run_has_overridden_is_put_back_by_whoever_comes_next(repository):
    before = Path("params.yaml").read_bytes()
    with overridden({"train.epochs": 7}, None):
        kept = {path: path.read_bytes() for path in KEPT.rglob("*") if path.is_file()}
    KEPT.mkdir(parents=True)
    for path, content in kept.items():
        path.write_bytes(content)
    Path("params.yaml").write_text("train: {epochs: 7}\n")
    put_back()
    assert Path("params.yaml").read_bytes() == before
    assert not KEPT.exists()


def test_a_copy_that_was_not_finished_is_never_put_back(repository):
    KEPT.mkdir(parents=True)
    (KEPT / "params.yaml").write_text("tra")
    before = Path("params.yaml").read_bytes()
    put_back()
    assert Path("params.yaml").read_bytes() == before


def test_the_data_of_a_revision_are_there_inside_and_todays_after_it(repository):
    (repository / "data" / "one").write_text("two\n")
    run_dvc("add", "data")
    git("add", "-A")
    git("commit", "-qm", "second")
    today = Path("data.dvc").read_bytes()
    with overridden({}, "HEAD~1"):
        assert (repository / "data" / "one").read_text() == "one\n"
        assert Path("data.dvc").read_bytes() != today
    assert (repository / "data" / "one").read_text() == "two\n"
    assert Path("data.dvc").read_bytes() == today


def test_data_that_nobody_has_added_are_never_overwritten(repository):
    (repository / "data" / "one").write_text("mine\n")
    with pytest.raises(FlowError, match="dvc add data"), overridden({}, "HEAD"):
        pytest.fail("entered")
    assert (repository / "data" / "one").read_text() == "mine\n"


def test_a_revision_that_is_not_there_is_refused(repository):
    with pytest.raises(FlowError, match="data revision 'v9'"), overridden({}, "v9"):
        pytest.fail("entered")
