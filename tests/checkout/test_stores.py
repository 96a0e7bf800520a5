import pytest

from flows.checkout.child import run_dvc
from flows.checkout.stores import check_remote, check_tracking
from flows.errors import FlowError, PassingError


def test_a_checkout_without_a_default_remote_needs_none(repository):
    assert check_remote() is False


def test_an_empty_folder_is_a_remote(repository, tmp_path):
    (tmp_path / "share").mkdir()
    run_dvc("remote", "add", "--default", "share", str(tmp_path / "share"))
    assert check_remote()
    assert check_remote("share")


def test_a_share_that_is_not_mounted_may_come_back(repository):
    run_dvc("remote", "add", "--default", "share", "/nowhere/share")
    with pytest.raises(PassingError, match="DVC's default remote 'share' is not there: /nowhere/share"):
        check_remote()
    with pytest.raises(PassingError, match="the DVC remote 'share' is not there"):
        check_remote("share")


def test_a_remote_that_dvc_does_not_know_is_refused(repository):
    with pytest.raises(FlowError, match="the DVC remote 'shore' cannot be used") as refusal:
        check_remote("shore")
    assert not isinstance(refusal.value, PassingError)


def test_a_tracking_server_that_does_not_answer_may_come_back(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://user:secret@127.0.0.1:9")
    with pytest.raises(PassingError, match=r"http://user:\*\*\*@127.0.0.1:9 .* does not answer"):
        check_tracking()
