"""`python -m tasks.judge MODEL DATA`: how good a model is on a data set that it was not made from; no stage.

Writes build/judge/{report.html, judged.json, refused.parquet}.
"""

import argparse
import sys
from pathlib import Path
from typing import get_args

from mien.datasets.detect import Reader as Source
from mien.datasets.detect import detect
from mien.datasets.sources import open_reader
from mien.errors import MienError
from mien.judge.asking import ask
from mien.judge.judgement import judgement
from mien.judge.report import PAGE, lines, matrix, record, write
from mien.labels import LABEL_SPACES, USAGES
from mien.model_file import ModelFacts, read_facts
from mien.params import EvaluateParams, IngestParams, parse_params
from tasks.quiet import load_keras
from tasks.stage import stage_folder

DESCRIPTION = (
    "Judge a model on a data set that it was not made from: pictures are prepared as the model's own were, labels and "
    "classes meet by the name of the emotion."
)

OPTIONS = ". Settings of ingest are options here: --source, --label-space"


def main(arguments: list[str] | None = None) -> None:
    """The command; exit code 1 and a message where it cannot be done."""
    words = _parser().parse_args(arguments)
    try:
        judge(words)
    except (MienError, OSError) as error:
        sys.exit(f"\n{error}{OPTIONS if 'ingest.' in str(error) else ''}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tasks.judge", description=DESCRIPTION)
    parser.add_argument("model", type=Path, help="a model file, e.g. build/train/model.keras")
    parser.add_argument("data", type=Path, help="folder with a data set, as data/ is one")
    parser.add_argument(
        "--usage",
        choices=("auto", "all", *USAGES),
        default="auto",
        help="which rows are judged; auto: PrivateTest, or PublicTest where there is none",
    )
    parser.add_argument("--source", choices=("auto", *get_args(Source)), default="auto", help="reader of the data")
    parser.add_argument("--label-space", choices=tuple(LABEL_SPACES), help="what class folders named by digits mean")
    parser.add_argument("--max-refused-share", type=float, default=0.001, help="more refused rows are an error")
    parser.add_argument("--out", type=Path, default=stage_folder("judge"), help="folder of the report")
    return parser


def judge(words: argparse.Namespace) -> None:
    """Read, ask, judge, write and say.

    Raises:
        MienError: no such model or data, or nothing to judge.
    """
    facts = read_facts(words.model)
    found = detect(words.data, words.source)
    reader = open_reader(found, _settings(facts, words))
    wanted = {"auto": None, "all": USAGES}.get(words.usage, (words.usage,))
    load_keras()
    from mien.predictor import Predictor

    asked = ask(Predictor.load(words.model), reader, wanted or USAGES[1:])
    asked.check(words.max_refused_share)
    judged = judgement(asked, wanted, EvaluateParams())
    said = record(judged, asked, _model(facts), str(found.chosen))
    write(words.out, said, asked)
    print("".join(f"judge: {line}\n" for line in lines(said)) + "\n".join(matrix(said)))
    print(f"judge: report: {words.out / PAGE}")


def _settings(facts: ModelFacts, words: argparse.Namespace) -> IngestParams:
    """Of the reader: the model's own preparation."""
    prepared = facts.preparation
    content = {
        "source": words.source,
        "label_space": words.label_space,
        "image_size": prepared.image_size,
        "color": prepared.color,
        "crop_margin": prepared.crop_margin,
        "align": prepared.align,
        "max_refused_share": words.max_refused_share,
    }
    return parse_params({"ingest": content}, "python -m tasks.judge").ingest


def _model(facts: ModelFacts) -> dict[str, str]:
    return {"network": facts.network, "weights_sha256": facts.weights_sha256, "preparation": str(facts.preparation)}


if __name__ == "__main__":
    main()
