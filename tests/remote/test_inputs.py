from pathlib import Path

from flows.remote.inputs import inputs_of
from mien.training.checkpoints import differences


def test_what_a_stage_reads_is_named_by_file_and_by_param(project):
    project.write("params.yaml", "train: {epochs: 3, seed: 1}\nother: 5\n")
    project.write(
        "dvc.yaml",
        "stages: {train: {cmd: sh make.sh, deps: [input], params: [train], outs: [build/train/model]}}\n",
    )
    before = inputs_of("train")
    assert set(before) == {"input", "train"}
    Path("input").write_text("other faces\n")
    project.write("params.yaml", "train: {epochs: 4, seed: 1}\nother: 6\n")
    first, second = differences(before, inputs_of("train"))
    assert first.startswith("input (")
    assert second == "train.epochs (3 there, 4 here)"
