"""The suite: every expectation on the faces, with its severity, its limit and the reason for it.

`raw_suite` asks whether the files are what later code takes for granted; only then do the tables exist that
`derived_suite` looks at (`mien.expectations.tables`).
"""

from collections.abc import Mapping

import pandas as pd

from mien.datasets import table
from mien.expectations.limits import Limits, limits
from mien.expectations.rule import CRITICAL, WARNING, Rule
from mien.expectations.tables import VOTES, known_pairs
from mien.labels import DIMENSIONS, LABEL_SPACES, USAGES
from mien.params import ValidateParams

TYPES = {column: "str" if kind == "string" else kind for column, kind in table.TYPES.items()}
"""Columns of faces.parquet in pandas' words, and `votes_<name>` uint8 where votes were joined."""

MIN_TWINS = 25
"""Fewer groups of twins than this say nothing about the labels."""

Tables = Mapping[str, pd.DataFrame]
Suite = dict[str, list[Rule]]
TRAINING, *TESTS = USAGES


def raw_suite(tables: Tables) -> Suite:
    """Rules on the tables of `mien.expectations.tables.raw_tables`."""
    return {"table": _columns(tables["table"]), "images": _images()}


def derived_suite(tables: Tables, params: ValidateParams) -> Suite:
    """Rules on the tables of `mien.expectations.tables.derived_tables`; those on votes and twins only with such."""
    faces, images = tables["faces"], tables["images"]
    found = limits(params, str(faces["label_space"].iloc[0]))
    return {
        "faces": [
            *_rows(faces, found),
            *_pictures(images, found),
            *_labels(faces, found),
            *_drift(faces, found),
            *_votes(faces, found),
        ],
        "classes": _classes(found),
        "usages": _usages(found),
        "twins": _twins(tables["twins"], found),
    }


def _columns(rows: pd.DataFrame) -> list[Rule]:
    voted = any(name in rows for name in VOTES)
    types = TYPES | (dict.fromkeys(VOTES, "uint8") if voted else {})
    present = {column: kind for column, kind in types.items() if column in rows}
    return [
        Rule("columns", CRITICAL, "the table has the columns of mien.datasets.table and no others",
             "Every later stage reads them by name.",
             "ExpectTableColumnsToMatchSet", {"column_set": list(types), "exact_match": True}),
        Rule("any_row", CRITICAL, "the table has a row", "There is nothing to learn from an empty table.",
             "ExpectTableRowCountToBeBetween", {"min_value": 1}, form="{:,}"),
        *(Rule(f"type_of_{column}", CRITICAL, f"{column} is of type {kind}",
               "A column of another type is compared and joined wrongly.",
               "ExpectColumnTypeToBe", {"column": column, "type_": kind}) for column, kind in present.items()),
        *(Rule(f"no_null_{column}", CRITICAL, f"{column} is never null",
               "Other expectations pass over null cells, and later stages count them wrongly.",
               "ExpectColumnValuesToNotBeNull", {"column": column}) for column in present if column not in DIMENSIONS),
    ]  # fmt: skip


def _images() -> list[Rule]:
    return [
        Rule("image_count", CRITICAL, "there are as many images as rows", "Row and image belong together by position.",
             "ExpectColumnPairValuesToBeEqual", {"column_A": "images", "column_B": "rows"}),
        Rule("image_dtype", CRITICAL, "images are uint8", "Networks scale gray values of 0 to 255 themselves.",
             "ExpectColumnValuesToBeInSet", {"column": "dtype", "value_set": ["uint8"]}),
        Rule("image_dimensions", CRITICAL, "images are (N, H, W) or (N, H, W, C)", "It is the contract of images.npy.",
             "ExpectColumnValuesToBeInSet", {"column": "dimensions", "value_set": [3, 4]}),
        Rule("image_channels", CRITICAL, "images have 1 or 3 channels", "Faces are gray or RGB, without transparency.",
             "ExpectColumnValuesToBeInSet", {"column": "channels", "value_set": [1, 3]}),
        Rule("image_square", CRITICAL, "images are as high as wide", "Networks take square faces.",
             "ExpectColumnPairValuesToBeEqual", {"column_A": "height", "column_B": "width"}),
        Rule("image_size", CRITICAL, "images are 16 to 512 pixels high",
             "Smaller ones show no expression, larger ones do not fit into memory.",
             "ExpectColumnValuesToBeBetween", {"column": "height", "min_value": 16, "max_value": 512},
             key="ingest.image_size"),
    ]  # fmt: skip


