import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from mien.cleaning import clean_faces
from mien.cleaning.nonfaces import nonface_scores
from mien.datasets.synthetic import Fault, generate
from mien.params import CleanParams
from tests.cleaning.tables import make_faces

pytestmark = pytest.mark.slow

NONFACES = [Fault.BLANK, Fault.ICON, Fault.TEXT]

OFF = {"constant": False, "within": False, "conflicts": False, "across": False, "near": False}


@pytest.fixture(scope="module")
def drawn():
    return generate(rows=600, seed=5)


@pytest.fixture(scope="module")
def scores(drawn):
    return nonface_scores(drawn.images, np.flatnonzero(drawn.usages == "Training"))


def test_drawn_placeholders_rank_before_drawn_faces(drawn, scores):
    is_nonface = drawn.table["fault"].isin([str(fault) for fault in NONFACES]).to_numpy()
    assert scores.dtype == np.float32
    assert np.isfinite(scores).all()
    assert roc_auc_score(is_nonface, scores) > 0.97
    assert is_nonface[np.argsort(-scores)[:3]].all()


def test_one_core_and_other_pictures_of_the_test_sets_give_the_training_rows_the_same_bytes(drawn, scores, tmp_path):
    training = np.flatnonzero(drawn.usages == "Training")
    images = drawn.images.copy()
    images[drawn.usages != "Training"] = 255 - images[drawn.usages != "Training"]
    np.save(tmp_path / "images.npy", images)
    np.save(tmp_path / "training.npy", training)
    code = (
        "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
        "import numpy as np; from mien.cleaning.nonfaces import nonface_scores\n"
        "images = np.load('images.npy', mmap_mode='r')\n"
        "np.save('scores.npy', nonface_scores(images, np.load('training.npy')))"
    )
    one = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONPATH": str(Path.cwd())}
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=one, check=True, capture_output=True)
    assert np.load(tmp_path / "scores.npy")[training].tobytes() == scores[training].tobytes()


def test_few_large_coloured_pictures_are_scored(drawn):
    large = np.repeat(np.kron(drawn.images[:20], np.ones((2, 2), np.uint8))[..., None], 3, axis=3)
    assert np.isfinite(nonface_scores(large)).all()


def test_the_rule_drops_the_least_face_like_training_rows_and_leaves_the_test_sets(drawn, scores):
    labels = drawn.table["label"].tolist()
    faces = make_faces(drawn.images, drawn.usages, labels)
    cleaned = clean_faces(faces, CleanParams(**OFF, nonfaces={"drop_percent": 1.0}))
    training = np.flatnonzero(drawn.usages == "Training")
    worst = training[np.argsort(-scores[training], kind="stable")][: len(training) // 100]
    assert sorted(cleaned.dropped["face"]) == sorted(worst)
    assert set(cleaned.dropped["reason"]) == {"not_a_face"}
    assert cleaned.kept.set_index("face")["nonface"].to_numpy().tobytes() == np.delete(scores, worst).tobytes()
