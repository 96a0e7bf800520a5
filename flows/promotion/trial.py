"""The trial: download challenger and champion, have both answer the same test rows of this checkout, judge."""

import json
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.errors import FlowError
from mien.datasets.table import FACES, IMAGES
from mien.params import Params
from tasks.registry.entry import Registry, Standing, Version
from tasks.registry.files import fetch_held_out, fetch_model, temperature
from tasks.registry.moves import Evidence
from tasks.stage import stage_folder

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from mien.promotion import Contender, Verdict

MILLION = 1_000_000


@dataclass(frozen=True)
class Trial:
    """What was found.

    `champion` and `challenger` are version numbers; `rows` are numbers of test rows: `test`, `compared`, `clean`;
    `left_out` has for each version how many were not held out for it; `usage` says where the rows come from.
    """

    model_name: str
    challenger: str
    champion: str | None
    verdict: "Verdict"
    usage: str
    rows: Mapping[str, int]
    left_out: Mapping[str, int]

    @property
    def evidence(self) -> Evidence:
        """The same for the registry."""
        rows = {**self.rows, "usage": self.usage, "left_out": dict(self.left_out)}
        gates = [asdict(gate) for gate in self.verdict.gates]
        figures = {**self.verdict.figures, "rows": rows, "gates": gates}
        return Evidence("\n".join(map(str, self.verdict.gates)), json.dumps(figures, sort_keys=True))


def hold_trial(registry: Registry, standing: Standing, params: Params) -> Trial:
    """Judge the challenger, against the champion where there is one; the registry is only read.

    Raises:
        FlowError: this checkout has no test rows.
        DataError: the models cannot be compared with each other, or on these rows.
        TrackingError: a file of a version is missing, changed or not recorded, or the store does not answer.
    """
    from mien.evaluation.judging import usages
    from mien.promotion import comparable, judge, judge_contenders

    test, images, classes = _test_rows()
    numbers = [number for number in (standing.challenger, standing.champion) if number is not None]
    versions = [registry.version(number) for number in numbers]
    held_out = {f"version {version.number}": fetch_held_out(registry, version) for version in versions}
    table, left_out = comparable(test, held_out, params.promote.min_rows)
    with ExitStack() as stack:
        folders = [stack.enter_context(tempfile.TemporaryDirectory()) for _ in versions]
        paths = [
            fetch_model(registry, version, Path(folder)) for version, folder in zip(versions, folders, strict=True)
        ]
        contenders = [_contender(registry, version, path) for version, path in zip(versions, paths, strict=True)]
        judged = judge_contenders(contenders, table, images, classes, params.evaluate.batch_size)
    verdict = judge(judged[0], judged[1] if standing.champion else None, classes, params)
    rows = {"test": len(test), "compared": len(table), "clean": int((~table["twin_in_training"]).sum())}
    return Trial(registry.name, numbers[0], standing.champion, verdict, usages(table), rows, left_out)


def _test_rows() -> "tuple[pd.DataFrame, np.ndarray[Any, Any], Sequence[str]]":
    """Test rows of the split's table, all images as a memory map, and the names of the classes."""
    import numpy as np
    import pandas as pd

    faces, images = stage_folder("split") / FACES, stage_folder("ingest") / IMAGES
    classes = stage_folder("split") / "classes.json"
    for path in (faces, classes, images):
        if not path.exists():
            raise FlowError(
                f"{path} is missing: models are compared on the test rows of this checkout, which has none yet. Run "
                "the pipeline first (`python -m flows.pipeline`, or `dvc pull` where its results are shared)."
            )
    table = pd.read_parquet(faces)
    names: list[str] = json.loads(classes.read_text(encoding="utf-8"))
    return table[table["split"] == "test"], np.load(images, mmap_mode="r"), names


def _contender(registry: Registry, version: Version, path: Path) -> "Contender":
    from mien.predictor import Predictor
    from mien.promotion import Contender
    from tasks.quiet import load_keras

    load_keras()
    return Contender(
        f"version {version.number}",
        Predictor.load(path),
        temperature(registry, version),
        path.stat().st_size / MILLION,
    )
