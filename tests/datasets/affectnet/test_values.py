import io
import json
import math
import pickle

import numpy as np
import pytest

from mien.datasets.affectnet import annotation, arrays, record, values, yolo_files
from mien.errors import DataError
from mien.images import ImageError
from mien.reasons import Reason

NAME = b"689/" + b"0123456789abcdef" * 3 + b"01234567.jpg"
POINTS = ";".join(f"{number:.2f}" for number in range(136)).encode()


def line(path=NAME, box=b"10,20,100,120", points=POINTS, rest=b"3,0.25,-0.5"):
    return b",".join([path, box, points, rest])


def reason(parse, *arguments):
    with pytest.raises(ImageError) as caught:
        parse(*arguments)
    return caught.value.reason


def test_a_row_is_read():
    row = record.parse(line())
    assert (row.path, row.box, row.code, row.valence, row.arousal) == (NAME.decode(), (10, 20, 100, 120), 3, 0.25, -0.5)
    assert row.landmarks.tolist() == np.arange(136, dtype=float).reshape(68, 2).tolist()


def test_minus_two_and_null_are_no_values():
    row = record.parse(line(box=b"NULL,NULL,NULL,NULL", points=b"NULL", rest=b"10,-2,-2"))
    assert (row.box, row.landmarks) == (None, None)
    assert math.isnan(row.valence)
    assert math.isnan(row.arousal)


@pytest.mark.parametrize("end", [b"\r", b"  ", b""])
def test_ends_of_lines_of_any_system_are_read(end):
    assert record.parse(line() + end).arousal == -0.5


def test_negative_sizes_and_places_are_kept_for_the_picture_to_judge():
    assert record.parse(line(box=b"-5,-8,-1,20")).box == (-5, -8, -1, 20)


BAD = {
    "one field too few": (line()[:-5], Reason.BAD_ROW),
    "one field too many": (line() + b",1", Reason.BAD_ROW),
    "135 landmarks": (line(points=POINTS.rpartition(b";")[0]), Reason.BAD_ROW),
    "137 landmarks": (line(points=POINTS + b";1"), Reason.BAD_ROW),
    "a landmark that is no number": (line(points=POINTS + b"x"), Reason.BAD_ROW),
    "a landmark of not a number": (line(points=b"nan" + POINTS[4:]), Reason.BAD_ROW),
    "a box of which half is missing": (line(box=b"1,2,NULL,NULL"), Reason.BAD_ROW),
    "a box of fractions": (line(box=b"1.5,2,30,40"), Reason.BAD_ROW),
    "an expression of 11": (line(rest=b"11,0,0"), Reason.LABEL_OUT_OF_RANGE),
    "an expression of -1": (line(rest=b"-1,0,0"), Reason.LABEL_OUT_OF_RANGE),
    "an expression with a point": (line(rest=b"3.0,0,0"), Reason.BAD_ROW),
    "no expression": (line(rest=b",0,0"), Reason.UNLABELED),
    "an expression in words": (line(rest=b"happy,0,0"), Reason.BAD_ROW),
    "a valence over one": (line(rest=b"3,1.01,0"), Reason.BAD_ROW),
    "an arousal below minus one": (line(rest=b"3,0,-1.5"), Reason.BAD_ROW),
    "an infinite valence": (line(rest=b"3,inf,0"), Reason.BAD_ROW),
    "a path upwards": (line(path=b"../../etc/passwd"), Reason.BAD_PATH),
    "a path upwards in the middle": (line(path=b"1/../" + NAME), Reason.BAD_PATH),
    "an absolute path": (line(path=b"/etc/passwd"), Reason.BAD_PATH),
    "a backslash": (line(path=NAME.replace(b"/", b"\\")), Reason.BAD_PATH),
    "NUL in the path": (line(path=NAME[:-4] + b"\0.jpg"), Reason.BAD_PATH),
    "a path behind a line feed": (line(path=b"\n" + NAME + b"\n" + b"x"), Reason.BAD_PATH),
    "an endless line": (line() + b" " * 70_000, Reason.BAD_ROW),
    "no row at all": (b"\xff\xfe\x00", Reason.BAD_ROW),
}


@pytest.mark.parametrize("name", BAD)
def test_a_row_that_does_not_fit_is_refused_with_its_reason(name):
    bad, why = BAD[name]
    assert reason(record.parse, bad) is why


def test_a_first_line_is_a_header_if_it_says_so():
    header = b"\xef\xbb\xbf SubDirectory_filePath ,face_x,face_y,face_width,face_height,facial_landmarks,"
    header += b"expression,valence,arousal\r"
    assert record.is_header(header)
    record.check_header(header, "training.csv")
    assert not record.is_header(line())
    assert record.is_record(b"\xef\xbb\xbf" + line())
    with pytest.raises(DataError, match=r"training.csv:1: the columns must be subdirectory_filepath, face_x"):
        record.check_header(b"subDirectory_filePath,expression", "training.csv:1")


