import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from mien.errors import ParamsError
from mien.params import PARAMS_FILE, RANGES, parse_params
from mien.presets import PRESET_SECTIONS, PRESETS, PROTOCOLS, load_preset

OWN = {"constant": False, "within": False, "conflicts": False, "across": False, "near": False, "entropy": None}
"""What a project that does not clean leaves of our rules."""


def params(name, protocol="sound"):
    return parse_params(load_preset(name).sections(protocol))


def settings(section, names):
    return {name: getattr(section, name) for name in names}


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_preset_gives_whole_sections_that_validate(name, protocol):
    preset = load_preset(name)
    sections = preset.sections(protocol)
    assert tuple(sections) == PRESET_SECTIONS
    checked = parse_params(sections)
    for section in PRESET_SECTIONS:
        assert set(sections[section]) == set(type(checked.section(section)).model_fields)
    assert set(sections["train"]["network"]) >= {"name", "dropout"}
    assert (preset.title != "", preset.year in range(2016, 2022), preset.source != "") == (True, True, True)


@pytest.mark.parametrize("name", PRESETS)
def test_the_sound_protocol_keeps_the_official_test_faces_apart_and_cleans_by_our_rules(name):
    sound = params(name)
    assert settings(sound.split, ["by", "test", "validation", "twins", "test_in_training"]) == {
        "by": "official",
        "test": "auto",
        "validation": "auto",
        "twins": "apart",
        "test_in_training": False,
    }
    assert all(settings(sound.clean, ["constant", "within", "conflicts", "across", "near"]).values())


@pytest.mark.parametrize("name", PRESETS)
def test_the_protocols_differ_in_cleaning_and_split_only(name):
    sound, seed = (load_preset(name).sections(protocol) for protocol in PROTOCOLS)
    assert (sound["augment"], sound["train"]) == (seed["augment"], seed["train"])
    assert sound["split"]["classes"] == seed["split"]["classes"]
    assert sound != seed


def test_the_blog_drops_the_lowest_hundredth_by_local_entropy_and_disgust():
    for protocol in PROTOCOLS:
        blog = params("blog_cnn", protocol)
        assert settings(blog.clean.entropy, ["method", "drop_percent"]) == {"method": "local", "drop_percent": 1.0}
        assert blog.split.classes.drop == ("disgust",)
        assert (blog.train.network.name, blog.train.optimizer.name) == ("blog_cnn", "rmsprop")
    assert not blog.clean.across
    assert blog.split.twins == "ignored"


def test_the_affectnet_report_learns_from_its_test_faces_and_chooses_by_the_last_rows():
    preset = load_preset("affectnet_cnn")
    seed = params("affectnet_cnn", "seed")
    assert settings(seed.clean, OWN) == OWN
    assert (seed.split.test_in_training, seed.split.validation, seed.split.twins) == (True, "last", "ignored")
    assert preset.published.accuracy is None
    assert "learned from" in preset.unsound


def test_the_notebook_pools_all_faces_and_its_test_faces_choose():
    preset = load_preset("deep_cnn")
    seed = params("deep_cnn", "seed")
    assert settings(seed.clean, OWN) == OWN
    assert settings(seed.split, ["by", "test_share", "validation", "twins", "seed"]) == {
        "by": "stratified",
        "test_share": 0.1,
        "validation": "test",
        "twins": "ignored",
        "seed": 42,
    }
    assert seed.split.classes.top_k == 3
    assert settings(seed.train, ["batch_size", "epochs", "augment_online"]) == {
        "batch_size": 32,
        "epochs": 100,
        "augment_online": RANGES["deep_cnn"],
    }
    assert seed.train.optimizer.model_dump(include={"name", "learning_rate"}) == {"name": "adam", "learning_rate": 1e-3}
    assert settings(seed.train.early_stopping, ["monitor", "patience", "min_delta"]) == {
        "monitor": "val_accuracy",
        "patience": 11,
        "min_delta": 5e-4,
    }
    assert settings(seed.train.schedule, ["name", "factor", "patience", "minimum"]) == {
        "name": "plateau",
        "factor": 0.5,
        "patience": 7,
        "minimum": 1e-7,
    }
    assert (preset.published.correct, preset.published.faces) == (1545, 2127)
    assert preset.published.accuracy == pytest.approx(1545 / 2127, abs=5e-5)
    assert "pooled" in preset.unsound


