import json

import numpy as np
import pandas as pd
import pytest

from mien.errors import DataError
from mien.evaluation import evaluate, pictures, tables
from mien.evaluation.agreement import agreement
from mien.labels import EMOTIONS, FERPLUS_VOTES
from mien.metrics import confusion_matrix
from mien.params import EvaluateParams
from tests.answers import SOUND, history, images, probabilities_for, split_table

PARAMS = EvaluateParams(bootstrap_samples=200)


def judged(rows=200, classes=EMOTIONS, seed=0, **columns):
    table = split_table(rows, classes, seed=seed).assign(**columns)
    return evaluate(table, probabilities_for(table["class_index"], len(classes), seed=seed), classes, PARAMS, SOUND)


def with_votes(table, votes):
    """The table with FER+ votes, given as {row: {name: votes}}; other rows have none."""
    for name in FERPLUS_VOTES:
        table[f"votes_{name}"] = np.array([votes.get(row, {}).get(name, 0) for row in range(len(table))], np.uint8)
    return table


def numbers(value):
    if isinstance(value, dict):
        return [number for part in value.values() for number in numbers(part)]
    return [value]


def test_official_are_all_test_rows_and_clean_those_without_a_twin():
    evaluation = judged()
    table = split_table()
    test = table[table["split"] == "test"]
    assert evaluation.metrics["official"]["n"] == len(test)
    assert evaluation.metrics["clean"]["n"] == len(test) - test["twin_in_training"].sum()
    assert not evaluation.clean.table["twin_in_training"].any()


def test_clean_figures_do_not_see_the_twins():
    table = split_table()
    answers = probabilities_for(table["class_index"], 7)
    before = evaluate(table, answers, EMOTIONS, PARAMS, SOUND).metrics
    answers[table["twin_in_training"]] = np.eye(7, dtype=np.float32)[table["class_index"][table["twin_in_training"]]]
    after = evaluate(table, answers, EMOTIONS, PARAMS, SOUND).metrics
    assert after["clean"] == before["clean"]
    assert after["official"]["accuracy"] > before["official"]["accuracy"]


def test_every_figure_is_a_finite_number_and_the_same_each_time():
    metrics = judged().metrics
    rest = {name: value for name, value in metrics.items() if name not in ("test_usage", "protocol")}
    assert all(np.isfinite(number) for number in numbers(rest))
    assert json.loads(json.dumps(metrics, allow_nan=False)) == metrics
    assert judged().metrics == metrics


def test_the_names_that_others_rely_on_are_there():
    metrics = judged().metrics
    for side in ("official", "clean"):
        assert {"n", "accuracy", "macro_f1", "m_measure", "ece", "ece_uncalibrated"} <= set(metrics[side])
        assert set(metrics[side]["accuracy_interval"]) == set(metrics[side]["macro_f1_interval"]) == {"low", "high"}
        assert set(metrics[side]["recall"]) == set(EMOTIONS)
    assert metrics["test_usage"] == "PrivateTest"
    assert metrics["protocol"] == {**SOUND.record, "sound": True, "seen": 0, "statement": ""}
    assert set(metrics["validation"]) == {"n", "accuracy", "macro_f1", "loss"}


def test_the_usage_of_the_test_rows_is_told():
    assert judged(usage="PublicTest").metrics["test_usage"] == "PublicTest"
    mixed = np.where(np.arange(200) % 2 == 0, "Training", "PublicTest")
    assert judged(usage=mixed).metrics["test_usage"] == "Training+PublicTest"


def test_the_temperature_comes_from_validation_rows_and_makes_test_rows_more_honest():
    table = split_table(3000)
    boasting = probabilities_for(table["class_index"], 7) ** 4
    evaluation = evaluate(table, boasting / boasting.sum(axis=1, keepdims=True), EMOTIONS, PARAMS, SOUND)
    official = evaluation.metrics["official"]
    assert evaluation.temperature == pytest.approx(4 / 1.5, rel=0.1)  # 1.5: the skill of the answers
    assert official["ece"] < official["ece_uncalibrated"] / 2
    assert official["loss"] < official["loss_uncalibrated"]
    assert official["brier"] < official["brier_uncalibrated"]


