"""Stage `evaluate`: judge the model on the test faces, official and clean side by side, and explain it in a report.

Reads the outputs of every stage before it; writes build/evaluate/{metrics.json, predictions.parquet, held_out.txt,
report.html, summary.json}, tables of `dvc plots` in plots/ and pictures in pictures/.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from mien.datasets.table import FACES, IMAGES
from mien.errors import DataError
from mien.evaluation import Evaluation, pictures, tables
from mien.evaluation import evaluate as judge
from mien.evaluation.held_out import HELD_OUT, write_held_out
from mien.features import FeatureMaps, pooled_maps
from mien.gallery import write_png
from mien.params import STAGES, EvaluateParams
from mien.plots import faces as pages
from mien.plots import style
from mien.predictor import Predictor
from mien.report import BuildFacts, collect, render
from mien.soundness import soundness
from tasks.quiet import load_keras
from tasks.stage import BUILD, Outcome, stage_folder
from tasks.tracking.models import ensure_logged, log_scores
from tasks.tracking.run import PipelineRun
from tasks.tracking.stage import run_tracked_stage

MODEL = stage_folder("train") / "model.keras"
HISTORY = stage_folder("train") / "history.csv"
REPORT = "report.html"
PICTURES = "pictures"


def evaluate(params: EvaluateParams, run: PipelineRun) -> Outcome:
    """Judge the model, and show the headline figures with the logged model too."""
    load_keras()
    outcome = judge_and_write(params)
    with run.unless_down("the figures stand in the run, not with the model"):
        headline = {
            name: value
            for name, value in outcome.metrics.items()
            if name.count(".") == 1 or name.endswith((".ccc", ".rmse"))
        }
        log_scores(run, ensure_logged(run, MODEL), headline)
    return outcome


def judge_and_write(params: EvaluateParams) -> Outcome:
    """Judge the model and write figures, tables, pictures and the report."""
    folder = stage_folder("evaluate")
    table = pd.read_parquet(stage_folder("split") / FACES)
    classes = json.loads((stage_folder("split") / "classes.json").read_text(encoding="utf-8"))
    images = np.load(stage_folder("ingest") / IMAGES, mmap_mode="r")
    predictor = Predictor.load(MODEL)
    if list(predictor.classes) != classes:
        raise DataError(f"{MODEL} knows the classes {list(predictor.classes)}, the split {classes}. Train again.")
    judged = table[table["split"] != "train"]
    answers = predictor.answer(images, params.batch_size, judged["face"].to_numpy())
    evaluation = judge(judged, answers.probabilities, classes, params, soundness(table), answers.affect)
    history = pd.read_csv(HISTORY)
    tables.write_tables(evaluation, history, folder)
    write_held_out(folder / HELD_OUT, table)
    face, layers = _look_inside(evaluation, images, predictor.model)
    facts = collect(BUILD, STAGES[: STAGES.index("evaluate")], table, classes)
    explain(evaluation, history, facts, images, face, layers)
    return Outcome(
        flat(evaluation.metrics),
        [tables.METRICS, REPORT, PICTURES],
        _notes(evaluation, bool(layers)),
        facts.likeness.tags if facts.likeness else {},
    )


def _look_inside(
    evaluation: Evaluation,
    images: np.ndarray,
    model: Any,  # noqa: ANN401 - keras has no types
) -> tuple[np.ndarray, list[FeatureMaps]]:
    """The test face that is recognised best and its feature maps; none without pooling layers."""
    best = pictures.surest_hit(evaluation.official)
    face = np.asarray(images[evaluation.official.table["face"].iloc[best]])
    return face, pooled_maps(model, face)


def explain(
    evaluation: Evaluation,
    history: pd.DataFrame,
    facts: BuildFacts,
    images: np.ndarray,
    face: np.ndarray,
    layers: Sequence[FeatureMaps],
) -> None:
    """Write the pictures and the report."""
    folder = stage_folder("evaluate")
    (folder / PICTURES).mkdir(exist_ok=True)
    rows, classes = evaluation.official, evaluation.classes
    charts = pictures.charts(evaluation, history)
    mistakes = pictures.surest_mistakes(rows, images, classes)
    guesses = pictures.random_guesses(rows, images, classes, evaluation.params.seed)
    svgs = {name: style.svg(figure) for name, figure in charts.items()}
    page = render(evaluation, facts, svgs, mistakes, guesses, face, layers)
    (folder / REPORT).write_text(page, encoding="utf-8")
    for name, figure in charts.items():
        style.write_png(folder / PICTURES / f"{name}.png", figure)
    sheets = {"mistakes": pages.mistakes(mistakes), "guesses": pages.guesses(guesses)}
    if layers:
        sheets["features"] = pages.feature_maps(face, layers)
    for name, sheet in sheets.items():
        write_png(folder / PICTURES / f"{name}.png", sheet)


def flat(figures: Mapping[str, Any], prefix: str = "") -> dict[str, float | int]:
    """Nested figures with dots between the names; what is no number is left out."""
    out: dict[str, float | int] = {}
    for name, value in figures.items():
        if isinstance(value, Mapping):
            out |= flat(value, f"{prefix}{name}.")
        elif isinstance(value, float | int) and not isinstance(value, bool):
            out[f"{prefix}{name}"] = value
    return out


def _notes(evaluation: Evaluation, has_pooling: bool) -> list[str]:
    notes = [f"test rows: {evaluation.metrics['test_usage']}; they are looked at once for each registered version"]
    for name in ("official", "clean"):
        side = evaluation.metrics[name]
        if side["n"]:
            low, high = side["accuracy_interval"].values()
            notes.append(f"{name} accuracy {side['accuracy']:.1%} ({low:.1%} to {high:.1%}) on {side['n']:,} faces")
            notes += _affect_notes(name, side.get("affect", {}))
        else:
            notes.append(f"{name}: no rows")
    if not evaluation.metrics["protocol"]["sound"]:
        notes.append(str(evaluation.metrics["protocol"]["statement"]))
    missing = [name for name in evaluation.classes if name not in evaluation.metrics["official"]["support"]]
    if missing:
        notes.append(f"no test face of {', '.join(missing)}: left out of the averages over classes")
    if not len(evaluation.validation.table):
        notes.append("no validation row: the probabilities are used as the network gives them, with temperature 1")
    if not has_pooling:
        notes.append("the network has no pooling layers: no feature maps")
    return notes


def _affect_notes(name: str, figures: Mapping[str, Any]) -> list[str]:
    return [
        f"{name} {dimension}: CCC {side['ccc']:.3f} ({side['ccc_interval']['low']:.3f} to "
        f"{side['ccc_interval']['high']:.3f}), RMSE {side['rmse']:.3f} on {side['n']:,} faces"
        for dimension, side in figures.items()
        if "ccc" in side
    ]


if __name__ == "__main__":
    run_tracked_stage(evaluate)