def test_mememoji_merges_disgust_and_stops_by_the_validation_loss():
    preset, seed = load_preset("mememoji"), params("mememoji", "seed")
    assert settings(seed.clean, OWN) == OWN
    assert dict(seed.split.classes.merge) == {"disgust": "angry"}
    assert (seed.split.by, seed.split.twins, seed.split.validation) == ("official", "ignored", "auto")
    assert (seed.train.batch_size, seed.train.epochs, seed.train.augment_online) == (128, 100, None)
    assert (seed.train.early_stopping.monitor, seed.train.early_stopping.patience) == ("val_loss", 5)
    assert preset.published.accuracy == pytest.approx(2084 / 3589, abs=5e-5)
    assert (preset.published.macro_f1, preset.unsound) == (0.54, "")


def test_the_capstone_is_two_rows_with_and_without_augmentation():
    augmented, plain = (load_preset(name) for name in ("vgg_small", "vgg_small_plain"))
    assert (augmented.published.accuracy, augmented.published.loss) == (0.62162, 1.00026)
    assert (plain.published.accuracy, plain.published.loss, plain.published.macro_f1) == (0.58902, 1.06349, None)
    assert plain.published.faces == augmented.published.faces == 3589
    for published in (augmented.published, plain.published):
        assert published.accuracy == pytest.approx(published.correct / 3589, abs=5e-6)
    assert params("vgg_small").train.augment_online == RANGES["vgg_small"]
    assert (params("vgg_small_plain").train.augment_online, params("vgg_small_plain").train.epochs) == (None, 30)
    for name in ("vgg_small", "vgg_small_plain"):
        seed = params(name, "seed")
        assert settings(seed.clean, OWN) == {**OWN, "constant": True}
        assert (seed.split.by, seed.split.twins, seed.train.batch_size) == ("official", "ignored", 128)


def test_transfer_learning_needs_no_file_and_unfreezes_in_steps_where_there_is_one():
    transfer = params("transfer").train
    assert transfer.network.options["weights"] is None
    assert [(step.after_epochs, step.blocks) for step in transfer.unfreeze] == [(3, 4), (8, None)]
    assert transfer.augment_online == RANGES["light"]


def test_no_preset_makes_copies_that_are_kept():
    assert {params(name).augment.copies for name in PRESETS} == {0}


def test_an_unknown_preset_or_protocol_names_the_known_ones():
    with pytest.raises(ParamsError, match="no preset 'vgg16'; known: blog_cnn, .*vgg_small_plain"):
        load_preset("vgg16")
    with pytest.raises(ParamsError, match="no protocol 'best'; known: sound, seed"):
        load_preset("vgg_small").sections("best")


def command(*words):
    done = subprocess.run([sys.executable, "-m", "mien.presets", *words], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def test_the_command_lists_them_with_what_was_published():
    code, listed, _ = command()
    assert code == 0
    head, *rows = listed.splitlines()
    assert [row.split()[0] for row in rows[: len(PRESETS)]] == list(PRESETS)
    published = head.index("published")
    assert [row[published:].split("  ")[0] for row in rows[: len(PRESETS)]] == [
        "50.0%",
        "no figure",
        "72.6% (1,545 of 2,127: a tenth of all Usages together)",
        "58.1% (2,084 of 3,589: PrivateTest)",
        "62.2% (2,231 of 3,589: PrivateTest)",
        "58.9% (2,114 of 3,589: PrivateTest)",
        "no figure",
    ]
    assert [row[head.index("the seed's protocol") :] for row in rows[: len(PRESETS)]] == [
        "not said",
        "unsound",
        "unsound",
        *["twins stay"] * 4,
    ]
    assert "twins stay: twins of test faces are among those that are learned from" in listed


def test_the_command_writes_one_into_params_yaml_and_says_what_is_different(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    Path("params.yaml").write_text("# Mine.\ntrain:\n  epochs: 3  # few\nregister:\n  model_name: faces\n")
    code, said, _ = command("deep_cnn", "--protocol", "seed")
    assert code == 0
    assert "  train.epochs: 3 -> 100\n" in said
    assert "not to be believed: all Usages are pooled" in said
    text = PARAMS_FILE.read_text()
    assert text.startswith("# Mine.\ntrain:\n  epochs: 100  # few\n")
    written = yaml.safe_load(text)
    assert written.pop("register") == {"model_name": "faces"}
    assert written == load_preset("deep_cnn").sections("seed")
    assert "says that already" in command("deep_cnn", "--protocol", "seed")[1]
    code, _, refused = command("vgg16")
    assert code == 1
    assert "no preset 'vgg16'; known:" in refused
    assert PARAMS_FILE.read_text() == text
