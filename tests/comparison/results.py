"""Results as a comparison has them: one sound, one unsound, one without a published figure that has failed."""

from dataclasses import replace

from mien.comparison import CLEAN, NONE, TWINS, Result

SOUND = Result(
    "mememoji",
    "sound",
    title="Mememoji",
    published=2084 / 3589,
    published_test="PrivateTest",
    official=0.6123456789,
    official_low=0.596,
    official_high=0.628,
    clean=0.595,
    clean_low=0.578,
    clean_high=0.612,
    macro_f1=0.5712,
    ece=0.0312,
    classes=6,
    usage="PrivateTest",
    test_rows=3589,
    clean_rows=3301,
    train_rows=25838,
    parameters=1_727_430,
    images_per_second=612.3,
    seconds_per_epoch=46.12,
    epochs=23,
    ms_per_face=3.41,
    ms_per_face_in_batch=0.823,
    run="ab" * 16,
)
UNSOUND = replace(SOUND, protocol="seed", believable=NONE, fault="all Usages are pooled,\n  with twins on both sides.")
TWINS_TAUGHT = replace(SOUND, protocol="seed", believable=CLEAN, fault="8 of 40 test faces have twins.")
TWINS_CHOSE = replace(TWINS_TAUGHT, believable=TWINS, fault="Twins of 8 of 40 test faces chose the weights.")
FAILED = Result(
    "affectnet_cnn", "sound", title="AffectNet report", problem="train failed: no /home/me/build/images.npy\nTraceback"
)
RESULTS = [UNSOUND, SOUND, FAILED]
