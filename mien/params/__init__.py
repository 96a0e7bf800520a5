"""The typed, frozen view of params.yaml. Nobody else opens that file."""

from mien.params.cleaning import CleanParams, DoubtfulLabels, EntropyRule, NonfaceRule, Usage
from mien.params.file import PARAMS_FILE, load_params, parse_params, read_params
from mien.params.networks import BACKBONE, NETWORK_OPTIONS, NetworkOptions, NetworkParams
from mien.params.preparation import Color, Preparation
from mien.params.ranges import RANGES, Ranges
from mien.params.section import Section
from mien.params.sections import (
    SECTIONS,
    STAGES,
    AugmentParams,
    ClassPolicy,
    EvaluateParams,
    Gates,
    IngestParams,
    Params,
    PromoteParams,
    RegisterParams,
    SplitParams,
    ValidateParams,
)
from mien.params.sweep import Dimension, PrunerParams, Space, SweepParams
from mien.params.training import (
    AffectParams,
    EarlyStoppingParams,
    OptimizerParams,
    ScheduleParams,
    TrainParams,
)

__all__ = [
    "AffectParams",
    "AugmentParams",
    "BACKBONE",
    "ClassPolicy",
    "Color",
    "CleanParams",
    "DoubtfulLabels",
    "Dimension",
    "EarlyStoppingParams",
    "EntropyRule",
    "EvaluateParams",
    "Gates",
    "IngestParams",
    "NETWORK_OPTIONS",
    "NetworkOptions",
    "NetworkParams",
    "NonfaceRule",
    "OptimizerParams",
    "PARAMS_FILE",
    "Params",
    "PromoteParams",
    "Preparation",
    "PrunerParams",
    "RANGES",
    "Ranges",
    "RegisterParams",
    "SECTIONS",
    "STAGES",
    "ScheduleParams",
    "Section",
    "Space",
    "SplitParams",
    "SweepParams",
    "TrainParams",
    "Usage",
    "ValidateParams",
    "load_params",
    "parse_params",
    "read_params",
]
