"""The closed list of reasons for which a row is refused, dropped or left out."""

from enum import StrEnum


class Reason(StrEnum):
    """Why a face is not used. The first block is given by readers, the second by `clean`, the third by `split`."""

    BAD_ROW = "bad_row"
    BAD_PATH = "bad_path"
    MISSING_FILE = "missing_file"
    EMPTY_FILE = "empty_file"
    UNDECODABLE = "undecodable"
    FORMAT_MISMATCH = "format_mismatch"
    TOO_LARGE = "too_large"
    BBOX_OUT = "bbox_out"
    UNLABELED = "unlabeled"
    LABEL_OUT_OF_RANGE = "label_out_of_range"

    CONSTANT = "constant"
    LOW_ENTROPY = "low_entropy"
    NOT_A_FACE = "not_a_face"
    DUPLICATE_WITHIN = "duplicate_within"
    DUPLICATE_ACROSS = "duplicate_across"
    LABEL_CONFLICT = "label_conflict"
    DOUBTFUL_LABEL = "doubtful_label"

    CLASS_POLICY = "class_policy"
    UNUSED_USAGE = "unused_usage"


PIXEL_REASONS = (Reason.LOW_ENTROPY, Reason.NOT_A_FACE)
"""What `clean` drops by pixels that a test face might have: where it does so, the figures say less."""
