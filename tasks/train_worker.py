"""Learn together with the stage `train` of another process: `TF_CONFIG=... python -m tasks.train_worker`.

For `train.strategy: multi_worker`: this is every process of TF_CONFIG's cluster but the chief. It needs the chief's
code, params.yaml and build/{ingest,split,augment} (the same disk, or `dvc pull` of these stages), and writes nothing:
checkpoints, history, model and the MLflow run are the chief's.
"""

from typing import cast

from mien.errors import ParamsError
from mien.params import TrainParams
from tasks.stage import stage_process
from tasks.train import check_role, learn


def work(params: TrainParams) -> None:
    """Learn until the chief's training has ended.

    Raises:
        ParamsError: the strategy is another one.
        TrainingError: this process is the chief, or the others do not come or are gone.
    """
    if params.strategy != "multi_worker":
        raise ParamsError(
            f"train.strategy is {params.strategy}: one process learns, `dvc repro`. For several set it to multi_worker."
        )
    check_role(params, chief=False)
    learn(params)


def main() -> None:
    """Take the section `train` of params.yaml."""
    with stage_process("train") as params:
        work(cast("TrainParams", params))


if __name__ == "__main__":
    main()