def _rows(faces: pd.DataFrame, params: Limits) -> list[Rule]:
    return [
        Rule("rows", CRITICAL, f"there are at least {params.min_rows:,} faces",
             "Figures from fewer faces mean nothing; often a file was cut off.",
             "ExpectTableRowCountToBeBetween", {"min_value": params.min_rows},
             key="validate.min_rows", form="{:,}"),
        Rule("sample_ids_unique", CRITICAL, "sample_id names one face", "Predictions and feedback are joined by it.",
             "ExpectColumnValuesToBeUnique", {"column": "sample_id"}),
        Rule("face_is_position", CRITICAL, "face is the position of the row", "Images are found by it.",
             "ExpectColumnPairValuesToBeEqual", {"column_A": "face", "column_B": "position"}),
        Rule("sources_relative", CRITICAL, "source is a path below data/, with forward slashes",
             "An absolute path holds on one machine only and tells its owner's name.",
             "ExpectColumnValuesToNotMatchRegex",
             {"column": "source", "regex": r"^(?:$|/|[A-Za-z]:)|\\|(?:^|/)\.\.(?:/|$)"}),
        Rule("lines", CRITICAL, "line is 0 or more", "It leads from a face back to the row of its file.",
             "ExpectColumnValuesToBeBetween", {"column": "line", "min_value": 0}),
        Rule("digests", CRITICAL, "sha256 is 64 hexadecimal digits", "Twins are found by it.",
             "ExpectColumnValuesToMatchRegex", {"column": "sha256", "regex": r"^[0-9a-f]{64}$"}),
        Rule("usages_known", CRITICAL, f"usage is one of {', '.join(USAGES)}",
             "A face of no known Usage would be neither learnt from nor judged.",
             "ExpectColumnValuesToBeInSet", {"column": "usage", "value_set": list(USAGES)}),
        Rule("label_spaces_known", CRITICAL, f"label_space is one of {', '.join(LABEL_SPACES)}",
             "Without it a code means nothing: 0 is angry in one source and neutral in another.",
             "ExpectColumnValuesToBeInSet", {"column": "label_space", "value_set": list(LABEL_SPACES)}),
        Rule("one_label_space", CRITICAL, "all rows are of one label space", "Mixed codes would be mistaken.",
             "ExpectColumnUniqueValueCountToBeBetween", {"column": "label_space", "max_value": 1}),
        Rule("codes_fit_labels", CRITICAL, "code and label belong together in the label space",
             "Labels were mapped with the codes of another source.",
             "ExpectColumnPairValuesToBeInSet",
             {"column_A": "code", "column_B": "label", "value_pairs_set": known_pairs(faces["label_space"])}),
        *(Rule(f"{name}_range", CRITICAL, f"{name} is between -1 and 1, or not known",
               "AffectNet writes -2 where nobody has said it; as a number it would be learnt.",
               "ExpectColumnValuesToBeBetween", {"column": name, "min_value": -1, "max_value": 1})
          for name in DIMENSIONS),
        Rule("labelled", WARNING, "every face has a label", "Faces without one are left out of training and judging.",
             "ExpectColumnValuesToNotBeInSet", {"column": "label", "value_set": [""]}),
    ]  # fmt: skip


