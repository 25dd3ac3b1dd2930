"""Matching in the turn: how fast new records find their people beside a million others, and what that takes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Final

import msgspec
from msgspec import Struct

from regulars.capabilities.identity.model import parse
from regulars.demo.records import Entry, records
from regulars.engine import identity_memory
from regulars.engine.identity_memory import shipped_text
from regulars.engine.models import add_model, promotion
from regulars.intake.gate import EngineGate
from regulars.intake.rematching import Rematcher
from regulars.store.queries import load_queries
from regulars.store.session import Session
from regulars.store.vault import Vault
from regulars.vocabulary.events import Event
from regulars.vocabulary.intake import own_source

from . import rest
from .doors import post_batches
from .engine import Rate, check, gate_of, load
from .pacing import Times
from .place import BenchFailed, Home, Server

SEED: Final = 7
BATCH: Final = 100
AT_ONCE: Final = 4
ONE_MORE: Final = '\n[[block]]\non = ["family_name.sound", "birth_date.year", "postcode"]\n'
_QUERIES = load_queries("regulars.bench", "baseline.sql")


class Footprint(Struct, frozen=True):
    """`kilobytes` in the database for each record, indexes included; without its event in the log."""

    records: int
    kilobytes: float


def bodies(count: int, *, first: int = 0) -> Iterator[bytes]:
    """One `customer.updated` for each of so many records of the demo's population, after the first ones."""
    for number, entry in enumerate(islice(records(SEED), first, first + count), first):
        yield msgspec.json.encode(_event(entry, number))


def _event(entry: Entry, number: int) -> Event:
    customer = entry.customer
    if customer.external_id is not None:  # one source speaks for all systems here
        customer = msgspec.structs.replace(
            customer, external_id=f"{entry.record.source}-{customer.external_id}"
        )
    return Event(id=f"r{number}", type="customer.updated", occurred_at=entry.occurred_at, customer=customer)


def fill(home: Home, count: int, report: Callable[[int], None]) -> Rate:
    """Load records as an import does."""
    return load(home, bodies(count), report)


def in_batches(home: Home, count: int, *, first: int) -> Rate:
    """New records in calls of BATCH, AT_ONCE callers that each wait for their answer."""
    wanted = list(bodies(count, first=first))
    calls = iter([wanted[at : at + BATCH] for at in range(0, len(wanted), BATCH)])

    async def run(gate: EngineGate) -> float:
        async def caller() -> None:
            for call in calls:
                check(await gate.submit(home.source, call, door="events"), "applied")

        began = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(caller())
        return time.perf_counter() - began

    with gate_of(home) as gate:
        return Rate(count, asyncio.run(run(gate)))


def one_by_one(home: Home, count: int, *, first: int) -> Times:
    """New records one at a time, each durable before the next is sent."""
    wanted = list(bodies(count, first=first))
    found: list[float] = []

    async def run(gate: EngineGate) -> None:
        for body in wanted:
            began = time.perf_counter()
            check(await gate.submit(home.source, [body], door="events"), "applied")
            found.append((time.perf_counter() - began) * 1e3)

    with gate_of(home) as gate:
        asyncio.run(run(gate))
    return Times(found, 1e3 * len(found) / sum(found), len(found))


def over_http(server: Server, key: str, count: int, *, first: int) -> tuple[Rate, float]:
    """(new records through the door, memory of the serving process afterwards in MB)."""
    told = list(bodies(count, first=first))
    rate = asyncio.run(post_batches(server, key, told, callers=AT_ONCE, size=BATCH))
    return rate, rest.resident_mb(server.process.pid)


def match_anew(
    home: Home, report: Callable[[int], None] = lambda _: None, *, otherwise: bool = False
) -> Rate:
    """Put a model to work and have every record matched anew by it.

    It differs from the one at work in its name alone, so that nothing comes out otherwise; or, `otherwise`, in weights,
    a band and a block, so that all records get other keys as well.
    """
    vault = Vault(home.store.master, home.workspace_id)
    session, now = Session(home.store.database), datetime.now(UTC)
    text = shipped_text().replace('name = "retail"', f'name = "again {now.isoformat()}"')
    session.begin(home.workspace_id)
    at_work = identity_memory.load(session, vault).model.matcher.model
    session.rollback()
    if otherwise is at_work.seeks_alike(parse(shipped_text())):
        text = text.replace("link = 6.0", "link = 6.5").replace("bits = 23.5", "bits = 22.5") + ONE_MORE
    number = add_model(session, vault, text, None, actor="bench", now=now)
    session.close()
    body = promotion(number, actor="bench", reason="measured", now=now)

    async def run(gate: EngineGate) -> float:
        await home.store.database.open()
        try:
            began = time.perf_counter()
            check(await gate.submit(own_source(home.workspace_id), [body], door="bench"), "applied")
            pages = 0

            def page(_: str) -> None:
                nonlocal pages
                pages += 1
                report(pages)

            rematcher = Rematcher(gate, home.store.database, home.store.master, [home.workspace_id])
            await rematcher.finish(home.workspace_id, page)
            return time.perf_counter() - began
        finally:
            await home.store.database.close()

    held = count_records(home)
    with gate_of(home) as gate:
        return Rate(held, asyncio.run(run(gate)))


def count_records(home: Home) -> int:
    """How many records the home holds."""
    return _footprint_row(home)[0]


def footprint(home: Home) -> Footprint:
    """What the records take in the database."""
    held, size = _footprint_row(home)
    return Footprint(held, size / held / 1000)


def _footprint_row(home: Home) -> tuple[int, int]:
    with home.store.database.session(home.workspace_id, read_only=True) as connection:
        row = connection.execute(_QUERIES.identity_size, {"workspace_id": home.workspace_id}).fetchone()
    if row is None or not row[0]:
        raise BenchFailed("The home holds no records.")
    return int(row[0]), int(row[1])