def test_the_temperature_does_not_look_at_test_rows():
    table = split_table()
    answers = probabilities_for(table["class_index"], 7)
    scrambled = answers.copy()
    scrambled[table["split"] == "test"] = answers[table["split"] == "test"][::-1]
    one, other = (evaluate(table, given, EMOTIONS, PARAMS, SOUND) for given in (answers, scrambled))
    assert one.temperature == other.temperature


def test_without_validation_rows_probabilities_stay_as_they_are():
    evaluation = judged(split="test")
    assert evaluation.temperature == 1
    assert evaluation.metrics["validation"] == {"n": 0}


def test_where_every_test_row_has_a_twin_clean_is_empty():
    assert judged(twin_in_training=True).metrics["clean"] == {"n": 0}


def test_without_test_rows_there_is_nothing_to_judge():
    with pytest.raises(DataError, match="no test row"):
        judged(split="validation")


def test_answers_of_another_network_are_refused():
    table = split_table()
    with pytest.raises(DataError, match="trained on other classes"):
        evaluate(table, np.full((200, 6), 1 / 6), EMOTIONS, PARAMS, SOUND)


def test_answers_that_are_no_numbers_are_refused():
    table = split_table()
    answers = probabilities_for(table["class_index"], 7)
    answers[5, 2] = np.nan
    with pytest.raises(DataError, match="1 of 200 faces are not numbers"):
        evaluate(table, answers, EMOTIONS, PARAMS, SOUND)


def test_agreement_with_votes_worked_by_hand():
    table = split_table(4, ("angry", "happy"))
    table["class_index"] = np.array([0, 1, 1, 0], np.int16)
    table["label"] = table["class"] = ["angry", "happy", "happy", "angry"]
    votes = {
        0: {"anger": 8, "neutral": 2},  # a clear favourite, and the prediction
        1: {"happiness": 6, "anger": 4},  # a clear favourite, not the prediction
        2: {"happiness": 5, "anger": 5},  # a tie
        3: {"NF": 9, "anger": 1},  # something that is no class
    }
    ours = agreement(with_votes(table, votes), np.array([0, 0, 1, 0]), ("angry", "happy"))
    assert (ours["rows"], ours["majority_rows"]) == (4, 2)
    assert ours["agreement"] == 0.5
    assert ours["label_agreement"] == 1.0
    assert ours["vote_share"] == pytest.approx((0.8 + 0.4 + 0.5 + 0.1) / 4)
    assert ours["label_vote_share"] == pytest.approx((0.8 + 0.6 + 0.5 + 0.1) / 4)


def test_votes_follow_a_merged_class():
    table = split_table(2, ("angry", "happy"))
    table["label"] = ["angry", "disgust"]
    table["class"], table["class_index"] = "angry", np.int16(0)
    votes = {row: {"anger": 3, "disgust": 3, "happiness": 4} for row in (0, 1)}
    ours = agreement(with_votes(table, votes), np.array([0, 1]), ("angry", "happy"))
    assert ours["agreement"] == 0.5
    assert ours["vote_share"] == pytest.approx((0.6 + 0.4) / 2)


def test_rows_without_votes_do_not_count():
    table = with_votes(split_table(3, ("angry", "happy")), {1: {"anger": 10}})
    assert agreement(table, np.zeros(3, int), ("angry", "happy"))["rows"] == 1
    assert agreement(with_votes(table, {}), np.zeros(3, int), ("angry", "happy")) == {}


def test_figures_have_agreement_only_where_votes_were_joined():
    assert "ferplus" not in judged().metrics["official"]
    votes = {f"votes_{name}": np.uint8(1) for name in FERPLUS_VOTES}
    assert judged(**votes).metrics["official"]["ferplus"]["majority_rows"] == 0