def _pictures(images: pd.DataFrame, params: Limits) -> list[Rule]:
    height, width = int(images["height"].iloc[0]), int(images["width"].iloc[0])
    return [
        Rule("source_height", WARNING, f"faces are at least {height} pixels high in the source pictures",
             "Smaller ones were enlarged and are blurred.",
             "ExpectColumnValuesToBeBetween", {"column": "face_height", "min_value": height}, key="ingest.image_size"),
        Rule("source_width", WARNING, f"faces are at least {width} pixels wide in the source pictures",
             "Smaller ones were enlarged and are blurred.",
             "ExpectColumnValuesToBeBetween", {"column": "face_width", "min_value": width}, key="ingest.image_size"),
        Rule("pixel_range", CRITICAL, "the brightest pixel of all is at least 64",
             "Pixels that were scaled to 0..1 before they became integers are nearly all 0.",
             "ExpectColumnMaxToBeBetween", {"column": "max", "min_value": 64, "max_value": 255}),
        Rule("brightness", WARNING, "the mean gray value is between 40 and 215",
             "Most pictures are black or white, or the scale is wrong.",
             "ExpectColumnMeanToBeBetween", {"column": "mean", "min_value": 40, "max_value": 215}),
        Rule("contrast", WARNING, "the mean standard deviation of the images is at least 15 gray values",
             "The pictures are flat: faded, smoothed, or wrongly scaled.",
             "ExpectColumnMeanToBeBetween", {"column": "std", "min_value": 15}),
        Rule("constant_images", CRITICAL, f"at most {params.max_constant_share:.1%} of the images have one gray value",
             "Blank images show no face; many of them mean that pictures were lost on the way.",
             "ExpectColumnValuesToBeBetween",
             {"column": "range", "min_value": 1, "mostly": 1 - params.max_constant_share},
             key="validate.max_constant_share"),
        Rule("redundant_images", CRITICAL,
             f"at least {1 - params.max_redundant_share:.1%} of the images differ from every other",
             "A flood of copies teaches a few faces by heart and makes test figures too good.",
             "ExpectColumnProportionOfUniqueValuesToBeBetween",
             {"column": "sha256", "min_value": 1 - params.max_redundant_share},
             key="validate.max_redundant_share", marked="repeated", form="{:.2%}"),
    ]  # fmt: skip


def _labels(faces: pd.DataFrame, params: Limits) -> list[Rule]:
    required = list(params.required_classes)
    rules = [
        Rule("two_classes", CRITICAL, "there are at least two labels", "With one class there is nothing to tell apart.",
             "ExpectColumnUniqueValueCountToBeBetween", {"column": "label", "min_value": 2}),
        Rule("classes_in_training", CRITICAL, f"Training has faces of {', '.join(required)}",
             "A class that is never shown is never learnt.",
             "ExpectColumnDistinctValuesToContainSet", {"column": "label", "value_set": required},
             key="validate.required_classes", where={"usage": TRAINING}),
    ]  # fmt: skip
    for usage in _present(faces, TESTS):
        rules.append(
            Rule(f"classes_in_{usage}", WARNING, f"{usage} has faces of {', '.join(required)}",
                 "Nothing can be said about a class that is never asked for.",
                 "ExpectColumnDistinctValuesToContainSet", {"column": "label", "value_set": required},
                 key="validate.required_classes", where={"usage": usage})
        )  # fmt: skip
    return rules


def _drift(faces: pd.DataFrame, params: Limits) -> list[Rule]:
    """Whether labels are drawn alike in Training and in each test set."""
    shares = faces.loc[faces["usage"] == TRAINING, "label"].value_counts(normalize=True).sort_index()
    partition = {"values": list(shares.index), "weights": [float(share) for share in shares]}
    return [
        Rule(f"label_drift_{usage}", WARNING,
             f"the divergence of the labels of {usage} from those of Training is at most {params.max_label_drift:g}",
             "Another mixture of classes was drawn, so figures of the two cannot be compared.",
             "ExpectColumnKLDivergenceToBeLessThan",
             {"column": "label", "partition_object": partition, "threshold": params.max_label_drift},
             key="validate.max_label_drift", where={"usage": usage})
        for usage in _present(faces, TESTS) if len(shares)
    ]  # fmt: skip


