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
from regulars.store.workspaces import add_workspace

pytestmark = pytest.mark.anyio

ADD = """insert into outbox (workspace_id, kind, source_id, dedupe, body, due_at)
values (%(workspace)s, %(kind)s, %(source)s, %(dedupe)s, %(body)s::jsonb, now() + make_interval(secs => %(wait)s))"""


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def opened(anyio_backend: str, module_database: Database) -> AsyncIterator[Database]:
    await module_database.open()
    yield module_database
    await module_database.close()


@pytest.fixture
async def here(opened: Database, master_key: MasterKey) -> int:
    """A workspace of the test's own, with two sources."""
    workspace_id = add_workspace(opened, f"w-{uuid4()}")
    sources = Sources(opened, master_key)
    for name in ("slow", "quick"):
        await sources.create(workspace_id, name)
    return workspace_id


@pytest.fixture
def outbox(opened: Database) -> Outbox:
    return Outbox(opened)


async def add(
    database: Database, workspace: int, source: int, count: int = 1, *, wait: float = -1, kind: str = "fetch"
) -> None:
    async with database.write(workspace) as connection:
        for number in range(count):
            values = {"workspace": workspace, "kind": kind, "source": source, "wait": wait}
            body = json.dumps({"kind": "order", "reference": f"o-{source}-{number}"})
            await connection.execute(ADD, {**values, "dedupe": uuid4(), "body": body})


async def claim(outbox: Outbox, workspace: int, **more: Any) -> list[Effect]:
    given = {"kind": "fetch", "free": {}, "free_else": 4, "lease_seconds": 60, **more}
    return await outbox.claim(workspace, **given)


async def test_what_waits_of_one_source_never_hides_another(
    outbox: Outbox, opened: Database, here: int
) -> None:
    await add(opened, here, 1, 50)
    await add(opened, here, 2, 2)
    claimed = await claim(outbox, here)
    assert [effect.source_id for effect in claimed].count(1) == 4
    assert [effect.source_id for effect in claimed].count(2) == 2
    assert {effect.attempts for effect in claimed} == {1}
    assert await claim(outbox, here, free={1: 0}) == []
    assert len(await claim(outbox, here, free={1: 7, 2: 7})) == 7


async def test_a_claimed_effect_is_hidden_until_its_lease_ends(
    outbox: Outbox, opened: Database, here: int
) -> None:
    await add(opened, here, 1)
    (first,) = await claim(outbox, here, lease_seconds=0)
    (second,) = await claim(outbox, here)
    assert (first.outbox_id, second.attempts) == (second.outbox_id, 2)
    assert await claim(outbox, here) == []


async def test_only_the_last_claim_settles(outbox: Outbox, opened: Database, here: int) -> None:
    await add(opened, here, 1)
    (first,) = await claim(outbox, here, lease_seconds=0)
    (second,) = await claim(outbox, here)
    await outbox.settle(here, [Settlement(first.outbox_id, first.attempts, "dead", "late")])
    assert await outbox.figures(here) == Figures(pending=1, dead=0)
    await outbox.settle(here, [Settlement(second.outbox_id, second.attempts, "done")])
    assert await outbox.figures(here) == Figures(pending=0, dead=0)


async def test_effects_end_as_they_are_settled(outbox: Outbox, opened: Database, here: int) -> None:
    await add(opened, here, 1, 4)
    done, dead, later, forgiven = sorted(await claim(outbox, here), key=lambda effect: effect.outbox_id)
    await outbox.settle(
        here,
        [
            Settlement(done.outbox_id, 1, "done"),
            Settlement(dead.outbox_id, 1, "dead", "refused: no such order"),
            Settlement(later.outbox_id, 1, "pending", "busy", wait_seconds=3_600),
            Settlement(forgiven.outbox_id, 1, "pending", "store away", forgiven=1),
        ],
    )
    assert await outbox.figures(here) == Figures(pending=2, dead=1)
    (given_up,) = await outbox.dead(here)
    assert (given_up.outbox_id, given_up.last_error) == (dead.outbox_id, "refused: no such order")
    (again,) = await claim(outbox, here)
    assert (again.outbox_id, again.attempts) == (forgiven.outbox_id, 1)


async def test_given_up_effects_can_be_tried_again(outbox: Outbox, opened: Database, here: int) -> None:
    await add(opened, here, 1)
    await add(opened, here, 2)
    await outbox.settle(here, [Settlement(e.outbox_id, 1, "dead", "x") for e in await claim(outbox, here)])
    assert await outbox.revive(here, source_id=2) == 1
    (revived,) = await claim(outbox, here)
    assert (revived.source_id, revived.attempts) == (2, 1)
    assert await outbox.revive(here) == 1


async def test_the_next_due_time_is_known(outbox: Outbox, opened: Database, here: int) -> None:
    assert await outbox.next_due_seconds(here, kind="fetch") is None
    await add(opened, here, 1, kind="message")
    assert await outbox.next_due_seconds(here, kind="fetch") is None
    await add(opened, here, 1, wait=50)
    assert 40 < (await outbox.next_due_seconds(here, kind="fetch") or 0) <= 50
    await add(opened, here, 2)
    assert (await outbox.next_due_seconds(here, kind="fetch") or 0) < 0
    assert [effect.source_id for effect in await claim(outbox, here)] == [2]


async def test_a_workspace_claims_its_own(
    outbox: Outbox, opened: Database, master_key: MasterKey, here: int
) -> None:
    other = add_workspace(opened, f"w-{uuid4()}")
    await Sources(opened, master_key).create(other, "slow")
    await add(opened, other, 1)
    assert await claim(outbox, here) == []
    assert {here, other} <= set(await outbox.workspaces())
    assert len(await outbox.claim(other, kind="fetch", free={}, free_else=1, lease_seconds=1)) == 1


async def test_what_was_done_long_ago_is_swept(outbox: Outbox, opened: Database, here: int) -> None:
    await add(opened, here, 1, 2)
    effects = await claim(outbox, here)
    await outbox.settle(here, [Settlement(effects[0].outbox_id, 1, "done")])
    assert await outbox.sweep(here) == 0
    assert await outbox.sweep(here, days=-1) == 1
    assert await outbox.figures(here) == Figures(pending=1, dead=0)
