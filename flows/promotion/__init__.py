"""Promotion and rollback: what `flows.promote` is made of. Whatever a rollback needs does not import Prefect."""
