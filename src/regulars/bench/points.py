"""Points under load: members who earn and spend at once, beside lots that end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from importlib import resources
from random import Random
from typing import Final

import msgspec
from msgspec import Struct

from regulars.engine.programmes import publication, save_draft
from regulars.intake.gate import EngineGate
from regulars.store.cluster import DATABASE
from regulars.store.database import Database
from regulars.store.ledger_audit import audit_ledger
from regulars.store.queries import load_queries
from regulars.store.session import Session
from regulars.store.vault import Vault
from regulars.vocabulary.events import CAPTURED, HELD, SWEPT, Event, Loyalty
from regulars.vocabulary.intake import OWN_SOURCE_ID, own_source

from .engine import CALLERS, Rate, check, gate_of, quiet_collector
from .place import BenchFailed, Home

SALES_PER_CALL: Final = 40
BURNS_PER_CALL: Final = 10
OPENED_PER_CALL: Final = 50_000
HELD_PER_CALL: Final = 500
BURNED: Final = 100
HOT_SHARE: Final = 0.3
"""Of the burns, those of one member in a hundred."""
_QUERIES = load_queries("regulars.bench", "baseline.sql")
_FILL = load_queries("regulars.bench", "points.sql")


def publish(home: Home) -> None:
    """Put the shipped programme in force for every known customer, unless one is."""
    with home.store.database.session(home.workspace_id, read_only=True) as connection:
        row = connection.execute(_QUERIES.is_published, {"workspace_id": home.workspace_id}).fetchone()
    if row is not None and row[0]:
        return
    shipped = resources.files("regulars.capabilities.loyalty").joinpath("programmes").joinpath("default.toml")
    text = shipped.read_text("utf-8").replace('who = "enrolled"\nsales_before_days = 14', 'who = "known"')
    session, vault, now = (
        Session(home.store.database),
        Vault(home.store.master, home.workspace_id),
        datetime.now(UTC),
    )
    draft = save_draft(session, vault, text, number=None, actor="bench", now=now)
    begins = now - timedelta(days=1)
    body = publication(session, vault, draft.number, effective_from=begins, actor="bench", reason="", now=now)
    session.close()
    with gate_of(home) as gate:
        check(gate.submit_wait(own_source(home.workspace_id), [body], door="bench"), "applied")


def members(home: Home, most: int) -> list[str]:
    """Ids of records, at most so many."""
    with home.store.database.session(home.workspace_id, read_only=True) as connection:
        rows = connection.execute(
            _QUERIES.some_records, {"workspace_id": home.workspace_id, "limit": most}
        ).fetchall()
    if not rows:
        raise BenchFailed("The home holds no customers.")
    return [row[0].hex for row in rows]


def open_lots(home: Home, ids: Sequence[str], amount: int, *, lasting: timedelta) -> None:
    """A lot for each member; all end at once, so long from now. Written as a turn leaves it: it is not what is measured."""
    now = datetime.now(UTC)
    said = {"workspace_id": home.workspace_id, "amount": amount, "now": now, "ends": now + lasting}
    for start in range(0, len(ids), OPENED_PER_CALL):
        with home.store.database.session(home.workspace_id) as connection:
            connection.execute(_FILL.add_lots, said | {"ids": list(ids[start : start + OPENED_PER_CALL])})


def stock(home: Home, ids: Sequence[str], amount: int) -> list[str]:
    """Lots for members: a lasting one for each, once, and for the first tenth, whose ids are returned, one that ends
    now, so that a run meets them."""
    ending, mark = list(ids[: max(1, len(ids) // 10)]), home.path / "lots"
    if not mark.exists():
        open_lots(home, ids, amount, lasting=timedelta(days=700))
        mark.write_text(str(len(ids)), encoding="ascii")
    open_lots(home, ending, amount, lasting=timedelta(seconds=5))
    return ending


def settle(home: Home) -> None:
    """What PostgreSQL still has to do after a load, done before anything is measured; pgbench vacuums its tables, too."""
    assert home.store.embedded is not None, "homes of a run are embedded"
    owner = Database(home.store.embedded.superuser_dsn(DATABASE)).connect_owner()
    try:
        owner.execute(_FILL.vacuum)
        owner.execute(_FILL.checkpoint)
    finally:
        owner.close()


def _command(type_: str, id_: str, said: Loyalty) -> bytes:
    return msgspec.json.encode(Event(id=id_, type=type_, occurred_at=datetime.now(UTC), loyalty=said))


class Mix(Struct, frozen=True):
    """Events a second, and how many of the burns were refused for want of points."""

    rate: Rate
    refused: int


def mix(home: Home, sales: list[bytes], ids: Sequence[str], *, warm: int) -> Mix:
    """Sales that earn, and holds that are captured, from many callers at once; hot members among both."""
    vault, chance, mark = Vault(home.store.master, home.workspace_id), Random(5), time.time_ns()
    own, refused = own_source(home.workspace_id), 0
    calls: list[tuple[list[bytes], list[bytes]]] = []
    for number, start in enumerate(range(0, len(sales), SALES_PER_CALL)):
        pairs = (_burn(vault, pick(ids, chance), f"{mark}-{number}-{n}") for n in range(BURNS_PER_CALL))
        burns = [body for pair in pairs for body in pair]
        calls.append((sales[start : start + SALES_PER_CALL], burns))
    waiting = iter(calls)
    done = before = 0
    began = time.perf_counter()

    async def run(gate: EngineGate) -> None:
        nonlocal done, before, began, refused

        async def caller() -> None:
            nonlocal done, before, began, refused
            for earned, burned in waiting:
                first, second = await asyncio.gather(
                    gate.submit(home.source, earned, door="events"), gate.submit(own, burned, door="bench")
                )
                check([*first, *second], "applied")
                refused += sum(bool(one.loyalty and one.loyalty[0].refused) for one in second)
                done += len(first) + len(second)
                if before == 0 and done >= warm:
                    before, began = done, time.perf_counter()

        async with asyncio.TaskGroup() as group:
            for _ in range(CALLERS):
                group.create_task(caller())

    with gate_of(home) as gate, quiet_collector():
        asyncio.run(run(gate))
        rate = Rate(done - before, time.perf_counter() - began)
    return Mix(rate, refused)


def pick(ids: Sequence[str], chance: Random) -> str:
    """A member; often one of the few that are hot."""
    hot = max(1, len(ids) // 100)
    return ids[chance.randrange(hot if chance.random() < HOT_SHARE else len(ids))]


def _burn(vault: Vault, member: str, name: str) -> tuple[bytes, bytes]:
    """A hold, and its capture: the id of a hold follows from its event's."""
    key = vault.hash("event", str(OWN_SOURCE_ID), f"h-{name}")
    hold = vault.hash("hold", key)
    return (
        _command(HELD, f"h-{name}", Loyalty(member=member, amount=BURNED, actor="bench")),
        _command(CAPTURED, f"k-{name}", Loyalty(member=member, hold=hold, actor="bench")),
    )


