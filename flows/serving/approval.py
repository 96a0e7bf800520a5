"""What a person has decided in the UI is not undone by deploying again."""


def keep_approval(deployment: str) -> dict[str, bool]:
    """Whether each promotion waits for a person: as the deployment on the server says now, false where it is new.

    A build step of prefect.yaml, which gives its result back to `prefect deploy`: that would reset the parameter.

    Args:
        deployment: its address, flow/name.
    """
    from prefect.client.orchestration import get_client
    from prefect.exceptions import ObjectNotFound

    with get_client(sync_client=True) as client:
        try:
            parameters = client.read_deployment_by_name(deployment).parameters
        except ObjectNotFound:
            parameters = {}
    return {"approval": bool(parameters.get("approval", False))}
