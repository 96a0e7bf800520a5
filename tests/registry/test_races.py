import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tasks.registry.entry import Standing

pytestmark = pytest.mark.slow

PROCESSES = 4
PROMOTE = """
import sys, time
from pathlib import Path
from tasks.registry.entry import Registry
from tasks.registry.moves import ChangedError, Evidence, promote
from tasks.tracking.store import open_store
registry = Registry(open_store(), sys.argv[1])
judged = registry.standing()
Path(f"ready-{sys.argv[2]}").touch()
while not Path("go").exists():
    time.sleep(0.01)
try:
    promote(registry, judged, Evidence(f"by {sys.argv[2]}", "{}"))
    print("promoted")
except ChangedError as error:
    print("changed:", error)
"""


def test_of_promotions_at_once_from_several_processes_one_moves_the_alias(any_registry, tmp_path):
    from tests.flows.servers import until

    def run(number):
        words = [sys.executable, "-c", PROMOTE, any_registry.name, str(number)]
        done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
        return done.stdout.strip() or done.stderr

    with ThreadPoolExecutor(PROCESSES) as pool:
        said = [pool.submit(run, number) for number in range(PROCESSES)]
        until(lambda: len(list(Path(tmp_path).glob("ready-*"))) == PROCESSES, 120, "all have judged")
        (tmp_path / "go").touch()
        said = [one.result() for one in said]
    assert sorted(one.split(":")[0] for one in said) == ["changed"] * (PROCESSES - 1) + ["promoted"], said
    winner = next(number for number, one in enumerate(said) if one == "promoted")
    assert any_registry.standing() == Standing(champion="2", challenger="2", previous="1")
    assert any_registry.version("2").tags["promotion.reasons"] == f"by {winner}"
    assert not any_registry.client.search_registered_models(f"name LIKE '{any_registry.name}.%'")
