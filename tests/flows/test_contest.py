import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from flows.errors import FlowError
from flows.promotion.contest import compete
from flows.promotion.page import lines, page
from flows.promotion.rollback import restore_previous
from flows.promotion.trial import hold_trial
from mien.errors import DataError, TrackingError
from mien.params import load_params
from tasks.registry.entry import CHALLENGER, CHAMPION, Registry, Standing
from tasks.tracking.store import open_store
from tests.flows.contenders import FACES, judge_on, register_model, write_project
from tests.tasks.judged import CLASSES

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def two_models(tmp_path_factory):
    """A project whose version 1 reads the weak strip and version 2, the challenger, the strong one."""
    root = tmp_path_factory.mktemp("two-models")
    with pytest.MonkeyPatch.context() as patch:
        enter(root, patch)
        write_project(root)
        register_model(root, "weak")
        register_model(root, "strong")
    return root


@pytest.fixture
def project(two_models, tmp_path, monkeypatch):
    """The same for one test alone; only its database is a copy, and its artifacts where they were."""
    import shutil

    for name in ("mlflow.db", "params.yaml", "dvc.yaml", "build"):
        source = two_models / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / name)
    enter(tmp_path, monkeypatch)
    return tmp_path


def enter(root, patch):
    patch.chdir(root)
    for name in ("MLFLOW_TRACKING_URI", "DVC_ROOT"):
        patch.delenv(name, raising=False)
    patch.setenv("PIPELINE_KEY", "contest")


def registry(champion=None):
    found = Registry(open_store(), "mien")
    if champion:
        found.point(CHAMPION, champion)
    return found


def trial(standing, of=None):
    return hold_trial(of or registry(), standing, load_params())


def contest(of, judge=None, approve=lambda trial: None):
    said = []
    ending = compete(of, judge or (lambda standing: trial(standing, of)), approve, said.append)
    return ending, said


def everything(of):
    versions = of.client.search_model_versions("name = 'mien'")
    tags = {str(version.version): dict(version.tags) for version in versions}
    return of.standing(), tags, [model.name for model in of.client.search_registered_models()]


def test_the_first_model_is_judged_by_the_absolute_gates(project):
    of = registry()
    ending, _ = contest(of)
    assert ending.name == "Promoted"
    assert ending.message == "version 2 of 'mien' passes every gate with no champion to beat; it is champion now"
    assert of.standing() == Standing(champion="2", challenger="2", previous=None)
    figures = json.loads(of.version("2").tags["promotion.figures"])
    assert figures["challenger"]["accuracy"] == 0.9
    assert figures["rows"] == {
        "test": FACES,
        "compared": FACES,
        "clean": FACES - 10,
        "usage": "PrivateTest",
        "left_out": {"version 2": 0},
    }


def test_a_better_challenger_replaces_the_champion_and_both_say_why(project):
    of = registry(champion="1")
    ending, _ = contest(of)
    assert ending.message == (
        "version 2 of 'mien' passes every gate against version 1, the champion; it is champion now"
    )
    assert of.standing() == Standing(champion="2", challenger="2", previous="1")
    new, old = of.version("2"), of.version("1")
    figures = json.loads(old.tags["promotion.replaced_figures"])
    assert figures["champion"]["accuracy"] == 0.6
    assert figures["gain"]["accuracy"]["value"] == 0.3
    assert figures["mcnemar"] == {"only_old": 0, "only_new": 120, "p": 0.0, "exact": False}
    assert "gain_lower_bound: 0.2" in new.tags["promotion.reasons"]
    kept = of.client.download_artifacts(new.run_id, "promotion/version-2.md", str(project))
    text = Path(kept).read_text(encoding="utf-8")
    assert "Version 2 of 'mien' passes every gate against version 1" in text
    assert "| accuracy | 0.900 (" in text


def test_a_worse_challenger_changes_nothing_at_all(project):
    of = registry(champion="2")
    of.point(CHALLENGER, "1")
    before = everything(of)
    ending, _ = contest(of)
    assert ending.name == "Kept"
    assert ending.message.startswith("version 1 of 'mien' does not pass (gain_lower_bound, ")
    assert everything(of) == before


def test_the_same_answers_from_another_file_are_no_reason_to_change(project):
    number = register_model(project, "strong", salt=1)
    of = registry(champion="2")
    assert (number, of.standing().challenger) == ("3", "3")
    ending, _ = contest(of)
    assert "does not pass (gain_lower_bound, max_mcnemar_p)" in ending.message


def test_a_challenger_that_is_champion_already_is_said_to_be(project):
    of = registry(champion="2")
    before = everything(of)
    ending, _ = contest(of)
    assert ending.name == "Kept"
    assert "version 2 of 'mien' is champion already" in ending.message
    assert everything(of) == before


def test_what_was_rolled_back_is_not_promoted_by_the_next_schedule(project):
    of = registry(champion="1")
    contest(of)
    assert "version 1 of 'mien' is champion again" in restore_previous(None).message
    ending, _ = contest(of)
    assert ending.name == "Kept"
    assert "was rolled back" in ending.message
    assert of.standing().champion == "1"


