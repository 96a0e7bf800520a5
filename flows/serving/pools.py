"""The work pools that the deployments of prefect.yaml name."""

POOLS = ("cpu", "gpu")


def make_pools() -> list[str]:
    """Make those that are missing, of type process; returns their names. One of another type stays as it is."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.actions import WorkPoolCreate
    from prefect.workers.process import ProcessWorker

    with get_client(sync_client=True) as client:
        missing = [name for name in POOLS if name not in {pool.name for pool in client.read_work_pools()}]
        template = ProcessWorker.get_default_base_job_template()
        for name in missing:
            client.create_work_pool(WorkPoolCreate(name=name, type="process", base_job_template=template))
    return missing


def require_pools() -> None:
    """End `prefect deploy` before it registers anything where a pool is missing: it would stop half-way.

    A build step of the first deployment in prefect.yaml, whose own pool Prefect has looked for by then.
    """
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        known = {pool.name for pool in client.read_work_pools()}
    if missing := [name for name in POOLS if name not in known]:
        names = " and ".join(repr(name) for name in missing)
        raise SystemExit(
            f"no work pool {names} on this server; nothing was deployed. `python -m flows.deploy` makes the pools and "
            f"deploys; by hand: `prefect work-pool create {missing[0]} --type process` (or docker, kubernetes)."
        )
