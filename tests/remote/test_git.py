import pytest

from flows.errors import FlowError, PassingError
from flows.remote import git as git_module
from flows.remote.git import git, without_password
from tests.flows.servers import free_port


def test_says_what_git_says(checkout):
    assert git("rev-parse", "--abbrev-ref", "HEAD") == "main"


def test_a_refusal_is_told_in_the_words_of_git(checkout):
    with pytest.raises(FlowError, match=r"`git show` failed: fatal: .*nothing-like-this") as caught:
        git("show", "nothing-like-this")
    assert not isinstance(caught.value, PassingError)


def test_a_server_that_does_not_answer_may_answer_later(checkout):
    with pytest.raises(PassingError, match="Failed to connect|refused"):
        git("ls-remote", f"http://127.0.0.1:{free_port()}/project.git")


def test_a_password_in_an_address_is_not_told(checkout):
    with pytest.raises(FlowError) as caught:
        git("ls-remote", f"http://token:secret@127.0.0.1:{free_port()}/project.git")
    assert "secret" not in str(caught.value)
    assert without_password("see https://secret@example.org/p.git and ssh://me:secret@host/p") == (
        "see https://***@example.org/p.git and ssh://***@host/p"
    )


def test_a_command_that_hangs_is_ended_and_may_be_tried_again(checkout, monkeypatch):
    monkeypatch.setattr(git_module, "TIMEOUT_SECONDS", 0.2)
    with pytest.raises(PassingError, match="did not end within"):
        git("-c", "alias.hang=!sleep 5", "hang")


def test_never_asks_for_a_password(checkout):
    checkout.git("config", "credential.helper", "")
    assert git("-c", "alias.ask=!echo $GIT_TERMINAL_PROMPT", "ask") == "0"


def test_a_hook_of_git_does_not_lead_into_its_own_repository(checkout, monkeypatch):
    monkeypatch.setenv("GIT_DIR", "/nowhere/.git")
    assert git("rev-parse", "--abbrev-ref", "HEAD") == "main"


def test_a_machine_without_git_is_told_so(checkout, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(FlowError, match="no git"):
        git("status")
