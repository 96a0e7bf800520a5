"""The Prefect server that this process talks to."""

from typing import TYPE_CHECKING

from flows.errors import FlowError, PassingError

if TYPE_CHECKING:
    from prefect.exceptions import PrefectHTTPStatusError

TAG = "mien"
"""Tag of this project's flow runs, of deployments and by hand: automations look at no others."""

ANSWER_SECONDS = 5.0
UNAUTHORIZED, SERVER_ERROR = 401, 500
REMEDY = "Start it (`python -m flows.serve`), correct PREFECT_API_URL, or unset it to run without a server."


def api_url() -> str | None:
    """Address of its API (`PREFECT_API_URL`, or the profile's); None where Prefect starts one for each run."""
    from prefect.settings import get_current_settings

    return get_current_settings().api.url


def has_server() -> bool:
    """Whether there is a server that outlives this run."""
    return api_url() is not None


def check_server() -> None:
    """See that the server answers, and us, where there is one.

    Raises:
        PassingError: it does not.
        FlowError: it does, but wants another password, or there is no API of Prefect.
    """
    url = api_url()
    if url is None:
        return
    import httpx
    from prefect.exceptions import PrefectHTTPStatusError

    try:
        _ask()
    except PrefectHTTPStatusError as error:
        raise _refusal(url, error) from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise PassingError(f"the Prefect server {url} does not answer: {error}. {REMEDY} Nothing was run.") from error
    except ValueError as error:
        raise FlowError(f"no Prefect API at {url}: {error}. {REMEDY}") from error


def _ask() -> None:
    """Its version, which needs the password that /health does not; once, with everything that Prefect is set to."""
    from prefect.client.orchestration import get_client
    from prefect.settings import PREFECT_CLIENT_MAX_RETRIES, temporary_settings

    with (
        temporary_settings({PREFECT_CLIENT_MAX_RETRIES: 0}),
        get_client({"timeout": ANSWER_SECONDS}, sync_client=True) as client,
    ):
        client.api_version()


def _refusal(url: str, error: "PrefectHTTPStatusError") -> FlowError:
    code, said = error.response.status_code, f"{error.response.status_code} {error.response.reason_phrase}"
    if code == UNAUTHORIZED:
        return FlowError(
            f"the Prefect server {url} wants a password ({said}). Set PREFECT_API_AUTH_STRING to the server's "
            "(name:password)."
        )
    if code >= SERVER_ERROR:
        return PassingError(f"the Prefect server {url} does not answer: {said}. {REMEDY} Nothing was run.")
    return FlowError(f"no Prefect API at {url}: {said}. {REMEDY}")
