"""How far a comparison is."""


def progress(done: int, total: int, name: str, seconds: float) -> str:
    """Where the comparison is, and for how much longer, should the rest be like what is done.

    Args:
        done: how many are.
        total: of how many.
        name: of the one that is next.
        seconds: since the first began.
    """
    said = f"{done + 1} of {total}, preset {name}"
    if not done:
        return said
    left = seconds / done * (total - done)
    return f"{said}, about {left / 60:.0f} min left" if left >= 90 else f"{said}, about {left:.0f} s left"
