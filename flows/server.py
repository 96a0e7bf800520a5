"""The Prefect server that this process talks to."""

import urllib.error
import urllib.request

from flows.errors import FlowError, PassingError

ANSWER_SECONDS = 5.0


def api_url() -> str | None:
    """Address of its API (`PREFECT_API_URL`, or the profile's); None where Prefect starts one for each run."""
    from prefect.settings import get_current_settings

    return get_current_settings().api.url


def has_server() -> bool:
    """Whether there is a server that outlives this run."""
    return api_url() is not None


def check_server() -> None:
    """See that the server answers, where there is one.

    Raises:
        PassingError: it does not.
        FlowError: it does, but there is no API of Prefect.
    """
    url = api_url()
    if url is None:
        return
    remedy = "Start it (`python -m flows.serve`), correct PREFECT_API_URL, or unset it to run without a server."
    try:
        with urllib.request.urlopen(url.rstrip("/") + "/health", timeout=ANSWER_SECONDS):
            return
    except urllib.error.HTTPError as error:
        raise FlowError(f"no Prefect API at {url}: {error}. {remedy}") from error
    except (OSError, ValueError) as error:
        raise PassingError(f"the Prefect server {url} does not answer: {error}. {remedy} Nothing was run.") from error
