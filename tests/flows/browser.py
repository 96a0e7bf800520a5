"""Pages as a person sees them: Chromium without a window."""

import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --hide-scrollbars"
)
LOAD_MILLISECONDS = 25_000
"""Of the page's own time, which runs faster than ours while it waits for nothing."""


def look_at(address: str, picture: Path, width: int = 1400, height: int = 1400) -> str:
    """The page after its scripts have run, as HTML, and as a PNG file in `picture`.

    What lies below the window's edge is not loaded by Prefect's UI.
    """
    found = shutil.which("chromium")
    if found is None:
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium)")
    with tempfile.TemporaryDirectory(prefix="mien-chromium-") as profile:
        budget = [f"--user-data-dir={profile}", f"--virtual-time-budget={LOAD_MILLISECONDS}"]
        wanted = ["--dump-dom", f"--screenshot={picture}", f"--window-size={width},{height}", address]
        command = [found, *FLAGS.split(), *budget, *wanted]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=180).stdout
