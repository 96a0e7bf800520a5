import pytest
import yaml

from mien.errors import ParamsError
from mien.params import load_params
from mien.params.edit import Change, edit_params
from mien.presets import PRESETS, PROTOCOLS, load_preset
from tests.test_params import PARAMS_YAML

TEXT = """\
# All settings.

clean:
  constant: true  # black ones
  # about information
  entropy:  # seed S0
    method: local
    drop_percent: 1.0  # the lowest
  within: true

# Who learns.
split:
  by: official
  classes: {drop: [disgust], top_k: null}

train:
  network:
    name: vgg_small
    dropout: 0.3
  augment_online:
  epochs: 25  # enough
"""


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "params.yaml"
    path.write_text(TEXT, encoding="utf-8")
    return path


def lines(path):
    """Lines that went, and lines that came."""
    old, new = TEXT.splitlines(), path.read_text(encoding="utf-8").splitlines()
    return [line for line in old if line not in new], [line for line in new if line not in old]


def test_a_value_is_changed_and_every_other_letter_stays(path):
    assert edit_params({"train.epochs": 3}, path) == [Change("train.epochs", 25, 3)]
    assert path.read_text() == TEXT.replace("epochs: 25  # enough", "epochs: 3  # enough")


def test_a_mapping_takes_the_place_of_the_old_one_and_comments_of_keys_that_stay_are_kept(path):
    edit_params({"clean": {"constant": False, "near": False, "entropy": {"method": "global", "min_bits": 1.5}}}, path)
    assert yaml.safe_load(path.read_text())["clean"] == {
        "constant": False,
        "entropy": {"method": "global", "min_bits": 1.5},
        "near": False,
    }
    assert path.read_text().startswith(
        "# All settings.\n\nclean:\n  constant: false  # black ones\n  # about information\n  entropy:  # seed S0\n"
        "    method: global\n    min_bits: 1.5\n  near: false\n\n# Who learns.\nsplit:\n"
    )


def test_what_becomes_nothing_and_what_was_nothing_keep_their_place(path):
    edit_params({"clean.entropy": None, "train.augment_online": {"rotation": 15}}, path)
    went, came = lines(path)
    assert went == [
        "  entropy:  # seed S0",
        "    method: local",
        "    drop_percent: 1.0  # the lowest",
    ]
    assert came == ["  entropy: null  # seed S0", "    rotation: 15"]
    assert load_params(path).train.augment_online.rotation == 15


def test_a_mapping_without_a_common_key_and_one_in_braces_are_replaced(path):
    edit_params({"split.classes": {"merge": {"disgust": "angry"}}, "train.network": {"name": "blog_cnn"}}, path)
    went, came = lines(path)
    assert came == ["  classes: {merge: {disgust: angry}}", "    name: blog_cnn"]
    edit_params({"train": {"seed": 7}}, path)
    assert yaml.safe_load(path.read_text())["train"] == {"seed": 7}


def test_sections_and_keys_that_were_not_there_are_added(path):
    changes = edit_params(
        {"augment.copies": 0, "train.schedule.minimum": 1e-7, "clean.entropy.usages": ["Training"]}, path
    )
    assert [change.key for change in changes] == ["clean.entropy.usages", "train.schedule", "augment"]
    _, came = lines(path)
    assert came == ["    usages: [Training]", "  schedule:", "    minimum: 1.0e-07", "augment:", "  copies: 0"]
    assert load_params(path).train.schedule.minimum == 1e-7


def test_what_does_not_validate_is_refused_with_its_line_and_nothing_is_written(path):
    with pytest.raises(ParamsError, match=r"params.yaml:21: train.epochs: .*Received: 0"):
        edit_params({"train.epochs": 0, "split.by": "stratified"}, path)
    assert path.read_text() == TEXT


def test_values_that_are_there_already_write_nothing(path):
    before = path.stat().st_mtime_ns
    assert edit_params({"train.epochs": 25, "split.classes.drop": ("disgust",)}, path) == []
    assert path.stat().st_mtime_ns == before


def test_what_a_program_cannot_change_without_harm_is_left_to_people(path):
    path.write_text("augment: &same\n  seed: 3\ntrain:\n  <<: *same\n", encoding="utf-8")
    before = path.read_text()
    with pytest.raises(ParamsError, match="only people can change"):
        edit_params({"augment.seed": 4}, path)
    assert path.read_text() == before


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ("split:\n  seed: &same 3\naugment:\n  seed: *same\n", {"split.seed": 4}),
        ("train:\n  device: >-\n    cpu\n  seed: 3\n", {"train.device": "gpu"}),
        ("{split: {seed: 3}}\n", {"train.seed": 4}),
        ("split:\n  ? seed\n", {"split.seed": 4}),
    ],
    ids=["a value that an alias repeats", "a text below its key", "all in braces", "a key without its colon"],
)
def test_a_file_without_a_place_for_the_change_is_refused_in_the_same_words(path, text, changes):
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ParamsError, match="only people can change"):
        edit_params(changes, path)
    assert path.read_text() == text


def test_line_ends_of_windows_and_a_link_to_the_file_stay(path, tmp_path):
    path.write_bytes(TEXT.replace("\n", "\r\n").encode())
    link = tmp_path / "link.yaml"
    link.symlink_to(path)
    edit_params({"train.epochs": 3, "augment.copies": 0}, link)
    expected = TEXT.replace("epochs: 25", "epochs: 3") + "augment:\n  copies: 0\n"
    assert path.read_bytes() == expected.replace("\n", "\r\n").encode()
    assert link.is_symlink()


def test_letters_beyond_ascii_stay_readable(path):
    edit_params({"split.classes": {"merge": {"sad": "müde"}}}, path)
    assert "  classes: {merge: {sad: müde}}\n" in path.read_text(encoding="utf-8")


def test_a_list_over_several_lines_is_replaced_by_one_in_one_line(path):
    text = "validate:\n  required_classes: [sad,\n    happy]  # two\nclean:\n  entropy:\n    min_bits: 1.0\n"
    for usages in (
        "    usages: [Training,\n      PublicTest]\n",
        "    usages:\n      - Training\n      - PublicTest\n",
    ):
        path.write_text(text + usages, encoding="utf-8")
        edit_params({"validate.required_classes": ["sad", "angry"], "clean.entropy.usages": ["PrivateTest"]}, path)
        assert path.read_text() == text.replace("[sad,\n    happy]", "[sad, angry]") + "    usages: [PrivateTest]\n"


def test_a_file_that_holds_no_sections_is_refused(path):
    path.write_text("- train\n", encoding="utf-8")
    with pytest.raises(ParamsError, match="must be sections with settings. Received: list"):
        edit_params({"train.epochs": 4}, path)
    assert path.read_text() == "- train\n"


def test_a_file_without_a_last_line_break_or_without_anything_is_no_hindrance(path):
    for text in ("", "train:\n  epochs: 3"):
        path.write_text(text, encoding="utf-8")
        edit_params({"train.seed": 7, "split.seed": 8}, path)
        assert (load_params(path).train.seed, load_params(path).split.seed) == (7, 8)


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_preset_fits_into_the_projects_own_file_and_leaves_the_rest_alone(path, name, protocol):
    path.write_text(PARAMS_YAML.read_text(encoding="utf-8"), encoding="utf-8")
    sections = load_preset(name).sections(protocol)
    edit_params(sections, path)
    old, new = (yaml.safe_load(file.read_text(encoding="utf-8")) for file in (PARAMS_YAML, path))
    assert list(new) == list(old)
    assert new == {**old, **sections}
    assert edit_params(sections, path) == []