def test_rows_that_a_model_may_have_learned_from_are_left_out(project):
    table = pd.read_parquet("build/split/faces.parquet")
    judge_on(project, table[100:])
    register_model(project, "strong", salt=1)
    found = trial(Standing("1", "3", None))
    assert found.rows == {"test": FACES, "compared": FACES - 100, "clean": FACES - 107}
    assert found.left_out == {"version 3": 100, "version 1": 0}
    assert "judged on 300 of 400 test rows of PrivateTest (100 were no test rows of version 3)" in lines(found)
    assert "100 were no test rows of version 3" in page(found)


def test_too_few_common_rows_are_refused(project):
    table = pd.read_parquet("build/split/faces.parquet")
    judge_on(project, table[300:])
    register_model(project, "strong", salt=1)
    of = registry(champion="1")
    before = everything(of)
    with pytest.raises(DataError, match=r"300 were no test rows of version 3.*asks for 200"):
        contest(of)
    assert everything(of) == before


def test_a_version_that_does_not_say_what_it_was_judged_on_is_refused(project):
    of = registry(champion="1")
    of.untag(of.version("1"), "test.held_out")
    with pytest.raises(TrackingError, match=r"version 1 of 'mien' has no tag 'test.held_out'.*register"):
        contest(of)


@pytest.mark.parametrize("name", ["data/model.keras", "held_out/*.txt"])
def test_a_file_that_was_swapped_is_refused_before_it_is_loaded(project, two_models, name):
    of = registry(champion="1")
    paths = list((two_models / "mlartifacts").rglob(name))
    originals = {path: path.read_bytes() for path in paths}
    try:
        for path in paths:
            path.write_bytes(b"something else")
        with pytest.raises(
            TrackingError, match=rf"{name.replace('*', '.*')} has the MD5 .* registered was .* not used"
        ):
            contest(of)
    finally:
        for path, content in originals.items():
            path.write_bytes(content)
    assert of.standing().champion == "1"


def test_a_file_that_is_gone_is_named(project, two_models):
    of = registry(champion="1")
    uri = of.version("1").tags["test.held_out"]
    of.tag("1", {"test.held_out": uri.replace(".txt", ".gone")})
    with pytest.raises(TrackingError, match=r"held_out/.*\.gone is not"):
        contest(of)


@pytest.mark.parametrize("place", ["/etc/hostname", "http://127.0.0.1:1/held_out.txt", "runs:/held_out.txt"])
def test_a_record_that_is_no_artifact_of_a_run_is_not_fetched(project, place):
    of = registry(champion="1")
    of.tag("1", {"test.held_out": place})
    with pytest.raises(TrackingError, match=f"names no artifact of a run: {place}"):
        contest(of)


def test_models_whose_classes_stand_in_another_order_are_compared_by_name(project):
    register_model(project, "strong", classes=CLASSES[::-1])
    found = trial(Standing("2", "3", None))
    assert found.verdict.figures["gain"]["accuracy"]["value"] == 0
    assert found.verdict.figures["challenger"]["accuracy"] == 0.9


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"classes": ["happy", "angry"]}, r"version 3 knows the classes angry, happy; today's split has happy, sad"),
        ({"side": 64}, r"version 3 takes faces of 64 x 64 x 1; today's are 48 x 48"),
    ],
)
def test_models_that_cannot_be_compared_are_refused(project, change, message):
    register_model(project, "strong", **change)
    of = registry(champion="1")
    before = everything(of)
    with pytest.raises(DataError, match=message):
        contest(of)
    assert everything(of) == before


def test_a_champion_that_changes_while_models_are_judged_is_judged_against(project):
    of = registry(champion="1")
    judged = []

    def slow(standing):
        found = trial(standing, of)
        if not judged:
            of.point(CHAMPION, None)
        judged.append(standing.champion)
        return found

    ending, said = contest(of, slow)
    assert judged == ["1", None]
    assert "from version 1 to none. Nothing was changed. Judging again." in said[0]
    assert ending.name == "Promoted"


def test_aliases_that_never_rest_end_in_a_message(project):
    of = registry(champion="1")
    found = trial(of.standing(), of)
    champions = iter(["none", "1", "none"])

    def restless(standing):
        number = next(champions)
        of.point(CHAMPION, None if number == "none" else number)
        return found

    with pytest.raises(FlowError, match="were moved 3 times"):
        contest(of, restless)
    assert "promotion.decision" not in of.version("2").tags


def test_nothing_is_promoted_before_it_is_approved(project):
    of = registry(champion="1")

    class StopError(Exception):
        pass

    def refuse(found):
        raise StopError(found.challenger)

    before = everything(of)
    with pytest.raises(StopError, match="2"):
        contest(of, approve=refuse)
    assert everything(of) == before


def test_a_registry_without_a_challenger_says_who_makes_one(project):
    of = registry()
    of.point(CHALLENGER, None)
    with pytest.raises(TrackingError, match="has no challenger"):
        contest(of)


@pytest.mark.parametrize("path", ["split/faces.parquet", "split/classes.json", "ingest/images.npy"])
def test_a_checkout_without_test_rows_is_told_to_run_the_pipeline(project, path):
    (project / "build" / path).unlink()
    with pytest.raises(FlowError, match=f"{path} is missing.*Run the pipeline first"):
        contest(registry(champion="1"))


def test_speed_is_measured_for_both_in_turns(project):
    found = trial(Standing("1", "2", None)).verdict.figures
    assert 0 < found["challenger"]["ms_per_face"] < 1000
    assert np.isclose(found["challenger"]["ms_per_face"], found["champion"]["ms_per_face"], rtol=1)