def test_predictions_have_every_judged_face_once_and_what_the_network_said(tmp_path):
    evaluation = judged()
    tables.write_tables(evaluation, history(), tmp_path)
    written = pd.read_parquet(tmp_path / "predictions.parquet")
    assert written["face"].tolist() == list(range(200))
    assert written.columns.tolist()[:5] == ["face", "split", "class_index", "predicted", "twin_in_training"]
    raw = written[[f"p_{name}" for name in EMOTIONS]].to_numpy()
    assert raw.dtype == np.float32
    assert (raw == probabilities_for(split_table()["class_index"], 7)).all()
    assert (raw.argmax(axis=1) == written["predicted"]).all()


def test_metrics_are_written_sorted_and_rounded(tmp_path):
    evaluation = judged()
    tables.write_tables(evaluation, history(), tmp_path)
    text = (tmp_path / "metrics.json").read_text(encoding="utf-8")
    assert json.loads(text) == evaluation.metrics
    assert text == json.dumps(evaluation.metrics, indent=2, sort_keys=True) + "\n"
    assert all(number == round(number, 6) for number in numbers(evaluation.metrics["official"]))


def test_the_tables_of_the_plots_hold_what_the_figures_say(tmp_path):
    evaluation = judged()
    tables.write_tables(evaluation, history(), tmp_path)
    read = {path.stem: pd.read_csv(path) for path in (tmp_path / "plots").iterdir()}
    assert set(read) == {"confusion", "roc", "reliability", "learning_curve"}
    actual, predicted = (read["confusion"][side].map(EMOTIONS.index) for side in ("actual", "predicted"))
    assert (confusion_matrix(actual, predicted, 7) == evaluation.confusion).all()
    assert read["reliability"]["count"].sum() == evaluation.metrics["official"]["n"]
    assert set(read["roc"]["class"]) == set(EMOTIONS)
    assert read["learning_curve"].columns.tolist() == ["epoch", "loss", "val_loss", "accuracy", "val_accuracy"]


def test_the_tables_are_the_same_bytes_each_time(tmp_path):
    written = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        tables.write_tables(judged(), history(), tmp_path / name)
        written.append({path.name: path.read_bytes() for path in (tmp_path / name).rglob("*.*")})
    assert written[0] == written[1]


def test_the_surest_mistakes_are_wrong_and_sorted_and_show_a_twin_once():
    evaluation = judged(400, group=np.arange(400) // 4)
    shown = pictures.surest_mistakes(evaluation.official, images(400), EMOTIONS)
    assert len(shown) > 10
    assert not any(answer.right for answer in shown)
    sureness = [answer.guesses[0][1] for answer in shown]
    assert sureness == sorted(sureness, reverse=True)
    assert len({answer.face // 4 for answer in shown}) == len(shown)
    wrong = evaluation.official.confidence[~evaluation.official.correct]
    assert sureness[0] == pytest.approx(wrong.max())


def test_random_guesses_are_24_different_faces_and_follow_the_seed():
    rows = judged().official
    drawn = [[a.face for a in pictures.random_guesses(rows, images(200), EMOTIONS, seed)] for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert len(set(drawn[0])) == pictures.GUESSES


def test_an_answer_carries_its_own_face_label_and_guesses():
    rows, faces = judged().official, images(200)
    answer = pictures.random_guesses(rows, faces, EMOTIONS, seed=3)[0]
    position = rows.table["face"].tolist().index(answer.face)
    assert (answer.image == faces[answer.face]).all()
    assert answer.true == EMOTIONS[rows.labels[position]]
    assert answer.guesses[0] == (EMOTIONS[rows.predicted[position]], pytest.approx(rows.confidence[position]))
    assert sum(probability for _, probability in answer.guesses) == pytest.approx(1)


def test_the_surest_hit_is_right_even_where_a_mistake_is_surer():
    table = split_table(4, ("angry", "happy")).assign(split="test", class_index=np.int16(0))
    answers = np.array([[0.01, 0.99], [0.6, 0.4], [0.7, 0.3], [0.45, 0.55]])
    assert pictures.surest_hit(evaluate(table, answers, ("angry", "happy"), PARAMS, SOUND).official) == 2
