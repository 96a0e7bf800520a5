"""Stage `register`: a model that passes the absolute gates becomes a version in the MLflow registry.

Reads build/*/summary.json, build/evaluate/{metrics.json, held_out.txt}, build/train/model.keras; writes build/register/
{model_card.md, registered.json}. A model that fails a gate is not registered; that is a result, not a fault. Nothing is
promoted here.
"""

import json
from pathlib import Path
from typing import Any

from mien.gates import Gate, judge, judge_protocol
from mien.model_card import CardFacts, model_card
from mien.model_file import read_facts
from mien.params import Gates, RegisterParams
from tasks.stage import SUMMARY, Outcome, stage_folder
from tasks.tracking.models import ensure_logged
from tasks.tracking.models import register as register_version
from tasks.tracking.origin import commit, data_digest, dirty, file_digest
from tasks.tracking.run import PipelineRun
from tasks.tracking.stage import run_tracked_stage

MODEL = stage_folder("train") / "model.keras"
HELD_OUT = stage_folder("evaluate") / "held_out.txt"
RESULT = "registered.json"
CARD = "model_card.md"
HEADLINE = ("accuracy", "macro_f1", "m_measure", "ece")
"""Figures that a version carries as tags; a side without rows has none of them."""


def register(params: RegisterParams, run: PipelineRun) -> Outcome:
    """Judge the model by the gates and register it, or say which gate it failed."""
    metrics = _read(stage_folder("evaluate") / "metrics.json")
    model_id = ensure_logged(run, MODEL)
    gates = [*judge(metrics["official"], params.gates), judge_protocol(metrics["protocol"])]
    folder = stage_folder("register")
    card = model_card(_facts(params, metrics))
    (folder / CARD).write_text(card, encoding="utf-8")
    failed = [gate for gate in gates if not gate.passed]
    result = {"registered": False, "gates": {gate.name: gate.passed for gate in gates}, "model_md5": file_digest(MODEL)}
    if failed:
        notes = _refusal(failed, metrics["protocol"]["statement"])
    else:
        version, new = _register(params, run, model_id, metrics, card)
        result |= {"registered": True, "name": params.model_name, "version": int(version)}
        word = "registered" if new else "registered before"
        notes = [f"{word} as version {version} of {params.model_name!r} with alias 'challenger'; nothing is promoted"]
    (folder / RESULT).write_text(json.dumps(result, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    return Outcome({"registered": int(not failed)}, [RESULT, CARD], [*notes, *_closing_words(metrics, run)])


def _register(
    params: RegisterParams, run: PipelineRun, model_id: str, metrics: dict[str, Any], card: str
) -> tuple[str, bool]:
    classes = _read(stage_folder("split") / "classes.json")
    official, clean = metrics["official"], metrics["clean"]
    tags = {
        "classes": json.dumps(classes),
        "input": f"uint8 faces, {read_facts(MODEL).preparation}; the scaling is a layer of the model",
        "temperature": str(metrics["temperature"]),
        "git.commit": commit() or "unknown",
        "git.dirty": dirty(),
        "data.md5": data_digest() or "untracked",
        "params.md5": file_digest(Path("params.yaml")),
        "test.usage": metrics["test_usage"],
        "test.held_out": _record_held_out(run),
        "test.held_out.md5": file_digest(HELD_OUT),
        **{f"official.{name}": str(official[name]) for name in HEADLINE if name in official},
        **{f"clean.{name}": str(clean[name]) for name in HEADLINE if name in clean},
    }
    version, new = register_version(run, model_id, params.model_name, file_digest(MODEL), tags, card)
    return str(version.version), new


def _record_held_out(run: PipelineRun) -> str:
    """Keep with the run which images the model was judged on, at once; where that is, for the version's tag.

    Named by its content: a second model of the same run does not change what is kept for the first.
    """
    name = f"held_out/{file_digest(HELD_OUT)}.txt"
    run.store.client.log_text(run.run_id, HELD_OUT.read_text(encoding="utf-8"), name)
    return f"runs:/{run.run_id}/{name}"


def _facts(params: RegisterParams, metrics: dict[str, Any]) -> CardFacts:
    cleaned = _summary("clean")["metrics"]
    train = _summary("train")["params"]
    return CardFacts(
        model_name=params.model_name,
        network=train["network"]["name"],
        classes=_read(stage_folder("split") / "classes.json"),
        preparation=read_facts(MODEL).preparation,
        metrics=metrics,
        fingerprint=_read(stage_folder("ingest") / "fingerprint.json"),
        kept=int(cleaned["kept"]),
        dropped=int(cleaned["dropped"]),
        data_digest=data_digest() or "untracked",
        commit=commit() or "unknown",
        params=train,
    )


def _summary(stage: str) -> dict[str, Any]:
    summary: dict[str, Any] = _read(stage_folder(stage) / SUMMARY)
    return summary


def _read(path: Path) -> Any:  # noqa: ANN401
    return json.loads(path.read_text(encoding="utf-8"))


def _refusal(failed: list[Gate], statement: str) -> list[str]:
    has_limits = any(gate.name in Gates.model_fields for gate in failed)
    return [
        f"not registered: the model does not pass the gates{' (limits: register.gates in params.yaml)' * has_limits}",
        *(f"  {gate}" for gate in failed),
        *([f"  {statement} Look at split in params.yaml."] if statement else []),
    ]


def _closing_words(metrics: dict[str, Any], run: PipelineRun) -> list[str]:
    """What the pipeline reached and where to look."""
    words = []
    for name in ("official", "clean"):
        figures = metrics[name]
        if not figures["n"]:
            continue
        low, high = figures["accuracy_interval"]["low"], figures["accuracy_interval"]["high"]
        words.append(
            f"{name} accuracy {figures['accuracy']:.1%} ({low:.1%} to {high:.1%}), macro F1 {figures['macro_f1']:.3f}, "
            f"{figures['n']} faces of {metrics['test_usage']}"
        )
    place = run.store.shown if run.store.uri.startswith("http") else "`uv run mlflow ui`, then http://127.0.0.1:5000"
    return [*words, "report: build/evaluate/report.html", f"runs and models: {place}"]


if __name__ == "__main__":
    run_tracked_stage(register)
