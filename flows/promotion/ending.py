"""How a promotion or a rollback ends."""

from dataclasses import dataclass

PROMOTED, KEPT, ROLLED_BACK = "Promoted", "Kept", "Rolled back"


@dataclass(frozen=True)
class Ending:
    """`name` becomes the name of the flow run's state."""

    name: str
    message: str
