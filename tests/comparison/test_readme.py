from pathlib import Path

import pytest

from mien.comparison import markdown, table
from mien.comparison.__main__ import main
from mien.comparison.readme import CSV, END, MARKDOWN, PICTURE, START, publish, replaced
from mien.errors import DataError
from tests.comparison.results import RESULTS

PAGE = f"# Mien\n\n{START}\nold\n{END}\n\nafter\n"


@pytest.fixture
def compared(tmp_path):
    """What a comparison leaves."""
    folder = tmp_path / "build" / "compare"
    folder.mkdir(parents=True)
    for name, content in ((CSV, "name,official\n"), (MARKDOWN, "| preset |\n"), (PICTURE, "png")):
        (folder / name).write_text(content)
    return folder


def test_table_and_picture_come_between_the_markers_and_all_else_stays(compared, tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text(PAGE)
    written = publish(readme, compared)
    text = readme.read_text()
    assert text.startswith(f"# Mien\n\n{START}\n\n| preset |\n\n![")
    assert text.endswith(f"(docs/comparison.png)\n\n{END}\n\nafter\n")
    assert "old" not in text
    assert [path.relative_to(tmp_path).as_posix() for path in written] == [
        "docs/comparison.csv",
        "docs/comparison.png",
        "README.md",
    ]
    assert (tmp_path / "docs/comparison.csv").read_text() == "name,official\n"


def test_the_readme_of_this_project_has_its_place_for_it():
    readme = Path(__file__).parents[2] / "README.md"
    assert "| preset |" in replaced(readme.read_text(encoding="utf-8"), "| preset |", "README.md")


def test_a_second_time_changes_nothing(compared, tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text(PAGE)
    publish(readme, compared)
    once = readme.read_text()
    publish(readme, compared)
    assert readme.read_text() == once


@pytest.mark.parametrize("text", ["# Mien\n", f"{START}\n", f"{END}\n{START}\n", PAGE + PAGE])
def test_a_readme_without_the_two_markers_is_told_which_lines_to_add_and_stays(compared, tmp_path, text):
    readme = tmp_path / "README.md"
    readme.write_text(text)
    with pytest.raises(DataError, match="add these two lines") as refused:
        publish(readme, compared)
    assert START in str(refused.value)
    assert END in str(refused.value)
    assert readme.read_text() == text
    assert not (tmp_path / "docs").exists()


def test_what_it_writes_can_hold_any_characters():
    assert r"\1 \g<0>" in replaced(PAGE, r"\1 \g<0>", "README.md")


def test_without_a_comparison_it_says_how_to_make_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["comparison", "README.md"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert "build/compare/ has no comparison.csv, comparison.md, comparison.png" in str(ended.value)
    assert "python -m flows.compare" in str(ended.value)


def test_a_comparison_with_failed_rows_says_which_where_it_is_published(compared, tmp_path, monkeypatch, capsys):
    (compared / CSV).write_text(table(RESULTS).to_csv(index=False))
    (compared / MARKDOWN).write_text(markdown(RESULTS))
    (tmp_path / "README.md").write_text(PAGE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["comparison", "README.md"])
    main()
    said = capsys.readouterr().out.splitlines()
    assert said[-1] == "failed, and shown so: affectnet_cnn, sound protocol: train failed: no images.npy"
    for published in (Path("README.md"), Path("docs") / CSV):
        assert "/home/me" not in published.read_text()
        assert "Traceback" not in published.read_text()
