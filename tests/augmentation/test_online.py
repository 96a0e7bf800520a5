import keras
import numpy as np
import pytest
from keras import ops

from mien.augmentation import offline
from mien.augmentation.affine import inverse_maps
from mien.augmentation.online import AugmentOnline, warp
from mien.params import RANGES, Ranges
from tests.augmentation.faces import smooth

STRONG = Ranges(rotation=40, shift=0.2, shear=0.3, zoom=0.3, flip=True, brightness=0.5)


def changed(images: np.ndarray, ranges: Ranges, seed: object) -> np.ndarray:
    return ops.convert_to_numpy(AugmentOnline(ranges)(images, seed))


@pytest.mark.parametrize("shape", [(48, 48, 1), (40, 56, 3)])
def test_online_and_offline_change_a_face_alike(shape):
    images = smooth(64, shape)
    geometry = STRONG.model_copy(update={"brightness": 0.0})
    with_opencv = offline.augment(images, geometry, seed=3).astype(int)
    numbers = offline.draws(3, 0, 64).astype(np.float32)
    maps = inverse_maps(ops.convert_to_tensor(numbers), geometry, *shape[:2], ops)
    with_keras = np.rint(ops.convert_to_numpy(warp(ops.convert_to_tensor(images), maps)))
    # OpenCV rounds positions to 1/32 of a pixel.
    assert np.abs(with_keras - with_opencv).max() <= 2
    assert np.abs(with_keras - with_opencv).mean() < 0.3


@pytest.mark.parametrize("name", RANGES)
def test_own_warp_equals_that_of_keras(name):
    images = smooth(16, (48, 48, 1)).astype(np.float32)
    numbers = ops.convert_to_tensor(offline.draws(1, 0, 16).astype(np.float32))
    maps = inverse_maps(numbers, RANGES[name], 48, 48, ops)
    projective = ops.pad(maps, [[0, 0], [0, 2]])
    theirs = ops.image.affine_transform(ops.convert_to_tensor(images), projective, fill_mode="reflect")
    np.testing.assert_allclose(ops.convert_to_numpy(warp(images, maps)), ops.convert_to_numpy(theirs), atol=0.02)


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_shape_and_dtype_are_kept_and_values_stay_gray_values(dtype):
    images = smooth(8, (48, 48, 1)).astype(dtype)
    result = changed(images, STRONG, 1)
    assert (result.shape, result.dtype) == (images.shape, images.dtype)
    assert result.min() >= 0
    assert result.max() <= 255
    assert (result != images).mean() > 0.5


def test_whole_numbers_are_rounded_and_not_cut():
    images = smooth(8, (48, 48, 1))
    np.testing.assert_array_equal(changed(images, STRONG, 1), np.rint(changed(images.astype("float32"), STRONG, 1)))


def test_brightness_multiplies_and_stops_at_white():
    faces = changed(np.full((200, 8, 8, 1), 200, np.uint8), Ranges(brightness=0.5), 1)
    assert (faces == faces[:, :1, :1]).all()
    assert 100 <= faces.min() < 110
    assert faces.max() == 255


def test_no_ranges_leave_every_face_as_it_is():
    images = smooth(8, (48, 48, 1))
    np.testing.assert_array_equal(changed(images, Ranges(), 1), images)


def test_the_same_seed_gives_the_same_changes_and_another_gives_others():
    images = smooth(8, (48, 48, 1))
    np.testing.assert_array_equal(changed(images, STRONG, 1), changed(images, STRONG, 1))
    assert (changed(images, STRONG, 1) != changed(images, STRONG, 2)).mean() > 0.5


def test_a_generator_moves_on_and_can_be_put_back():
    images = smooth(8, (48, 48, 1))
    generator = keras.random.SeedGenerator(1)
    first, second = changed(images, STRONG, generator), changed(images, STRONG, generator)
    assert (first != second).mean() > 0.5
    generator.state.assign([1, 1])
    np.testing.assert_array_equal(changed(images, STRONG, generator), second)


def test_faces_of_one_batch_are_changed_differently():
    images = np.repeat(smooth(1, (48, 48, 1)), 6, axis=0)
    result = changed(images, STRONG, 1)
    assert len({face.tobytes() for face in result}) == 6


@pytest.mark.parametrize("xla", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_it_runs_inside_a_compiled_training_step(xla):
    class Augmented(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.generator = keras.random.SeedGenerator(1)
            self.change = AugmentOnline(STRONG)
            self.dense = keras.layers.Dense(2, activation="softmax")

        def call(self, faces, training=False):
            faces = self.change(faces, self.generator) if training else faces
            return self.dense(ops.reshape(ops.cast(faces, "float32") / 255.0, (-1, 48 * 48)))

    model = Augmented()
    model.compile("sgd", "sparse_categorical_crossentropy", jit_compile=xla)
    history = model.fit(smooth(8, (48, 48, 1)), np.arange(8) % 2, batch_size=4, epochs=2, verbose=0)
    assert np.isfinite(history.history["loss"]).all()
    assert ops.convert_to_numpy(model.generator.state).tolist() == [1, 4]
