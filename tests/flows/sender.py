"""`python -m tests.flows.sender`: a flow that does nothing but have this checkout's training done elsewhere.

Prints the result as a line of JSON; ends with exit code 1 and the reason where there is none.
"""

import dataclasses
import json
import sys

from prefect import flow
from prefect.logging import get_run_logger
from prefect.runtime import flow_run

from flows.remote.elsewhere import train_elsewhere
from flows.remote.preflight import check_ready
from mien.errors import MienError


@flow(name="sender")
def send(check: bool, force: bool) -> None:
    if check:
        check_ready()
    key = f"prefect-{flow_run.id}"
    result = train_elsewhere("train", key=key, tags={"by": "sender"}, force=force, log=get_run_logger().info)
    print(json.dumps(dataclasses.asdict(result)))


if __name__ == "__main__":
    try:
        send(check="--check" in sys.argv, force="--force" in sys.argv)
    except MienError as error:
        sys.exit(f"refused: {error}")
