"""Each reader's rows do not depend on how its source was cut, on the order of reading, or on the process."""

import os
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mien.datasets import reader as module
from mien.datasets.synthetic.affectnet import FORMATS
from tests.datasets.affectnet.reading import FACES, read, recorded

SETTINGS = {"image_size": 24, "color": "rgb", "crop_margin": 0.1, "align": True}


def same(one, other) -> bool:
    """Whether the same came of both; repr, as NaN is not equal to itself."""
    pixels = np.array_equal(one.images, other.images)
    points = one.landmarks is None or np.array_equal(one.landmarks, other.landmarks, equal_nan=True)
    return pixels and points and repr((one.rows, one.refusals)) == repr((other.rows, other.refusals))


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("rows", [1, 5])
def test_the_size_of_shards_does_not_matter(drawn, monkeypatch, name, rows):
    whole = read(drawn(name), FACES, **SETTINGS)
    monkeypatch.setattr(module, "SHARD_ROWS", rows)
    cut = read(drawn(name), FACES, **SETTINGS)
    shards = list(cut.reader.shards())
    assert max(shard.rows for shard in shards) == rows
    assert len({repr(shard) for shard in shards}) == len(shards)
    assert same(whole, cut)


@pytest.mark.parametrize("name", FORMATS)
def test_a_shard_is_made_by_whoever_gets_it(drawn, name):
    """The reader and its shards can be sent anywhere; where the root lies is in no name of a shard and in no row."""
    found = read(drawn(name), FACES)
    reader, shards = pickle.loads(pickle.dumps((found.reader, list(found.reader.shards()))))
    batches = [reader.read(shard) for shard in reversed(shards)]
    assert np.array_equal(np.concatenate([batch.images for batch in reversed(batches)]), found.images)
    assert str(drawn(name)) not in repr((reader, shards, found.rows))


@pytest.mark.parametrize("name", FORMATS)
def test_the_pictures_of_a_shard_are_all_that_reading_opens(drawn, name):
    found = read(drawn(name), FACES)
    (first, *_) = found.reader.shards()
    named = found.reader.pictures(first)
    assert named
    assert all((drawn(name) / file).is_file() for file in named)
    opened: list[Path] = []
    with recorded(opened):
        found.reader.read(first)
    assert {path.relative_to(drawn(name).resolve()).as_posix() for path in opened} <= set(named)


@pytest.mark.parametrize("name", FORMATS)
def test_a_changed_setting_names_other_shards(drawn, name):
    reader = read(drawn(name), FACES).reader
    assert repr(replace(reader, settings=replace(reader.settings, align=True))) != repr(reader)
    assert repr(replace(reader, root=Path(os.sep))) == repr(reader)
