"""Look-ups that wait are answered together, each with its own rows and within its own workspace."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import psycopg
import pytest

from regulars.store.database import Connection, Database
from regulars.store.errors import StoreUnavailable
from regulars.store.pipeline import Call
from regulars.store.reading import Reader

pytestmark = pytest.mark.anyio
NOTES = "select text from note order by text"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def database(two_workspaces: Database) -> AsyncIterator[Database]:
    """A database with a note in each of the workspaces 1 and 2, its pool open."""
    await two_workspaces.open()
    yield two_workspaces
    await two_workspaces.close()


async def test_everybody_gets_their_own_rows(database: Database) -> None:
    async def ask(number: int) -> None:
        workspace_id = 1 + number % 2
        own, notes = await database.ask(
            workspace_id, Call("select %(n)s::integer", {"n": number}), Call(NOTES, {})
        )
        assert own == [(number,)]
        assert notes == [("one" if workspace_id == 1 else "two",)]

    await asyncio.gather(*(ask(number) for number in range(300)))


async def test_a_bad_question_fails_alone(database: Database) -> None:
    good = [database.ask(1, Call(NOTES, {})) for _ in range(20)]
    bad = [database.ask(1, Call("select 1 / %(n)s", {"n": 0})) for _ in range(5)]
    answers = await asyncio.gather(*good, *bad, return_exceptions=True)
    assert answers[:20] == [[[("one",)]]] * 20
    assert all(isinstance(answer, psycopg.errors.DivisionByZero) for answer in answers[20:])
    assert await database.ask(2, Call(NOTES, {})) == [[("two",)]]


async def test_nothing_can_be_changed_by_asking(database: Database) -> None:
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        await database.ask(1, Call("delete from note", {}))
    assert await database.ask(1, Call(NOTES, {})) == [[("one",)]]


async def test_a_broken_connection_is_replaced_unseen(database: Database) -> None:
    backend = (await database.ask(1, Call("select pg_backend_pid()", {})))[0][0][0]
    owner = database.connect_owner()
    owner.execute("select pg_terminate_backend(%s, 5000)", (backend,))
    owner.close()
    assert await database.ask(1, Call(NOTES, {})) == [[("one",)]]


async def test_a_server_that_is_away_is_told_to_each() -> None:
    nowhere = Database("host=/nonexistent dbname=nothing user=nobody", wait_seconds=0.1)
    answers = await asyncio.gather(
        *(nowhere.ask(1, Call(NOTES, {})) for _ in range(3)), return_exceptions=True
    )
    assert all(isinstance(answer, StoreUnavailable) and answer.retry for answer in answers)
    await nowhere.close()


async def test_an_outage_is_tried_once_for_all_who_wait() -> None:
    """A try takes seconds: one for each would let the last of a hundred wait for minutes."""
    tries = []

    def connect() -> Connection:
        tries.append(1)
        raise StoreUnavailable("gone")

    reader = Reader(connect, lambda _: [b"begin"])
    waiting = [reader.ask(1, Call(NOTES, {})) for _ in range(100)]
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert all(isinstance(answer, StoreUnavailable) for answer in answers)
    assert len(tries) < 10
    reader.close()


async def test_a_task_may_hold_one_connection_only(database: Database) -> None:
    """Eight tasks that each hold one and wait for another would wait for ever."""
    async with database.read(1):
        with pytest.raises(AssertionError, match="one connection"):
            async with database.read(1):
                pass
        assert await database.ask(1, Call(NOTES, {})) == [[("one",)]]
