from pathlib import Path

import pytest

from flows.errors import FlowError
from flows.remote.meeting import dvc_remote, git_url


def configure(checkout, text, file="config"):
    checkout.write(f".dvc/{file}", text)


def test_code_meets_at_origin(checkout):
    assert git_url() == str(checkout.origin)


def test_code_meets_at_the_git_remote_that_the_environment_names(checkout, monkeypatch):
    checkout.git("remote", "add", "company", "git@example.org:team/project.git")
    monkeypatch.setenv("MIEN_GIT_REMOTE", "company")
    assert git_url() == "git@example.org:team/project.git"


def test_pushes_go_where_git_is_told_to_push(checkout):
    checkout.git("remote", "set-url", "--push", "origin", "https://example.org/mine.git")
    assert git_url(push=True) == "https://example.org/mine.git"
    assert git_url() == str(checkout.origin)


@pytest.mark.parametrize("address", ["https://example.org/p.git", "ssh://example.org/p.git", "example.org:p.git"])
def test_the_environment_may_name_an_address(checkout, monkeypatch, address):
    monkeypatch.setenv("MIEN_GIT_REMOTE", address)
    assert git_url() == address


def test_a_relative_path_counts_from_the_checkout(checkout, monkeypatch):
    checkout.git("remote", "set-url", "origin", "../origin.git")
    assert git_url() == str(checkout.origin)


def test_a_git_remote_that_does_not_exist_is_told_with_those_that_do(checkout, monkeypatch):
    monkeypatch.setenv("MIEN_GIT_REMOTE", "company")
    with pytest.raises(FlowError, match=r"no git remote 'company'.*known: origin"):
        git_url()


def test_data_meet_at_the_default_remote(checkout, tmp_path):
    configure(checkout, f"[core]\nremote = store\n['remote \"store\"']\nurl = {tmp_path / 'store'}\n")
    assert (dvc_remote().name, dvc_remote().folder) == ("store", tmp_path / "store")


def test_data_meet_at_the_dvc_remote_that_the_environment_names(checkout, monkeypatch):
    configure(checkout, "[core]\nremote = store\n['remote \"store\"']\nurl = /store\n")
    configure(checkout, "['remote \"bucket\"']\nurl = s3://bucket/mien\n", "config.local")
    monkeypatch.setenv("MIEN_DVC_REMOTE", "bucket")
    assert dvc_remote().settings["url"] == "s3://bucket/mien"
    assert dvc_remote().folder is None


def test_a_folder_in_the_checkout_is_no_place_to_meet(checkout):
    configure(checkout, "[core]\nremote = embedded\n['remote \"embedded\"']\nurl = embedded\n")
    with pytest.raises(FlowError, match=r"'embedded' is the folder .*\.dvc/embedded in this checkout.*MIEN_DVC_REMOTE"):
        dvc_remote()


def test_a_kind_without_run_cache_is_no_place_to_meet(checkout):
    configure(checkout, "[core]\nremote = web\n['remote \"web\"']\nurl = https://example.org/store\n")
    with pytest.raises(FlowError, match="'web' is of kind http"):
        dvc_remote()


@pytest.mark.parametrize("name", ["", "bucket"])
def test_a_dvc_remote_that_does_not_exist_is_told_with_those_that_do(checkout, monkeypatch, name):
    configure(checkout, "['remote \"store\"']\nurl = /store\n")
    monkeypatch.setenv("MIEN_DVC_REMOTE", name)
    with pytest.raises(FlowError, match=r"no DVC remote .*known: store"):
        dvc_remote()


def test_a_broken_configuration_is_named(checkout):
    configure(checkout, "[nonsense]\nkey = value\n")
    with pytest.raises(FlowError, match=str(Path.cwd())):
        dvc_remote()
