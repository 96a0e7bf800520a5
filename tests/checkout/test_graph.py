import pytest

from flows.checkout.child import run_dvc
from flows.checkout.graph import Graph
from flows.errors import FlowError
from tests.conftest import git


def test_the_stages_come_in_the_order_of_their_dependencies_with_the_data_first(repository):
    names = Graph().names
    assert set(names) == {"data.dvc", "draw", "paint", "other"}
    assert names.index("data.dvc") < names.index("draw") < names.index("paint")


def test_a_target_brings_what_it_is_made_from_and_nothing_else(repository):
    assert Graph().with_upstream(["paint"]) == ["data.dvc", "draw", "paint"]
    assert Graph().with_upstream(["other"]) == ["other"]
    assert Graph().with_upstream(None) == Graph().names


def test_an_unknown_stage_is_refused_with_those_that_there_are(repository):
    with pytest.raises(FlowError, match=r"no stage pant in dvc\.yaml\. Stages: .*paint"):
        Graph().with_upstream(["draw", "pant"])


def test_a_stage_has_changes_until_it_has_run_and_again_after_its_input_changes(repository):
    assert set(Graph().changes(["draw", "other"])) == {"draw", "other"}
    run_dvc("repro", "--single-item", "draw")
    assert set(Graph().changes(["draw", "other"])) == {"other"}
    (repository / "data" / "one").write_text("two\n")
    assert "draw" in Graph().changes(["draw"])


def test_a_broken_dvc_yaml_is_said_with_its_key_and_line(repository):
    (repository / "dvc.yaml").write_text("stages:\n  draw:\n    cmdd: true\n")
    with pytest.raises(FlowError, match=r"dvc\.yaml(?s:.)*cmdd, line 3, column 5"):
        Graph()
    git("checkout", "dvc.yaml")
    assert Graph().names
