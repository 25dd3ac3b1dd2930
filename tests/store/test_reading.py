"""Look-ups that wait are answered together, each with its own rows and within its own workspace."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import psycopg
import pytest

from regulars.store.database import Connection, Database
from regulars.store.errors import StoreUnavailable
from regulars.store.pipeline import Call
from regulars.store.reading import Answer, Reader

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


async def test_what_is_asked_on_sees_the_first_answer_in_the_same_transaction(database: Database) -> None:
    first = Call("select text, now() from note", {})

    def ask_on(rows: Answer) -> tuple[str, list[Call]]:
        ((text, began),) = rows[0]
        return text, [Call("select %(text)s || '!', now() = %(began)s", {"text": text, "began": began})]

    for workspace_id, text in ((1, "one"), (2, "two")):
        assert await database.ask_on(workspace_id, [first], ask_on) == (text, [[(f"{text}!", True)]])


async def test_who_asks_on_amiss_hears_of_it_alone(database: Database) -> None:
    def fails(_: Answer) -> tuple[None, list[Call]]:
        raise LookupError("nobody")

    def divides(_: Answer) -> tuple[None, list[Call]]:
        return None, [Call("select 1 / %(n)s", {"n": 0})]

    def well(rows: Answer) -> tuple[int, list[Call]]:
        return len(rows), [Call(NOTES, {})]

    asked = [database.ask_on(1, [Call(NOTES, {})], then) for then in (well, fails, divides) * 10]
    plain = [database.ask(1, Call(NOTES, {})) for _ in range(10)]
    told = await asyncio.gather(*asked, *plain, return_exceptions=True)
    assert told[0:30:3] == [(1, [[("one",)]])] * 10
    assert all(isinstance(one, LookupError) for one in told[1:30:3])
    assert all(isinstance(one, psycopg.errors.DivisionByZero) for one in told[2:30:3])
    assert told[30:] == [[[("one",)]]] * 10


async def test_nothing_to_ask_on_is_answered_too(database: Database) -> None:
    assert await database.ask_on(1, [Call(NOTES, {})], lambda rows: (rows, [])) == ([[("one",)]], [])


async def test_a_connection_that_breaks_between_the_answers_is_replaced_unseen(database: Database) -> None:
    owner, tries = database.connect_owner(), []

    def ask_on(rows: Answer) -> tuple[None, list[Call]]:
        tries.append(rows[0][0][0])
        if len(tries) == 1:
            owner.execute("select pg_terminate_backend(%s, 5000)", tries)
        return None, [Call(NOTES, {})]

    first = Call("select pg_backend_pid()", {})
    assert await database.ask_on(1, [first], ask_on) == (None, [[("one",)]])
    assert len(set(tries)) == 2
    owner.close()


async def test_what_need_not_be_durable_is_done_apart_from_what_must(database: Database) -> None:
    """Asked at the same time, each has its own transaction: one waits for the disk, the other does not."""
    asked = Call("select current_setting('synchronous_commit')", {})
    waiting = [database.put(1, asked, durable=number % 2 == 0) for number in range(40)]
    answers = await asyncio.gather(*waiting)
    assert [rows[0][0] for rows in answers] == ["on", "off"] * 20
