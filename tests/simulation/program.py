"""A program for the fault tests to kill: store, engine and a door that is a pipe.

`python -m tests.simulation.program HOME [overlap]` opens the store in HOME and says on a line where its database is.
With `overlap` each request is a turn, written while the next one is decided, as under full load.
Each line it reads is a request, `[number, [[source, event], …]]`; each line it writes is an answer,
`[number, [status, …]]` after the commit, or `[number, null]` when nothing was taken. The end of its input
ends it in order.
"""

from __future__ import annotations

import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec

from regulars.engine.lane import Limits
from regulars.intake.gate import EngineGate
from regulars.store.opening import open_store
from regulars.store.workspaces import ensure_default
from regulars.vocabulary.errors import TryLater
from tests.engine.world import sources_of

IN_FLIGHT = 6


def main(home: Path, *, overlap: bool) -> None:
    limits = Limits(launch_events_min=1, batch_events_max=3) if overlap else None
    said = threading.Lock()

    def say(answer: Any) -> None:
        with said:
            sys.stdout.write(msgspec.json.encode(answer).decode() + "\n")
            sys.stdout.flush()

    with open_store(home=home, watch=True) as store:
        store.migrate()
        workspace_id = ensure_default(store.database)
        sources = sources_of(workspace_id)
        gate = EngineGate(store.database, store.master, limits=limits)
        assert store.embedded is not None
        say({"data": str(store.embedded.data_dir), "dsn": store.database.dsn, "workspace_id": workspace_id})

        def serve(number: int, told: list[tuple[int, str]]) -> None:
            statuses: list[str] = [""] * len(told)
            try:
                for source_id in {source_id for source_id, _ in told}:
                    places = [n for n, (one, _) in enumerate(told) if one == source_id]
                    bodies = [told[n][1].encode() for n in places]
                    results = gate.submit_wait(sources[source_id], bodies, door="events")
                    for place, result in zip(places, results, strict=True):
                        statuses[place] = result.status
            except TryLater:
                say([number, None])
            else:
                say([number, statuses])

        with ThreadPoolExecutor(IN_FLIGHT) as pool:
            for line in sys.stdin:
                pool.submit(serve, *json.loads(line))
        gate.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), overlap="overlap" in sys.argv[2:])
