"""What of our code the weights depend on."""

import hashlib
from pathlib import Path


def code_digest() -> str:
    """SHA-256 over the code that the weights depend on: networks, training, changes of faces."""
    digest = hashlib.sha256()
    for package in ("augmentation", "networks", "training"):
        for path in sorted((Path(__file__).parents[1] / package).glob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()
