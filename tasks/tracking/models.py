"""Models in the tracking store: logged once by train, found by the hash of their file, registered as a version."""

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from mien.model_file import read_facts
from tasks.quiet import load_keras
from tasks.tracking import heads
from tasks.tracking.origin import file_digest
from tasks.tracking.run import PipelineRun
from tasks.tracking.store import Store

if TYPE_CHECKING:
    from mlflow.entities import LoggedModel
    from mlflow.entities.model_registry import ModelVersion
    from mlflow.models import Model

MD5_TAG = "model.md5"
CHALLENGER = "challenger"


def ensure_logged(run: PipelineRun, path: Path) -> str:
    """Id of the logged model whose file is `path`; logs it when this store does not hold it yet.

    A model that an earlier pass, or another machine, has logged is linked to this run too.
    """
    found = find_model(run.store, file_digest(path))
    if found is None:
        return _log(run, path)
    _link(run, str(found.model_id))
    return str(found.model_id)


def find_model(store: Store, md5: str) -> "LoggedModel | None":
    """The logged model whose file has this MD5; `source_run_id` names the run that trained it."""
    found = store.client.search_logged_models([store.experiment_id], filter_string=f"tags.`{MD5_TAG}` = '{md5}'")
    # One whose upload was cut off is not READY; the store's own filter on the status finds none at all.
    return next((model for model in found if str(model.status) == "READY"), None)


def _log(run: PipelineRun, path: Path) -> str:
    """Log the model file in MLflow's Keras flavour, signature, example and requirements included.

    MLflow would save the model anew, with other bytes; here the logged file is the one that DVC keeps, so that its
    hash names it everywhere.
    """
    client = run.store.client
    model = client.create_logged_model(
        run.store.experiment_id, name="model", source_run_id=run.run_id, tags={MD5_TAG: file_digest(path)}
    )
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "model"
        _save(path, folder, str(model.model_id), run.run_id)
        client.log_model_artifacts(model.model_id, str(folder))
    client.finalize_logged_model(model.model_id, "READY")
    _link(run, str(model.model_id))
    return str(model.model_id)


def _save(path: Path, folder: Path, model_id: str, run_id: str) -> None:
    """Write the folder that `mlflow.pyfunc` and `mlflow.keras` load."""
    load_keras()
    import keras
    import mlflow.keras
    import numpy as np
    from mlflow.models import Model, infer_signature

    entry, facts = Model(artifact_path="model", model_uuid=model_id, model_id=model_id, run_id=run_id), read_facts(path)
    model = keras.models.load_model(path, compile=False)
    example = np.zeros((1, *model.input_shape[1:]), np.uint8)
    folder.mkdir()
    mlflow.keras.save_model(
        model,
        str(folder),
        mlflow_model=entry,
        signature=infer_signature(example, model.predict(example, verbose=0)),
        input_example=example,
        # Given the requirements, MLflow need not find them by importing the model in a child process for 6 s.
        pip_requirements=[f"{name}=={version(name)}" for name in ("keras", "tensorflow", "numpy")],
        metadata=asdict(facts),
    )
    if facts.affect:
        _with_heads(entry, folder)
    shutil.copyfile(path, folder / "data" / "model.keras")


def _with_heads(entry: "Model", folder: Path) -> None:
    """Have `mlflow.pyfunc` load the model in `folder` by `tasks.tracking.heads`."""
    (folder / "code").mkdir()
    shutil.copyfile(heads.__file__, folder / "code" / f"{heads.NAME}.py")
    entry.flavors["python_function"] |= {"loader_module": heads.NAME, "code": "code"}
    entry.save(str(folder / "MLmodel"))


def _link(run: PipelineRun, model_id: str) -> None:
    """Show the model as an output of the run; a second time the store would refuse it."""
    from mlflow.entities import LoggedModelOutput

    outputs = run.store.client.get_run(run.run_id).outputs
    if model_id not in {output.model_id for output in (outputs.model_outputs if outputs else [])}:
        run.store.client.log_outputs(run.run_id, [LoggedModelOutput(model_id, step=0)])


def log_scores(run: PipelineRun, model_id: str, scores: Mapping[str, float]) -> None:
    """Show figures with the model too, beside those of the run."""
    import mlflow

    mlflow.log_metrics(dict(scores), run_id=run.run_id, model_id=model_id)


def register(
    run: PipelineRun, model_id: str, name: str, md5: str, tags: Mapping[str, str], description: str
) -> "tuple[ModelVersion, bool]":
    """The version of `name` that holds this model, new or found, with alias `challenger`; and whether it is new."""
    import mlflow

    client = run.store.client
    known = client.search_model_versions(f"name = '{name}' AND tags.`{MD5_TAG}` = '{md5}'", max_results=1)
    entry = known[0] if known else mlflow.register_model(f"models:/{model_id}", name, tags={MD5_TAG: md5})
    # What a version was registered with stays; a kill, or an older program, may have left it without some of it.
    for key in tags.keys() - entry.tags.keys():
        client.set_model_version_tag(name, entry.version, key, tags[key])
    if not entry.description:
        client.update_model_version(name, entry.version, description=description)
    client.set_registered_model_alias(name, CHALLENGER, entry.version)
    return entry, not known
