"""What a Prefect server must know of this project: pools, the automation for killed flows, the deployments.

    PREFECT_API_URL=http://127.0.0.1:4200/api python -m flows.deploy

Again, it makes the deployments what prefect.yaml says; what a person has decided in the UI stays: that promotions wait
for approval, and which schedules are switched off. `prefect deploy --all` alone does the last part.
"""

import subprocess
import sys

from flows.checkout.place import enter_checkout
from flows.errors import FlowError
from flows.server import api_url, check_server
from mien.errors import MienError


def deploy() -> list[str]:
    """Make what is missing on the server and deploy all of prefect.yaml; returns lines for people.

    Raises:
        FlowError: no server is named, it does not answer, or it refuses.
    """
    if api_url() is None:
        raise FlowError("no server to deploy to. Set PREFECT_API_URL, or start one: `python -m flows.serve`.")
    check_server()
    from prefect.exceptions import PrefectHTTPStatusError

    from flows.serving.pools import make_pools
    from flows.serving.zombies import watch_for_zombies

    try:
        said = [f"pool {name}: made, type process" for name in make_pools()]
        watch_for_zombies()
    except PrefectHTTPStatusError as error:
        raise FlowError(f"the server {api_url()} refuses. It says: {error}") from error
    return [*said, *_deploy_all()]


def _deploy_all() -> list[str]:
    """`prefect deploy --all` as a person would call it."""
    command = [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        raise FlowError(f"`prefect deploy --all` has failed:\n{(done.stdout + done.stderr).strip()[-3000:]}")
    names = [line.split("'")[1] for line in done.stdout.splitlines() if line.lstrip("│ ").startswith("Deployment '")]
    return [f"deployment {name}" for name in names]


def main() -> None:
    """The command; exit code 1 and a message where it cannot be done."""
    enter_checkout()
    try:
        print("\n".join(deploy()))
    except MienError as error:
        sys.exit(f"\n{error}")


if __name__ == "__main__":
    main()
