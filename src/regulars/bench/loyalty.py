"""Loyalty: how long the sales of many days take under a draft programme."""

from __future__ import annotations

import asyncio
import time
from typing import Final

from msgspec import Struct

from regulars.console.services.programmes import Programmes, shipped_text
from regulars.console.services.simulations import question_of, simulate
from regulars.engine.turn import utc_now
from regulars.intake.gate import EngineGate
from regulars.store.vault import Vault

from .place import Home

DAYS: Final = 90


class Replayed(Struct, frozen=True):
    """How long it took, over how many sales of how many customers."""

    seconds: float
    sales: int
    customers: int


def replay(home: Home) -> Replayed:
    """Publish a programme that everybody known takes part in, draft another one, and count the last DAYS by both."""
    gate = EngineGate(home.store.database, home.store.master)
    try:
        return asyncio.run(_replay(home, gate))
    finally:
        gate.close()


async def _replay(home: Home, gate: EngineGate) -> Replayed:
    database = home.store.database
    programmes = Programmes(database, Vault(home.store.master, home.workspace_id), utc_now)
    text = shipped_text().replace('who = "enrolled"', 'who = "known"')
    await database.open()
    try:
        known = await programmes.known()
        number = known[0].number if known else await programmes.save_draft(text, "bench")
        if not known:
            await programmes.publish(gate, number, "To measure.", "bench")
        await programmes.save_draft(text.replace("percent = 125", "percent = 200"), "bench", number)
        began = time.perf_counter()
        question, _, _ = await question_of(programmes, number, DAYS, utc_now())
        found = await simulate(database, home.workspace_id, question)
        return Replayed(time.perf_counter() - began, found.outcome.sales, found.outcome.customers)
    finally:
        await database.close()