def npy(value, **options):
    stream = io.BytesIO()
    np.save(stream, value, **options)
    return stream.getvalue()


@pytest.mark.parametrize(
    "value", [np.array("3"), np.array(["3"]), np.array(3), np.array([3], np.int8), np.array(3.0), np.array(b"3")]
)
def test_a_scalar_is_read_of_any_dimension_and_type(value):
    assert arrays.expression(npy(value)) == 3


def test_values_and_landmarks_of_arrays_are_read():
    assert arrays.affect(npy(np.array("-0.25")), "valence") == -0.25
    assert math.isnan(arrays.affect(npy(np.array(-2.0)), "valence"))
    assert arrays.landmarks(npy(np.arange(136.0))).shape == (68, 2)
    assert arrays.landmarks(npy(np.arange(136).astype(str)))[1].tolist() == [2.0, 3.0]


class Trap:
    def __reduce__(self):
        return (pytest.fail, ("unpickled",))


HUGE = npy(np.zeros(1)).replace(b"(1,), }" + b" " * 13, b"(99999999999999,), }")
ARRAYS = {
    "pickled": (npy(np.array(Trap(), dtype=object), allow_pickle=True), Reason.BAD_ROW),
    "bare pickle": (pickle.dumps(Trap()), Reason.BAD_ROW),
    "nothing": (b"", Reason.BAD_ROW),
    "cut off": (npy(np.array("3"))[:-1], Reason.BAD_ROW),
    "two values": (npy(np.array(["3", "4"])), Reason.BAD_ROW),
    "half a code": (npy(np.array(3.5)), Reason.BAD_ROW),
    "not a number": (npy(np.array(np.nan)), Reason.UNLABELED),
    "complex": (npy(np.array(3 + 0j)), Reason.BAD_ROW),
    "a wide text": (npy(np.array("3" * 100)), Reason.BAD_ROW),
    "out of range": (npy(np.array("11")), Reason.LABEL_OUT_OF_RANGE),
    "empty text": (npy(np.array("")), Reason.UNLABELED),
    "shape that is larger than the file": (HUGE, Reason.BAD_ROW),
    "a structure": (npy(np.zeros(1, [("a", "U1")])), Reason.BAD_ROW),
    "a number of one byte that has a point": (npy(np.array(3, np.int8)).replace(b"|i1", b"<f1"), Reason.BAD_ROW),
    "a text of no letters": (npy(np.array("3"))[:-4] + b"\xff" * 4, Reason.BAD_ROW),
    "nested header": (b"\x93NUMPY\x01\x00\xe8\x03" + b"(" * 1000, Reason.BAD_ROW),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_an_array_that_does_not_fit_is_refused_and_never_unpickled(name):
    data, why = ARRAYS[name]
    assert reason(arrays.expression, data) is why


@pytest.mark.parametrize("value", [np.zeros(135), np.full(136, np.nan), np.full(136, "x"), np.zeros(136, complex)])
def test_landmarks_that_do_not_fit_are_refused(value):
    assert reason(arrays.landmarks, npy(value)) is Reason.BAD_ROW


def plus(**changes):
    found = {"human-label": 1, "soft-label": [0.1] * 8, "meta-data": {"valence": 0.5, "arousal": -0.1}}
    found["meta-data"]["landmark-68"] = list(range(136))
    return json.dumps(found | changes).encode()


def test_an_annotation_is_read():
    found = annotation.parse(plus())
    assert found[:3] == (1, 0.5, -0.1)
    assert found.landmarks.shape == (68, 2)
    assert annotation.parse(plus(**{"meta-data": {"landmark-68": [[0, 1]] * 68}})).landmarks[5].tolist() == [0.0, 1.0]


@pytest.mark.parametrize("meta", [None, {}, {"valence": None, "landmark-68": None}, {"landmark-68": []}])
def test_anything_may_be_missing(meta):
    found = annotation.parse(plus(**{"meta-data": meta}))
    assert (found.code, found.landmarks) == (1, None)
    assert math.isnan(found.valence)


def test_a_face_that_nobody_has_labelled_has_no_code():
    assert annotation.parse(b"{}").code == -1
    assert annotation.parse(plus(**{"human-label": None})).code == -1


def test_age_gender_and_race_are_never_read():
    assert not {"age", "gender", "race"} & set(annotation.Annotation._fields)
    with_all = plus(**{"meta-data": {"age": 30, "gender": {"female": 1.0}, "race": {"asian": 1.0}}})
    assert repr(annotation.parse(with_all)) == repr(annotation.parse(plus(**{"meta-data": {}})))


PLUS = {
    "no JSON": (b"{", Reason.BAD_ROW),
    "not UTF-8": (b'{"a": "\xff"}', Reason.BAD_ROW),
    "deep": (b"[" * 100_000, Reason.BAD_ROW),
    "a list": (b"[]", Reason.BAD_ROW),
    "true": (plus(**{"human-label": True}), Reason.BAD_ROW),
    "a text": (plus(**{"human-label": "1"}), Reason.BAD_ROW),
    "a fraction": (plus(**{"human-label": 1.0}), Reason.BAD_ROW),
    "11": (plus(**{"human-label": 11}), Reason.LABEL_OUT_OF_RANGE),
    "valence of 2": (plus(**{"meta-data": {"valence": 2}}), Reason.BAD_ROW),
    "valence of NaN": (plus(**{"meta-data": {"valence": math.nan}}), Reason.BAD_ROW),
    "valence of a huge number": (b'{"meta-data": {"valence": 1' + b"0" * 400 + b"}}", Reason.BAD_ROW),
    "135 landmarks": (plus(**{"meta-data": {"landmark-68": [1] * 135}}), Reason.BAD_ROW),
    "landmarks in an object": (plus(**{"meta-data": {"landmark-68": {"0": 1}}}), Reason.BAD_ROW),
    "meta-data in a list": (plus(**{"meta-data": [1]}), Reason.BAD_ROW),
}


@pytest.mark.parametrize("name", PLUS)
def test_an_annotation_that_does_not_fit_is_refused(name):
    data, why = PLUS[name]
    assert reason(annotation.parse, data) is why


ALPHABET = b"names: ['Anger', 'Contempt', 'Disgust', 'Fear', 'Happy', 'Neutral', 'Sad', 'Surprise']"


def test_numbers_of_yolo_go_by_the_names_in_its_file():
    assert yolo_files.class_codes(ALPHABET, "data.yaml") == {0: 6, 1: 7, 2: 5, 3: 4, 4: 1, 5: 0, 6: 2, 7: 3}
    assert yolo_files.class_codes(b"names:\n  0: sad\n  4: Happiness", "data.yaml") == {0: 2, 4: 1}


@pytest.mark.parametrize("text", [b"", b"nc: 8", b"names: 8", b"names: []", b"- 1", b"a: [", b"names: {a: happy}"])
def test_without_names_the_numbers_mean_nothing(text):
    with pytest.raises(DataError, match=r"^data.yaml: (no list `names`|no YAML)"):
        yolo_files.class_codes(text, "data.yaml")


@pytest.mark.parametrize("value", [b"2001-99-99", b"9" * 5000])
def test_a_date_or_number_that_cannot_be_is_no_yaml(value):
    with pytest.raises(DataError, match=r"^data.yaml: no YAML"):
        yolo_files.class_codes(ALPHABET + b"\nversion: " + value, "data.yaml")


def test_references_that_would_unfold_to_gigabytes_are_refused_before_they_do():
    lines = [b"a0: &a0 [x]"] + [b"a%d: &a%d [%s]" % (n, n, b",".join([b"*a%d" % (n - 1)] * 9)) for n in range(1, 7)]
    with pytest.raises(DataError, match=r"^data.yaml: no YAML .*references \(\*a0\)"):
        yolo_files.class_codes(b"\n".join([*lines, b"names: [*a6]"]), "data.yaml")


def test_a_name_that_is_no_expression_is_an_error():
    with pytest.raises(DataError, match="names person, which are no expressions of AffectNet"):
        yolo_files.class_codes(b"names: [person, happy]", "data.yaml")
    with pytest.raises(DataError, match=r"^.{1,200}$"):
        yolo_files.class_codes(b"names: [" + b"x" * 60_000 + b"]", "data.yaml")
    with pytest.raises(DataError, match=r"names \?, which are no expressions"):
        yolo_files.class_codes(b'names: ["\\ud800"]', "data.yaml")


def test_a_mark_becomes_a_box_in_pixels():
    mark = yolo_files.parse_mark(b"4 0.5 0.25 0.5 0.5\r")
    assert (mark.number, mark.box(200, 100)) == (4, (50, 0, 100, 50))


@pytest.mark.parametrize(
    "text", [b"4 0.5 0.5 1", b"4 .1 .1 .2 .2 .3 .3", b"x 0 0 1 1", b"4 0 0 1.01 1", b"4 0 nan 1 1"]
)
def test_a_mark_that_does_not_fit_is_refused(text):
    assert reason(yolo_files.parse_mark, text) is Reason.BAD_ROW


def test_values_of_a_text():
    assert values.affect(b"-1.3e-05", "valence") == pytest.approx(-1.3e-05)
    assert values.landmarks(b"") is None
