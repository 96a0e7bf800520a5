"""The drawn data set: determinism, Kaggle's layout, planted faults, and that it is neither trivial nor unlearnable."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from mien.datasets.synthetic import FEWEST_ROWS, Fault, Synthetic, __main__, csv_bytes, generate, write_csv
from mien.datasets.synthetic.action_units import BROW_INNER, CORNER_PULL, JAW, LID_UPPER, Units
from mien.datasets.synthetic.face import draw_face
from mien.datasets.synthetic.faults import COPIES, plan_rows
from mien.labels import EMOTIONS, USAGES

EMBEDDED = Path(__file__).parents[2] / "data" / "faces.csv.gz"
LIMIT = 4_000_000


@pytest.fixture(scope="module")
def small() -> Synthetic:
    return generate(rows=FEWEST_ROWS, seed=5)


@pytest.fixture(scope="module")
def full() -> Synthetic:
    return generate()


def plan(rows=3000, seed=1):
    return plan_rows(rows, np.random.Generator(np.random.PCG64(seed)))


def of_fault(data, *faults):
    return np.flatnonzero(data.table["fault"].isin([str(fault) for fault in faults]))


def test_same_seed_gives_the_same_file_and_another_seed_other_faces(small, tmp_path):
    for name, data in (("a.csv.gz", small), ("b.csv.gz", generate(rows=FEWEST_ROWS, seed=5))):
        write_csv(tmp_path / name, data)
    assert (tmp_path / "a.csv.gz").read_bytes() == (tmp_path / "b.csv.gz").read_bytes()
    assert not np.array_equal(draw_face("happy", (5, 1)), draw_face("happy", (6, 1)))


def test_compressed_file_holds_neither_date_nor_name(small, tmp_path):
    write_csv(tmp_path / "faces.csv.gz", small)
    header = (tmp_path / "faces.csv.gz").read_bytes()[:10]
    flags, date = header[3], header[4:8]
    assert flags == 0
    assert date == bytes(4)


def test_file_has_kaggles_layout(small):
    text = csv_bytes(small).decode("ascii")
    assert "\r" not in text
    assert text.endswith("\n")
    lines = text.splitlines()
    assert lines[0] == "emotion,pixels,Usage"
    assert len(lines) == 1 + len(small)
    for line, image, label, usage in zip(lines[1:], small.images, small.labels, small.usages, strict=True):
        emotion, pixels, written = line.split(",")
        assert (int(emotion), written) == (label, usage)
        assert [int(pixel) for pixel in pixels.split(" ")] == image.ravel().tolist()


def test_a_file_that_is_not_named_gz_is_plain(small, tmp_path):
    write_csv(tmp_path / "new" / "faces.csv", small)
    assert (tmp_path / "new" / "faces.csv").read_bytes() == csv_bytes(small)


def test_images_labels_and_usages_are_those_of_fer2013(small):
    assert small.images.shape == (FEWEST_ROWS, 48, 48)
    assert small.images.dtype == np.uint8
    assert [EMOTIONS[label] for label in small.labels] == small.table["label"].tolist()
    order = [USAGES.index(usage) for usage in small.usages]
    assert order == sorted(order)


def test_classes_are_as_unbalanced_as_in_fer2013_and_each_is_in_every_usage():
    table = plan()
    assert table["usage"].value_counts().to_dict() == {"Training": 2200, "PublicTest": 400, "PrivateTest": 400}
    for _, rows in table.groupby("usage"):
        shares = rows["label"].value_counts(normalize=True)
        assert shares.idxmax() == "happy"
        assert shares.idxmin() == "disgust"
        assert 0.015 <= shares["disgust"] <= 0.05
        assert rows["label"].value_counts().min() >= 10


def test_every_fault_is_planted_even_in_a_small_set(small):
    assert set(small.table["fault"]) == {str(fault) for fault in Fault}


def test_test_sets_share_as_many_faces_with_training_as_in_fer2013():
    table = plan()
    for usage in ("PublicTest", "PrivateTest"):
        across = table[(table["usage"] == usage) & (table["fault"] == Fault.ACROSS)]
        leaked = table["usage"].to_numpy()[across["twin"]] == "Training"
        assert 0.05 <= leaked.sum() / 400 <= 0.08


def test_four_in_a_hundred_training_labels_are_wrong_and_the_table_knows_the_right_one():
    table = plan()
    wrong = table[table["fault"] == Fault.WRONG_LABEL]
    assert len(wrong) == round(0.04 * 2200)
    assert set(wrong["usage"]) == {"Training"}
    assert (wrong["label"] != wrong["emotion"]).all()
    sound = table[~table["fault"].isin([Fault.WRONG_LABEL, Fault.CONFLICT])]
    assert (sound["label"] == sound["emotion"]).all()


def test_blank_images_are_black_and_nothing_else_is_constant(small):
    constant = np.flatnonzero(small.images.reshape(len(small), -1).std(axis=1) == 0)
    assert constant.tolist() == of_fault(small, Fault.BLANK).tolist()
    assert not small.images[constant].any()
    assert {"Training", "PublicTest"} == set(small.usages[constant])


def test_exact_twins_are_the_only_equal_images(small):
    rows = of_fault(small, Fault.WITHIN, Fault.ACROSS, Fault.CONFLICT)
    twins = small.table["twin"].to_numpy()[rows]
    assert (small.images[rows] == small.images[twins]).all()
    unique = len(np.unique(small.images.reshape(len(small), -1), axis=0))
    blanks = len(of_fault(small, Fault.BLANK))
    assert unique == len(small) - len(rows) - (blanks - 1)


def test_twins_agree_on_the_label_except_where_they_conflict(small):
    rows = of_fault(small, *COPIES)
    twins = small.table["twin"].to_numpy()[rows]
    conflicts = small.table["fault"].to_numpy()[rows] == Fault.CONFLICT
    assert ((small.labels[rows] != small.labels[twins]) == conflicts).all()


def correlations(data):
    flat = data.images.reshape(len(data), -1).astype(np.float32)
    flat -= flat.mean(axis=1, keepdims=True)
    flat /= np.linalg.norm(flat, axis=1, keepdims=True) + np.float32(1e-6)
    return flat @ flat.T


def test_near_twins_differ_a_little(small):
    alike, twins = correlations(small), small.table["twin"].to_numpy()
    for row in of_fault(small, Fault.NEAR_WITHIN, Fault.NEAR_ACROSS):
        assert 0.98 < alike[row, twins[row]] < 0.99999


@pytest.mark.slow
def test_nothing_looks_like_twins_that_was_not_planted(full):
    alike = np.triu(correlations(full), 1) > 0.97
    pairs = {(int(a), int(b)) for a, b in zip(*np.nonzero(alike), strict=True)}
    rows = of_fault(full, *COPIES)
    planted = {tuple(sorted((int(row), int(full.table["twin"][row])))) for row in rows}
    assert pairs == planted


def test_too_few_rows_are_refused_with_the_number_that_is_needed():
    with pytest.raises(ValueError, match=str(FEWEST_ROWS)):
        generate(rows=FEWEST_ROWS - 1)


def test_action_units_move_what_they_are_named_for():
    from mien.datasets.synthetic.identity import draw_identity
    from mien.datasets.synthetic.shape import brow, eye, head, mouth

    who = draw_identity(np.random.Generator(np.random.PCG64(0)))
    rest = Units()

    def both(unit):
        return Units({unit: 1.0}, {unit: 1.0})

    assert mouth(who, both(CORNER_PULL)).upper_in[0, 1] < mouth(who, rest).upper_in[0, 1]
    assert mouth(who, both(JAW)).opening > mouth(who, rest).opening + 0.2
    assert head(who, both(JAW))[:, 1].max() > head(who, rest)[:, 1].max()
    assert eye(who, both(LID_UPPER), 1, (0, 0)).openness > eye(who, rest, 1, (0, 0)).openness
    assert brow(who, both(BROW_INNER), 1)[0, 1] < brow(who, rest, 1)[0, 1]


def test_command_writes_the_file_and_says_how_large_it_is(tmp_path, capsys):
    __main__.main([str(tmp_path / "faces.csv"), "--rows", str(FEWEST_ROWS), "--seed", "5"])
    assert (tmp_path / "faces.csv").exists()
    assert f"{FEWEST_ROWS} faces" in capsys.readouterr().out


def nearest_mean(data, standardise):
    pixels = data.images.reshape(len(data), -1).astype(np.float64)
    if standardise:
        pixels = (pixels - pixels.mean(axis=1, keepdims=True)) / (pixels.std(axis=1, keepdims=True) + 1e-6)
    training, test = data.usages == "Training", data.usages == "PrivateTest"
    means = np.array([pixels[training & (data.labels == code)].mean(axis=0) for code in range(len(EMOTIONS))])
    distances = ((pixels[test][:, None] - means) ** 2).sum(axis=2)
    return float((distances.argmin(axis=1) == data.labels[test]).mean())


@pytest.mark.slow
@pytest.mark.parametrize("standardise", [False, True])
def test_class_means_do_not_tell_the_emotions_apart(full, standardise):
    assert nearest_mean(full, standardise) < 0.6


@pytest.mark.slow
def test_whole_set_is_small_enough_to_embed(full, tmp_path):
    write_csv(tmp_path / "faces.csv.gz", full)
    assert (tmp_path / "faces.csv.gz").stat().st_size <= LIMIT


@pytest.mark.slow
@pytest.mark.skipif(not EMBEDDED.exists(), reason="data/ holds no drawn faces: `dvc pull` brings them")
def test_embedded_file_is_what_the_generator_draws(full):
    """Another processor may round a pixel to the next gray level; labels and all else are equal to the byte."""
    with gzip.open(EMBEDDED, "rt", encoding="ascii") as file:
        rows = [line.rstrip("\n").split(",") for line in file][1:]
    assert [int(row[0]) for row in rows] == full.labels.tolist()
    assert [row[2] for row in rows] == full.usages.tolist()
    pixels = np.array([np.array(row[1].split(" "), dtype=np.int64) for row in rows])
    different = pixels != full.images.reshape(len(full), -1)
    assert different.mean() < 1e-3


@pytest.mark.slow
def test_small_network_learns_it_but_not_perfectly(full):
    keras = pytest.importorskip("keras")
    from mien.networks import build

    keras.utils.set_random_seed(1)
    pixels, labels = full.images[..., None], full.labels
    training, private = full.usages == "Training", full.usages == "PrivateTest"
    model = build("vgg_small", len(EMOTIONS))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    both = np.concatenate([pixels[training], pixels[training][:, :, ::-1]])
    model.fit(both, np.tile(labels[training], 2), batch_size=128, epochs=30, verbose=0)
    accuracy = float((model.predict(pixels[private], verbose=0).argmax(axis=1) == labels[private]).mean())
    assert 0.75 <= accuracy <= 0.97
