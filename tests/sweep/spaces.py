"""Small spaces, and studies whose trials are told without training."""

from pathlib import Path

from optuna import Study
from optuna.trial import TrialState

from mien.params import SweepParams, TrainParams
from mien.sweep.settings import Settings
from mien.sweep.space import trial_params
from mien.sweep.study import PROCESS, open_study

SPACE = {
    "network": "affectnet_cnn",
    "options": {
        "conv_layers": {"low": 2, "high": 4},
        "filters": {"choices": [32, 48], "each": "conv_layers"},
        "dropout": {"low": 0.25, "high": 0.5},
        "dense_layers": {"low": 2, "high": 3},
        "dense_units": {"choices": [16, 32], "each": "dense_layers"},
    },
    "learning_rate": {"low": 0.0003, "high": 0.003, "log": True},
}


def settings(train: dict | None = None, data: str = "faces", keras: str = "3", **sweep: object) -> Settings:
    """Settings of a study; `sweep` are keys of the section."""
    section = SweepParams.model_validate({"trials": 5, "epochs": 3, "space": SPACE, **sweep})
    return Settings(TrainParams.model_validate(train or {}), section, data, "code", {"keras": keras})


def begin(study: Study, process: str = "alive") -> object:
    """A trial that has drawn its settings and runs."""
    trial = study.ask()
    trial.set_user_attr(PROCESS, process)
    study_settings = Settings.load(study.user_attrs["settings"])
    trial_params(study_settings.train, study_settings.sweep, trial)
    return trial


def play(study: Study, count: int) -> None:
    """Run trials whose value is that of a formula on what they drew."""
    for _ in range(count):
        trial = begin(study)
        study.tell(trial, trial.params["dropout"] + trial.params["filters_1"] / 1000, state=TrialState.COMPLETE)


def opened(folder: Path, **changes: object) -> Study:
    """A new study; the folder is the working directory."""
    assert Path.cwd() == folder
    return open_study(settings(**changes))
