from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from mien.errors import ParamsError
from mien.params import (
    RANGES,
    SECTIONS,
    STAGES,
    AugmentParams,
    CleanParams,
    EntropyRule,
    Params,
    load_params,
    parse_params,
)

PARAMS_YAML = Path(__file__).parents[1] / "params.yaml"


def written(tmp_path, text):
    path = tmp_path / "params.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def refusal(tmp_path, text):
    """The message that refuses params.yaml with this content."""
    with pytest.raises(ParamsError) as caught:
        load_params(written(tmp_path, text))
    return str(caught.value)


def test_the_projects_own_file_names_every_stage_in_order_and_then_promotion_and_sweep():
    assert tuple(yaml.safe_load(PARAMS_YAML.read_text(encoding="utf-8"))) == SECTIONS == (*STAGES, "promote", "sweep")
    assert STAGES == ("ingest", "validate", "clean", "split", "augment", "train", "evaluate", "register")
    assert load_params(PARAMS_YAML).section("clean") == load_params(PARAMS_YAML).clean


def test_an_empty_file_gives_the_defaults(tmp_path):
    assert load_params(written(tmp_path, "")) == Params()


def test_a_file_that_is_not_there_says_where_to_run(tmp_path):
    with pytest.raises(ParamsError, match="project's root"):
        load_params(tmp_path / "params.yaml")


def test_what_is_no_yaml_is_refused(tmp_path):
    assert "not valid YAML" in refusal(tmp_path, "clean: [unclosed")


def test_a_misspelt_key_is_named_with_its_line_and_the_keys_that_are_known(tmp_path):
    message = refusal(tmp_path, "ingest:\n  source: auto\nclean:\n  constant: true\n  neer: false\n")
    assert "params.yaml:5: clean.neer: unknown key" in message
    assert "near_threshold" in message


def test_a_misspelt_key_in_a_section_that_may_be_null_names_the_keys_of_that_section(tmp_path):
    message = refusal(tmp_path, "clean:\n  entropy:\n    percent: 1\n    min_bits: 1.0\n")
    assert "params.yaml:3: clean.entropy.percent: unknown key" in message
    assert "drop_percent" in message


def test_a_misspelt_section_names_the_stages(tmp_path):
    message = refusal(tmp_path, "cleaning: {}\n")
    assert "params.yaml:1: cleaning: unknown key" in message
    assert "validate" in message


def test_a_value_outside_its_range_is_shown_with_what_is_allowed(tmp_path):
    message = refusal(tmp_path, "split:\n  by: official\n  test_share: 0.7\n")
    assert "params.yaml:3: split.test_share" in message
    assert "less than 0.5" in message
    assert "Received: 0.7" in message


def test_every_fault_is_listed_not_only_the_first(tmp_path):
    message = refusal(tmp_path, "clean:\n  constant: perhaps\nsplit:\n  by: chance\n")
    assert "clean.constant" in message
    assert "split.by" in message
    assert len(message.splitlines()) == 2


@pytest.mark.parametrize("limits", [{}, {"drop_percent": 1.0, "min_bits": 3.0}])
def test_the_entropy_rule_has_exactly_one_limit(limits):
    with pytest.raises(ValidationError, match="exactly one of drop_percent and min_bits"):
        EntropyRule(**limits)


def test_sections_cannot_be_changed():
    with pytest.raises(ValidationError, match="frozen"):
        CleanParams().constant = False


def test_ranges_are_given_by_name_or_by_value():
    assert AugmentParams(ranges="vgg_small").ranges == RANGES["vgg_small"]
    assert AugmentParams(ranges={"rotation": 5}).ranges.rotation == 5
    with pytest.raises(ValidationError, match="known: none, light, deep_cnn, vgg_small"):
        AugmentParams(ranges="heavy")


def test_a_section_that_is_no_stage_is_refused():
    with pytest.raises(ParamsError, match="no section 'tidy'"):
        Params().section("tidy")


def test_values_from_elsewhere_are_checked_in_the_same_words():
    with pytest.raises(ParamsError, match=r"form: split\.seed: .*Received: -1"):
        parse_params({"split": {"seed": -1}}, "form")
    with pytest.raises(ParamsError, match="the file"):
        parse_params(["a list"])


def test_models_that_drop_doubted_labels_may_not_choose_the_faces_of_a_drawn_test_set():
    doubts = {"clean": {"doubtful_labels": {"drop_percent": 1}}, "split": {"by": "stratified"}}
    with pytest.raises(ParamsError, match="split: .*clean.doubtful_labels.drop_percent to 0 .*official"):
        parse_params(doubts)
    parse_params(doubts | {"split": {}})
    parse_params(doubts | {"clean": {"doubtful_labels": {"drop_percent": 0}}})
