"""The original distribution: pictures larger than faces, listed in CSV files with box, landmarks and labels."""

from collections.abc import Iterable
from pathlib import Path

from mien.datasets.synthetic.affectnet.files import decimal, write_picture
from mien.datasets.synthetic.affectnet.sample import Sample, samples

HEADER = "subDirectory_filePath,face_x,face_y,face_width,face_height,facial_landmarks,expression,valence,arousal"
FOLDERS = 3
"""Numbered folders that the pictures lie in; AffectNet has about 1,565."""

OTHERS = 1 << 20
"""Added to the seed of the automatic part, so that both parts of one seed hold other people."""

SUFFIXES = (".jpg",) * 4 + (".png", ".JPG", ".jpeg", ".bmp", ".PNG", ".tif") + (".jpg",) * 6
"""By the number of the row: mostly .jpg, as in AffectNet."""

CONTENTS = {".jpeg": ".png"}
"""Endings that lie, as some do in pictures from the web, and what is really in the file."""


def write_original(root: Path, faces: int, seed: int) -> None:
    """Write the manually annotated part. As in the first release validation.csv has no header line."""
    lists, pictures = root / "Manually_Annotated_file_lists", root / "Manually_Annotated_Images"
    lines: dict[str, list[str]] = {"training": [HEADER], "validation": []}
    for sample in samples(faces, seed):
        lines[sample.part].append(_write(pictures, sample))
    for part, rows in lines.items():
        _write_list(lists / f"{part}.csv", rows)


def write_automatic(root: Path, faces: int, seed: int) -> None:
    """Write the automatically annotated part, which has no validation.csv."""
    drawn = samples(faces, seed + OTHERS, validation=False)
    rows = _written(root / "Automatically_Annotated_Images", drawn)
    _write_list(root / "Automatically_annotated_file_list" / "automatically_annotated.csv", [HEADER, *rows])


def _written(pictures: Path, drawn: Iterable[Sample]) -> list[str]:
    return [_write(pictures, sample) for sample in drawn]


def _write_list(path: Path, rows: list[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([*rows, ""]), encoding="ascii")


def _write(pictures: Path, sample: Sample) -> str:
    """Write the picture and give its line."""
    suffix = SUFFIXES[sample.number % len(SUFFIXES)]
    name = f"{1 + sample.number % FOLDERS}/{sample.name}{suffix}"
    write_picture(pictures / name, sample.scene.picture, CONTENTS.get(suffix, ""))
    points = ";".join(f"{value:.2f}" for value in sample.scene.landmarks.ravel())
    box = ",".join(map(str, sample.scene.box))
    return f"{name},{box},{points},{sample.code},{decimal(sample.valence)},{decimal(sample.arousal)}"