def _votes(faces: pd.DataFrame, params: Limits) -> list[Rule]:
    if "votes" not in faces:
        return []
    return [
        Rule("votes", CRITICAL, "each face has 1 to 10 votes", "FER+ asked ten people about each face.",
             "ExpectColumnValuesToBeBetween", {"column": "votes", "min_value": 1, "max_value": 10}),
        Rule("ferplus_agreement", CRITICAL,
             f"the label is FER+'s top vote for at least {params.min_ferplus_agreement:.1%} of the faces",
             "Labels were spoiled, or votes joined to other rows; the genuine files agree in 62.8 %.",
             "ExpectColumnValuesToBeInSet",
             {"column": "agrees", "value_set": [True], "mostly": params.min_ferplus_agreement},
             key="validate.min_ferplus_agreement"),
    ]  # fmt: skip


def _classes(params: Limits) -> list[Rule]:
    return [
        Rule("smallest_class", CRITICAL, f"each class has at least {params.min_class_share:.1%} of the faces",
             "A class of a few faces is neither learnt nor judged.",
             "ExpectColumnMinToBeBetween", {"column": "share", "min_value": params.min_class_share},
             key="validate.min_class_share", form="{:.2%}"),
        Rule("largest_class", CRITICAL, f"no class has more than {params.max_class_share:.1%} of the faces",
             "A network that always names this class looks good; often labels were lost or mapped to one.",
             "ExpectColumnMaxToBeBetween", {"column": "share", "max_value": params.max_class_share},
             key="validate.max_class_share", form="{:.2%}"),
    ]  # fmt: skip


def _usages(params: Limits) -> list[Rule]:
    return [
        Rule("training_share", CRITICAL, f"at least {params.min_training_share:.1%} of the faces are Training",
             "Usages were lost or mixed up, or half of the file is missing.",
             "ExpectColumnMinToBeBetween", {"column": "share", "min_value": params.min_training_share},
             key="validate.min_training_share", where={"usage": TRAINING}, form="{:.2%}"),
        Rule("test_share", WARNING, f"PublicTest or PrivateTest has at least {params.min_test_share:.1%} of the faces",
             "An official split has too little to judge by; `split.by: stratified` draws a test set.",
             "ExpectColumnMaxToBeBetween", {"column": "test_share", "min_value": params.min_test_share},
             key="validate.min_test_share", form="{:.2%}"),
        Rule("contrast_ratio", WARNING, f"contrasts of the Usages are within a factor of {params.max_spread_ratio:g}",
             "One part was equalised, faded or taken from elsewhere, as in altered copies of FER2013.",
             "ExpectColumnMaxToBeBetween", {"column": "spread_ratio", "max_value": params.max_spread_ratio},
             key="validate.max_spread_ratio"),
        Rule("detail_ratio", WARNING, f"details of the Usages are within a factor of {params.max_spread_ratio:g}",
             "Neighbouring pixels differ less where pictures were smoothed, and then no twin is found across Usages.",
             "ExpectColumnMaxToBeBetween", {"column": "detail_ratio", "max_value": params.max_spread_ratio},
             key="validate.max_spread_ratio"),
        Rule("leaked_faces", WARNING, f"at most {params.max_leaked_share:.1%} of a test set is in Training too",
             "`clean` takes such faces out of Training; so many of them leave little, or mean a wrong split.",
             "ExpectColumnMaxToBeBetween", {"column": "leaked_share", "max_value": params.max_leaked_share},
             key="validate.max_leaked_share", form="{:.2%}"),
    ]  # fmt: skip


def _twins(twins: pd.DataFrame, params: Limits) -> list[Rule]:
    if len(twins) < MIN_TWINS:
        return []
    return [
        Rule("twins_agree", CRITICAL,
             f"at most {params.max_conflict_share:.1%} of the groups of identical images have different labels",
             "Labels were spoiled: with one in ten wrong, one group in five disagrees; in FER2013 it is one in 26.",
             "ExpectColumnValuesToBeBetween",
             {"column": "labels", "max_value": 1, "mostly": 1 - params.max_conflict_share},
             key="validate.max_conflict_share"),
    ]  # fmt: skip


def _present(faces: pd.DataFrame, usages: list[str]) -> list[str]:
    return [usage for usage in usages if (faces["usage"] == usage).any()]
