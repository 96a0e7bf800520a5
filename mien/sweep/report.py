"""The files that a sweep leaves for people: a table of all trials and a picture."""

from pathlib import Path

from optuna import Study

from mien.durable import write_text
from mien.plots.style import write_png
from mien.plots.sweep import sweep_picture
from mien.sweep.study import settings_of
from mien.sweep.table import drawn_names, importances, trials_table

TABLE, PICTURE = "trials.csv", "sweep.png"


def write_report(study: Study, folder: Path) -> list[Path]:
    """Write both into `folder`, made where it is missing; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    sweep, trials = settings_of(study).sweep, trials_table(study)
    logs = ["learning_rate"] if sweep.space.learning_rate and sweep.space.learning_rate.log else []
    logs += [name for name, dimension in sweep.space.options.items() if dimension.log and dimension.each is None]
    write_text(folder / TABLE, trials.to_csv(index=False, lineterminator="\n"))
    picture = sweep_picture(trials, sweep.metric, drawn_names(study), importances(study, sweep.seed), logs)
    write_png(folder / PICTURE, picture)
    return [folder / TABLE, folder / PICTURE]
