"""The outbox: who may claim what, and how it ends."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest

from regulars.store.database import Database
from regulars.store.master import MasterKey
from regulars.store.outbox import Effect, Figures, Outbox, Settlement
from regulars.store.sources import Sources
from regulars.store.workspaces import add_workspace, ensure_default

pytestmark = pytest.mark.anyio

ADD = """insert into outbox (workspace_id, kind, source_id, dedupe, body, due_at)
values (%(workspace)s, %(kind)s, %(source)s, %(dedupe)s, %(body)s::jsonb, now() + make_interval(secs => %(wait)s))"""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def opened(anyio_backend: str, database: Database, master_key: MasterKey) -> AsyncIterator[Database]:
    ensure_default(database)
    await database.open()
    sources = Sources(database, master_key)
    for name in ("slow", "quick"):
        await sources.create(1, name)
    yield database
    await database.close()


@pytest.fixture
def outbox(opened: Database) -> Outbox:
    return Outbox(opened)


async def add(database: Database, source: int, count: int = 1, *, wait: float = -1, **more: Any) -> None:
    workspace = more.get("workspace", 1)
    async with database.write(workspace) as connection:
        for number in range(count):
            values = {"workspace": workspace, "kind": more.get("kind", "fetch"), "source": source, "wait": wait}
            body = json.dumps({"kind": "order", "reference": f"o-{source}-{number}"})
            await connection.execute(ADD, {**values, "dedupe": uuid4(), "body": body})


async def claim(outbox: Outbox, **more: Any) -> list[Effect]:
    given = {"kind": "fetch", "free": {}, "free_else": 4, "lease_seconds": 60, **more}
    return await outbox.claim(1, **given)


async def test_what_waits_of_one_source_never_hides_another(outbox: Outbox, opened: Database) -> None:
    await add(opened, 1, 50)
    await add(opened, 2, 2)
    claimed = await claim(outbox)
    assert [effect.source_id for effect in claimed].count(1) == 4
    assert [effect.source_id for effect in claimed].count(2) == 2
    assert {effect.attempts for effect in claimed} == {1}
    assert await claim(outbox, free={1: 0}) == []
    assert len(await claim(outbox, free={1: 7, 2: 7})) == 7


async def test_a_claimed_effect_is_hidden_until_its_lease_ends(outbox: Outbox, opened: Database) -> None:
    await add(opened, 1)
    (first,) = await claim(outbox, lease_seconds=0)
    (second,) = await claim(outbox)
    assert (first.outbox_id, second.attempts) == (second.outbox_id, 2)
    assert await claim(outbox) == []


async def test_only_the_last_claim_settles(outbox: Outbox, opened: Database) -> None:
    await add(opened, 1)
    (first,) = await claim(outbox, lease_seconds=0)
    (second,) = await claim(outbox)
    await outbox.settle(1, [Settlement(first.outbox_id, first.attempts, "dead", "late")])
    assert await outbox.figures(1) == Figures(pending=1, dead=0)
    await outbox.settle(1, [Settlement(second.outbox_id, second.attempts, "done")])
    assert await outbox.figures(1) == Figures(pending=0, dead=0)


async def test_effects_end_as_they_are_settled(outbox: Outbox, opened: Database) -> None:
    await add(opened, 1, 4)
    done, dead, later, forgiven = sorted(await claim(outbox), key=lambda effect: effect.outbox_id)
    await outbox.settle(
        1,
        [
            Settlement(done.outbox_id, 1, "done"),
            Settlement(dead.outbox_id, 1, "dead", "refused: no such order"),
            Settlement(later.outbox_id, 1, "pending", "busy", wait_seconds=3_600),
            Settlement(forgiven.outbox_id, 1, "pending", "store away", forgiven=1),
        ],
    )
    assert await outbox.figures(1) == Figures(pending=2, dead=1)
    (given_up,) = await outbox.dead(1)
    assert (given_up.outbox_id, given_up.last_error) == (dead.outbox_id, "refused: no such order")
    (again,) = await claim(outbox)
    assert (again.outbox_id, again.attempts) == (forgiven.outbox_id, 1)


async def test_given_up_effects_can_be_tried_again(outbox: Outbox, opened: Database) -> None:
    await add(opened, 1)
    await add(opened, 2)
    await outbox.settle(1, [Settlement(e.outbox_id, 1, "dead", "x") for e in await claim(outbox)])
    assert await outbox.revive(1, source_id=2) == 1
    (revived,) = await claim(outbox)
    assert (revived.source_id, revived.attempts) == (2, 1)
    assert await outbox.revive(1) == 1


async def test_the_next_due_time_is_known(outbox: Outbox, opened: Database) -> None:
    assert await outbox.next_due_seconds(1, kind="fetch") is None
    await add(opened, 1, kind="message")
    assert await outbox.next_due_seconds(1, kind="fetch") is None
    await add(opened, 1, wait=50)
    assert 40 < (await outbox.next_due_seconds(1, kind="fetch") or 0) <= 50
    await add(opened, 2)
    assert (await outbox.next_due_seconds(1, kind="fetch") or 0) < 0
    assert [effect.source_id for effect in await claim(outbox)] == [2]


async def test_a_workspace_claims_its_own(outbox: Outbox, opened: Database, master_key: MasterKey) -> None:
    other = add_workspace(opened, "other")
    await Sources(opened, master_key).create(other, "slow")
    await add(opened, 1, workspace=other)
    assert await claim(outbox) == []
    assert await outbox.workspaces() == [1, other]
    assert len(await outbox.claim(other, kind="fetch", free={}, free_else=1, lease_seconds=1)) == 1


async def test_what_was_done_long_ago_is_swept(outbox: Outbox, opened: Database) -> None:
    await add(opened, 1, 2)
    effects = await claim(outbox)
    await outbox.settle(1, [Settlement(effects[0].outbox_id, 1, "done")])
    assert await outbox.sweep(1) == 0
    assert await outbox.sweep(1, days=-1) == 1
    assert await outbox.figures(1) == Figures(pending=1, dead=0)
