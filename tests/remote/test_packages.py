from importlib import metadata

import pytest

from flows.errors import FlowError
from flows.remote.packages import check_packages


def lock(folder, **versions):
    packages = "".join(f'[[package]]\nname = "{name}"\nversion = "{version}"\n' for name, version in versions.items())
    wanted = "".join(f'{{ name = "{name}" }},' for name in versions)
    path = folder / "uv.lock"
    path.write_text(f'{packages}[[package]]\nname = "mien"\nversion = "0"\ndependencies = [{wanted}]\n')
    return path


def test_packages_as_locked_are_fine(tmp_path):
    check_packages(lock(tmp_path, numpy=metadata.version("numpy")))


def test_another_version_is_refused_with_both(tmp_path):
    with pytest.raises(FlowError, match=rf"numpy {metadata.version('numpy')} instead of 9\.9"):
        check_packages(lock(tmp_path, numpy="9.9"))


def test_a_missing_package_is_refused(tmp_path):
    with pytest.raises(FlowError, match="no-such-thing is missing instead of 1"):
        check_packages(lock(tmp_path, **{"no-such-thing": "1"}))


def test_one_of_several_locked_versions_is_enough(tmp_path):
    path = lock(tmp_path, numpy="9.9")
    path.write_text(f'[[package]]\nname = "numpy"\nversion = "{metadata.version("numpy")}"\n{path.read_text()}')
    check_packages(path)


def test_packages_that_the_project_does_not_depend_on_are_not_compared(tmp_path):
    path = lock(tmp_path)
    path.write_text(f'[[package]]\nname = "ruff"\nversion = "9.9"\n{path.read_text()}')
    check_packages(path)


def test_a_commit_without_a_lock_is_not_compared(tmp_path):
    check_packages(tmp_path / "uv.lock")
