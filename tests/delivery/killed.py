"""A process to be killed: engine and delivery. `python -m tests.delivery.killed DSN WORKSPACE` takes one sale."""

from __future__ import annotations

import asyncio
import sys

from regulars.console.services.stands import Standings
from regulars.delivery import Delivery, Poster, Teller
from regulars.engine.turn import utc_now
from regulars.intake.gate import EngineGate
from regulars.observe import Metrics
from regulars.store.audit import write_line_async
from regulars.store.database import Database
from regulars.store.letters import Letters
from regulars.store.master import MasterKey
from regulars.store.outbox import Outbox
from regulars.store.sources import Sources
from regulars.store.write_backs import WriteBacks
from tests.engine.test_turn import body
from tests.engine.worker import MASTER


async def main(dsn: str, workspace_id: int) -> None:
    master, database = MasterKey(MASTER), Database(dsn)
    await database.open()
    gate = EngineGate(database, master)
    sources, outbox = Sources(database, master), Outbox(database)
    teller = Teller(Letters(database, master, audit=write_line_async), outbox, Poster(loopback=True))
    delivery = Delivery(
        outbox,
        sources,
        {},
        gate,
        Metrics(),
        teller=teller,
        standings=Standings(database, master, utc_now),
        write_backs=WriteBacks(database, audit=write_line_async),
        poll_seconds=0.05,
        lease_seconds=1.0,
    )
    await delivery.start()
    tills = (await sources.ensure(workspace_id, "tills")).source
    [result] = await gate.submit(tills, [body(1, 1)], door="events")
    assert result.status == "applied"
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
