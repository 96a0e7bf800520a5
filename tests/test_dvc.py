"""The contracts that hold dvc.yaml, params.yaml, tasks/ and mien/ together: DVC cannot see imports, this file does."""

from pathlib import Path

import grimp
import pytest
import yaml

from mien.params import SECTIONS, STAGES, load_params

ROOT = Path(__file__).parents[1]
GRAPH = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
ROOT_PACKAGES = {"mien", "tasks"}


@pytest.fixture(scope="module")
def imports() -> grimp.ImportGraph:
    return grimp.build_graph("mien", "tasks", cache_dir=None, exclude_type_checking_imports=True)


def outputs(stage: str) -> list[str]:
    listed = [*GRAPH[stage].get("outs", []), *GRAPH[stage].get("metrics", []), *GRAPH[stage].get("plots", [])]
    return [next(iter(out)) if isinstance(out, dict) else out for out in listed]


def code(stage: str) -> set[str]:
    return {dep for dep in GRAPH[stage]["deps"] if Path(dep).parts[0] in ROOT_PACKAGES}


def imported_files(stage: str, imports: grimp.ImportGraph) -> set[str]:
    modules = imports.find_upstream_modules(f"tasks.{stage}") | {f"tasks.{stage}"}
    files = set()
    for module in modules - ROOT_PACKAGES:
        path = Path(*module.split("."))
        files.add(str(path / "__init__.py") if (ROOT / path).is_dir() else f"{path}.py")
    return files


def covers(dep: str, file: str) -> bool:
    return file == dep or file.startswith(dep + "/")


def test_stages_are_the_sections_of_the_params_in_the_same_order_and_then_come_promote_and_sweep():
    assert tuple(GRAPH) == STAGES
    assert (*STAGES, "promote", "sweep") == SECTIONS
    assert tuple(yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))) == SECTIONS
    load_params(ROOT / "params.yaml")


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_is_its_module_its_section_and_its_folder(stage):
    assert GRAPH[stage]["cmd"] == f"python -m tasks.{stage}"
    assert (ROOT / "tasks" / f"{stage}.py").is_file()
    assert stage in GRAPH[stage]["params"]
    assert all(out.startswith(f"build/{stage}/") for out in outputs(stage))
    assert f"build/{stage}/summary.json" in outputs(stage)


@pytest.mark.parametrize("stage", STAGES)
def test_every_module_that_a_stage_imports_is_a_dependency(stage, imports):
    missing = {file for file in imported_files(stage, imports) if not any(covers(dep, file) for dep in code(stage))}
    assert not missing, f"add to the deps of {stage} in dvc.yaml: {sorted(missing)}"


@pytest.mark.parametrize("stage", STAGES)
def test_no_stage_depends_on_code_that_it_does_not_import(stage, imports):
    files = imported_files(stage, imports)
    templates = {"mien/templates"}
    idle = {dep for dep in code(stage) - templates if not any(covers(dep, file) for file in files)}
    assert not idle, f"remove from the deps of {stage} in dvc.yaml: {sorted(idle)}"


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_reads_only_what_an_earlier_one_writes(stage):
    earlier = {out for name in STAGES[: STAGES.index(stage)] for out in outputs(name)}
    built = {dep for dep in GRAPH[stage]["deps"] if dep.startswith("build/")}
    assert built <= earlier


def test_what_may_run_on_another_machine_has_all_its_outputs_in_the_cache():
    for stage in set(STAGES) - {"register"}:
        assert not [out for out in GRAPH[stage].get("outs", []) if isinstance(out, dict)]


def test_register_depends_on_every_summary_so_that_each_pass_leaves_a_run():
    summaries = {f"build/{stage}/summary.json" for stage in STAGES if stage != "register"}
    assert summaries <= set(GRAPH["register"]["deps"])
