"""An engine in a process of its own, for the tests: `python -m tests.engine.worker FILE`.

The file is JSON: where the database is, which workspace, and the requests to play, each a list of
(source, event). With `hang` set the engine stops for ever in the middle of its first turn, holding the lock.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from datetime import datetime
from pathlib import Path
from typing import Any

from regulars.engine.turn import utc_now
from regulars.intake.gate import EngineGate
from regulars.store.database import Database
from regulars.store.master import MasterKey
from tests.engine.world import Told, World, sources_of

ROOT = Path(__file__).resolve().parents[2]
MASTER = bytes(range(32))


def start(
    world: World, file: Path, requests: list[list[Told]], *, hang: bool = False
) -> subprocess.Popen[str]:
    """Start an engine on a world; it says `ready`, `holding` or `done` on a line of its own."""
    plan = {
        "dsn": world.database.dsn,
        "workspace_id": world.workspace_id,
        "requests": [[[source, body.decode()] for source, body in told] for told in requests],
        "hang": hang,
    }
    file.write_text(json.dumps(plan))
    command = [sys.executable, "-m", "tests.engine.worker", str(file)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def main(plan: dict[str, Any]) -> None:
    calls = 0

    def clock() -> datetime:
        nonlocal calls
        calls += 1
        # A turn reads the clock at its start, then after loading: the lock is held by then.
        if plan["hang"] and threading.current_thread().name.startswith("lane") and calls > 3:
            sys.stdout.write("holding\n")
            sys.stdout.flush()
            threading.Event().wait()
        return utc_now()

    gate = EngineGate(Database(plan["dsn"]), MasterKey(MASTER), clock=clock)
    for told in plan["requests"]:
        for number, source in sources_of(plan["workspace_id"]).items():
            bodies = [body.encode() for source_id, body in told if source_id == number]
            gate.submit_wait(source, bodies, door="events")
    gate.close()
    sys.stdout.write("done\n")


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text()))
