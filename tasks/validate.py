"""Stage `validate`: hold the faces against the expectations; a critical one that is not met stops the pipeline here.

Reads build/ingest, writes build/validate/{result.json, data_docs, summary.json}.
"""

from mien.datasets.table import Faces
from mien.errors import ExpectationError
from mien.expectations import DATA_DOCS, RESULT, describe, examine
from mien.expectations.rule import WARNING
from mien.params import ValidateParams
from tasks.stage import Outcome, run_stage, stage_folder


def validate(params: ValidateParams) -> Outcome:
    """Examine the faces and write the report, also where it is then refused.

    Raises:
        ExpectationError: a critical expectation is not met; the message names each, what was observed and the setting.
    """
    faces = Faces.load(stage_folder("ingest"))
    folder = stage_folder("validate")
    folder.mkdir(parents=True, exist_ok=True)
    verdict = examine(faces, params, folder)
    if not verdict.success:
        raise ExpectationError(verdict.failure(folder))
    metrics = verdict.metrics()
    notes = [f"warning: {describe(finding)}" for finding in verdict.unmet(WARNING)]
    notes.append(f"{metrics['met']} of {metrics['expectations']} expectations met on {len(faces):,} faces")
    return Outcome(metrics, [RESULT, DATA_DOCS], notes)


if __name__ == "__main__":
    run_stage(validate)