def reserve(home: Home, ids: Sequence[str]) -> list[tuple[str, str]]:
    """Hold points of each member; the member and the hold of each that was made."""
    vault, own, mark = (
        Vault(home.store.master, home.workspace_id),
        own_source(home.workspace_id),
        time.time_ns(),
    )
    burns = [(member, f"{mark}-{number}") for number, member in enumerate(ids)]
    bodies = [_burn(vault, member, name)[0] for member, name in burns]
    made: list[tuple[str, str]] = []
    with gate_of(home) as gate:
        for start in range(0, len(bodies), HELD_PER_CALL):
            part = slice(start, start + HELD_PER_CALL)
            results = gate.submit_wait(own, bodies[part], door="bench")
            check(results, "applied")
            answers = zip(burns[part], results, strict=True)
            made += [(member, one.loyalty[0].hold) for (member, _), one in answers if one.loyalty[0].hold]
    return made


def sweep(home: Home, ids: Sequence[str]) -> Rate:
    """Post what has ended of these members, a thousand a call."""
    own = own_source(home.workspace_id)
    began = time.perf_counter()
    with gate_of(home) as gate:
        for start in range(0, len(ids), 1_000):
            said = Loyalty(members=list(ids[start : start + 1_000]))
            body = _command(SWEPT, f"sweep-{began}-{start}", said)
            check(gate.submit_wait(own, [body], door="bench"), "applied")
    return Rate(len(ids), time.perf_counter() - began)


def check_books(home: Home) -> None:
    """Raises BenchFailed when the books do not balance after all that: fast and wrong is no figure."""
    with home.store.database.session(home.workspace_id, read_only=True) as connection:
        faults = audit_ledger(connection, home.workspace_id)
    if faults:
        raise BenchFailed(f"The books do not add up: {', '.join(fault.check for fault in faults)}.")
