from pathlib import Path

import pytest

from flows.comparison.entries import entries, in_running_order
from flows.comparison.program import main
from mien.comparison import ALL, CLEAN, NONE
from mien.errors import ParamsError
from mien.presets import PRESETS

ROOT = Path(__file__).parents[2]


def names(listed):
    return [(entry.preset.name, entry.protocol) for entry in listed]


def test_all_presets_under_both_protocols_the_seeds_own_first():
    assert names(entries([], "both", {})) == [(name, protocol) for name in PRESETS for protocol in ("seed", "sound")]


def test_only_what_is_named_and_each_once_in_the_order_in_which_it_is_named():
    listed = entries(["mememoji", "blog_cnn", "mememoji"], "sound", {})
    assert names(listed) == [("mememoji", "sound"), ("blog_cnn", "sound")]


def test_an_unknown_preset_names_the_known_ones():
    with pytest.raises(ParamsError, match=f"no preset 'mememojy'; known: {', '.join(PRESETS)}"):
        entries(["mememojy"], "both", {})


def test_a_setting_that_does_not_exist_is_named_with_the_preset_on_which_it_does_not_fit():
    with pytest.raises(
        ParamsError, match=r"mememoji, seed's protocol: .*train.epoch: unknown key; known here: .*epochs"
    ):
        entries(["mememoji"], "both", {"train.epoch": 1})


def test_those_that_share_early_stages_run_one_after_the_other():
    listed = entries([], "both", {})
    ordered = in_running_order(listed)
    assert sorted(names(ordered)) == sorted(names(listed))
    cleans = [str(entry.sections["clean"]) for entry in ordered]
    changes = sum(one != other for one, other in zip(cleans, cleans[1:], strict=False))
    assert changes == len(set(cleans)) - 1


def test_what_is_wrong_with_a_protocol_in_principle_counts_beside_what_was_counted():
    (unsound,) = entries(["deep_cnn"], "seed", {})
    assert unsound.result.believable == NONE
    judged = unsound.judged({"believable": CLEAN, "fault": "3 of 40 test faces have twins."})
    assert judged.believable == NONE
    assert judged.fault.startswith("all Usages are pooled")
    assert judged.fault.endswith("3 of 40 test faces have twins.")
    (sound,) = entries(["deep_cnn"], "sound", {})
    assert sound.result.believable == ALL
    assert sound.judged({"believable": CLEAN, "fault": "twins"}).believable == CLEAN


def test_nothing_published_is_invented():
    (entry,) = entries(["affectnet_cnn"], "sound", {})
    assert (entry.result.published, entry.result.published_test) == (None, None)


def test_a_bad_word_is_answered_before_anything_starts(monkeypatch):
    monkeypatch.chdir(ROOT)
    for words, said in (
        (["mememojy"], f"no preset 'mememojy'; known: {', '.join(PRESETS)}"),
        (["mememoji", "--set", "train.epochs"], "--set train.epochs: must be KEY=VALUE"),
    ):
        monkeypatch.setattr("sys.argv", ["compare", *words])
        with pytest.raises(SystemExit, match=said):
            main()


def test_settings_on_top_are_part_of_every_result_in_one_way_however_they_are_given():
    for params in ({"train.epochs": 3}, {"train": {"epochs": 3}}):
        assert {entry.result.settings for entry in entries(["mememoji"], "both", params)} == {"train.epochs = 3"}
    (entry,) = entries(["mememoji"], "sound", {})
    assert entry.result.settings == ""
