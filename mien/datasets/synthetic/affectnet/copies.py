"""What others have made of AffectNet: labels.csv, class folders, and the format of YOLO; 96 x 96, eight classes."""

from pathlib import Path

from mien.datasets.synthetic.affectnet.files import write_picture
from mien.datasets.synthetic.affectnet.sample import Sample, samples
from mien.datasets.synthetic.affectnet.scene import face_of
from mien.labels import AFFECTNET

SIDE = 96
SPELLINGS = {"angry": "anger"}
"""Class names as the copies spell them, where they differ from ours."""

YOLO_CLASSES = ("Anger", "Contempt", "Disgust", "Fear", "Happy", "Neutral", "Sad", "Surprise")
"""By YOLO's number: by the alphabet, and not by AffectNet's codes."""


def write_labels_csv(root: Path, faces: int, seed: int) -> None:
    """Write `labels.csv` beside class folders; nothing says which faces are for testing."""
    lines = [",pth,label,relFCs"]
    for sample in samples(faces, seed, classes=8, validation=False):
        label = _spelt(sample)
        name = f"{label}/image{sample.number:07d}.jpg"
        write_picture(root / name, face_of(sample.scene, SIDE).picture)
        lines.append(f"{sample.number},{name},{label},{0.5 + sample.number % 40 / 100:.6f}")
    (root / "labels.csv").write_text("\n".join([*lines, ""]), encoding="ascii")


def write_folders(root: Path, faces: int, seed: int) -> None:
    """Write `Train/` and `Test/` with class folders, capitals in one of them only."""
    for sample in samples(faces, seed, classes=8):
        label = _spelt(sample)
        folder = root / "Train" / label.capitalize() if sample.part == "training" else root / "Test" / label
        write_picture(folder / f"image{sample.number:07d}.jpg", face_of(sample.scene, SIDE).picture)


def write_yolo(root: Path, faces: int, seed: int) -> None:
    """Write `YOLO_format/{train,valid,test}/{images,labels}` and `data.yaml`."""
    base = root / "YOLO_format"
    for sample in samples(faces, seed, classes=8):
        folder = base / _yolo_split(sample)
        name = f"image{sample.number:07d}"
        write_picture(folder / "images" / f"{name}{'.png' if sample.number % 5 == 0 else '.jpg'}",
                      face_of(sample.scene, SIDE).picture)  # fmt: skip
        (folder / "labels").mkdir(exist_ok=True)
        number = YOLO_CLASSES.index(_spelt(sample).capitalize())
        (folder / "labels" / f"{name}.txt").write_text(f"{number} 0.5 0.5 1.0 1.0\n", encoding="ascii")
    names = ", ".join(f"'{name}'" for name in YOLO_CLASSES)
    text = f"train: ../train/images\nval: ../valid/images\ntest: ../test/images\n\nnc: 8\nnames: [{names}]\n"
    (base / "data.yaml").write_text(text, encoding="ascii")


def _spelt(sample: Sample) -> str:
    label = AFFECTNET.label(sample.code)
    return SPELLINGS.get(label, label)


def _yolo_split(sample: Sample) -> str:
    if sample.part == "training":
        return "train"
    return "valid" if sample.number % 2 else "test"
