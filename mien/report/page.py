"""Render the report: everything is inside the one file, and the same facts give the same bytes."""

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np
import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined

from mien.evaluation.judging import Evaluation
from mien.features import FeatureMaps
from mien.labels import EMOTIONS, USAGES
from mien.plots.faces import Answer, shaded_maps
from mien.report.facts import BuildFacts

SHEET_LIMITS = (1400, 16000)
"""Width and height in pixels of an embedded sheet; WebP allows no more than 16,383."""

FACE_LIMIT = 128
"""Pixels, height and width, of an embedded face; the page shows them no larger."""

QUALITY = 88
"""Of embedded sheets: WebP at this quality is a tenth of the PNG."""

FIGURES = (
    ("accuracy", "Accuracy", "share of faces whose label is the first guess", "percent"),
    ("top2", "Top 2", "the label is among the first two guesses", "percent"),
    ("top3", "Top 3", "the label is among the first three guesses", "percent"),
    ("balanced_accuracy", "Balanced accuracy", "mean recall of the classes, each counting the same", "percent"),
    ("macro_f1", "Macro F1", "mean F1 of the classes, each counting the same", "number"),
    ("weighted_f1", "Weighted F1", "mean F1, each class weighted by its faces", "number"),
    ("m_measure", "M measure", "Hand and Till: mean AUC over all pairs of classes", "number"),
    ("loss", "Loss", "log loss with temperature; lower is better", "number"),
    ("loss_uncalibrated", "Loss before", "log loss of the network itself", "number"),
    ("ece", "Calibration error", "expected, with temperature; 0 is perfect", "number"),
    ("ece_uncalibrated", "Calibration error before", "of the network itself", "number"),
    ("brier", "Brier score", "squared distance from the truth, 0 to 2", "number"),
)
"""Rows of the table of figures: key in metrics.json, name, meaning, how it is written."""


@dataclass(frozen=True)
class Axis:
    """A scale for accuracies that shows intervals large enough to compare."""

    low: float
    high: float
    ticks: Sequence[float]

    def at(self, value: float) -> float:
        """Position of `value` in percent of the axis."""
        return round(100 * (value - self.low) / (self.high - self.low), 3)


def render(
    evaluation: Evaluation,
    facts: BuildFacts,
    charts: Mapping[str, str],
    mistakes: Sequence[Answer],
    guesses: Sequence[Answer],
    face: np.ndarray,
    layers: Sequence[FeatureMaps],
) -> str:
    """The report as HTML.

    Args:
        evaluation: figures and rows.
        facts: of the stages before.
        charts: SVG documents by name: learning_curve, per_class, roc, reliability, scores; affect where it is told.
        mistakes: the surest wrong answers.
        guesses: answers to faces drawn at random.
        face: the one that the feature maps belong to, uint8.
        layers: feature maps after each pooling; empty where the network has none.
    """
    return (
        environment()
        .get_template("report.html.j2")
        .render(
            classes=evaluation.classes,
            metrics=evaluation.metrics,
            sides=[(name, evaluation.metrics[name]) for name in ("official", "clean")],
            figures=FIGURES,
            axis=accuracy_axis(evaluation.metrics),
            matrix=evaluation.confusion.tolist(),
            largest=_largest(evaluation),
            confidence=evaluation.params.confidence,
            facts=facts,
            usages=USAGES,
            settings={**facts.params, "evaluate": evaluation.params.model_dump(mode="json")},
            charts={name: svg_uri(text) for name, text in charts.items()},
            pictures={name: sheet_uri(_decoded(content)) for name, content in facts.pictures.items()},
            mistakes=mistakes,
            guesses=guesses,
            face=face,
            layers=[(layer, shaded_maps(layer)) for layer in layers],
        )
    )


def _largest(evaluation: Evaluation) -> tuple[str, float]:
    """The class with the most official test faces, and its share: what a constant answer reaches."""
    counts = evaluation.confusion.sum(axis=1)
    return evaluation.classes[int(counts.argmax())], float(counts.max() / counts.sum())


@cache
def environment() -> Environment:
    """Templates of this package; a missing value is an error, and every value is escaped."""
    out = Environment(
        loader=PackageLoader("mien.report", "."),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    out.filters.update(
        labels=labels,
        percent=lambda value: f"{value * 100:.1f} %",
        number=lambda value: f"{value:.3f}",
        thousands=lambda value: f"{value:,}",
        words=lambda value: str(value).replace("_", " "),
        plain=plain,
        face=face_uri,
        yaml=lambda value: yaml.safe_dump(value, sort_keys=False, allow_unicode=True).strip(),
    )
    return out


def plain(value: float) -> str:
    """A count with commas, or a figure to four digits."""
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"


def labels(counts: Iterable[Mapping[str, int]]) -> list[str]:
    """Every label that is counted anywhere, emotions in their order and others behind them."""
    there = {label for count in counts for label in count}
    return [label for label in EMOTIONS if label in there] + sorted(there - set(EMOTIONS))


def accuracy_axis(metrics: Mapping[str, Any]) -> Axis:
    """From below the lowest bound to above the highest, in steps of 1, 2, 5, 10 or 20 points, at most 6 of them."""
    bounds = [metrics[side]["accuracy_interval"] for side in ("official", "clean") if metrics[side]["n"]]
    low = min(bound["low"] for bound in bounds) * 100
    high = max(bound["high"] for bound in bounds) * 100
    for step in (1, 2, 5, 10, 20):
        first, last = int(low // step) * step, int(-(-high // step)) * step
        if last == first:
            first, last = max(0, first - step), min(100, last + step)
        if (last - first) // step <= 6:
            break
    return Axis(first / 100, last / 100, [tick / 100 for tick in range(first, last + 1, step)])


def svg_uri(text: str) -> str:
    """An SVG document as a data URI."""
    return "data:image/svg+xml;base64," + base64.b64encode(text.encode()).decode()


def face_uri(image: np.ndarray) -> str:
    """One face, uint8 gray or RGB, as a data URI; without loss, but made smaller where it is larger than the page's."""
    pixels = cv2.cvtColor(image, cv2.COLOR_RGB2BGR) if image.ndim == 3 else image
    if len(pixels) > FACE_LIMIT:
        pixels = cv2.resize(pixels, (FACE_LIMIT, FACE_LIMIT), interpolation=cv2.INTER_AREA)
    _, encoded = cv2.imencode(".png", pixels)
    return "data:image/png;base64," + base64.b64encode(encoded.tobytes()).decode()


def sheet_uri(picture: np.ndarray) -> str:
    """A large picture, uint8 (H, W, 3) RGB, as a data URI, made smaller where it is larger than a page."""
    height, width = picture.shape[:2]
    scale = min(SHEET_LIMITS[0] / width, SHEET_LIMITS[1] / height)
    if scale < 1:
        size = (round(width * scale), round(height * scale))
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    bgr = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    _, encoded = cv2.imencode(".webp", bgr, [cv2.IMWRITE_WEBP_QUALITY, QUALITY])
    return "data:image/webp;base64," + base64.b64encode(encoded.tobytes()).decode()


def _decoded(png: bytes) -> np.ndarray:
    """Picture of a PNG file, uint8 (H, W, 3) RGB."""
    bgr = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    rgb: np.ndarray = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)
    return rgb
