"""API keys: who gets in, for how long, and what is left in the database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from regulars.store.database import Database
from regulars.store.keys import Keys, NewKey, looks_like_key
from regulars.store.master import MasterKey
from regulars.store.sources import Sources
from regulars.store.workspaces import add_workspace
from regulars.vocabulary.errors import (
    Conflict,
    Forbidden,
    InvalidInput,
    NotFound,
    RegularsError,
    Unauthenticated,
)
from regulars.vocabulary.scopes import SCOPES, allows, check_scopes, require

pytestmark = pytest.mark.anyio

START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


class Clock:
    """A clock that moves when told to."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **time: float) -> None:
        self.now += timedelta(**time)


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def opened(anyio_backend: str, module_database: Database) -> AsyncIterator[Database]:
    await module_database.open()
    yield module_database
    await module_database.close()


@pytest.fixture
def here(opened: Database) -> int:
    """A workspace of the test's own."""
    return add_workspace(opened, f"w-{uuid4()}")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sources(opened: Database, master_key: MasterKey) -> Sources:
    return Sources(opened, master_key)


@pytest.fixture
async def keys(opened: Database, sources: Sources, clock: Clock) -> AsyncIterator[Keys]:
    keys = Keys(opened, sources, now=clock)
    yield keys
    await keys.close()


async def refused(keys: Keys, text: str) -> bool:
    try:
        await keys.verify(text)
    except Unauthenticated:
        return True
    return False


async def test_a_new_key_lets_its_holder_in_as_its_source(keys: Keys, here: int) -> None:
    made = await keys.create(here, name="till", scopes=["till", "events:write"], source="tills", actor="cli")
    assert made.text.startswith(f"rgl_{here}_")
    assert len(made.text) >= len(f"rgl_{here}_") + 32
    assert looks_like_key(made.text)
    caller = await keys.verify(made.text)
    assert (caller.workspace_id, caller.key_id, caller.source.name) == (here, made.key_id, "tills")
    assert caller.scopes == {"till", "events:write"}
    (listed,) = await keys.list(here)
    assert (listed.name, listed.created_by, listed.source) == ("till", "cli", "tills")
    assert listed.hint == made.text[: len(f"rgl_{here}_") + 4]


async def test_the_text_of_a_key_is_nowhere_in_the_database(keys: Keys, opened: Database, here: int) -> None:
    made = await keys.create(here, name="till", scopes=["till"])
    assert made.text not in repr(made)
    async with opened.read(here) as connection:
        rows = await (await connection.execute("select api_key::text from api_key")).fetchall()
    assert made.text not in str(rows)
    assert made.text[12:] not in str(rows)


async def test_unknown_and_malformed_keys_are_refused(keys: Keys, here: int) -> None:
    made = await keys.create(here, name="till", scopes=["till"])
    wrong = [
        made.text[:-1],
        made.text + "a",
        made.text.swapcase(),
        made.text.replace(f"_{here}_", "_999_"),
        "",
        f"rgl_{here}_",
    ]
    for text in wrong:
        assert await refused(keys, text)


async def test_a_revoked_key_ends_at_once_here_and_within_five_seconds_elsewhere(
    keys: Keys, opened: Database, sources: Sources, here: int
) -> None:
    seconds = [0.0]
    elsewhere = Keys(opened, sources, monotonic=lambda: seconds[0])
    made = await keys.create(here, name="till", scopes=["till"])
    await keys.verify(made.text)
    await elsewhere.verify(made.text)
    await keys.revoke(here, made.key_id)
    assert await refused(keys, made.text)
    assert not await refused(elsewhere, made.text)
    seconds[0] = 5.0
    assert await refused(elsewhere, made.text)
    await elsewhere.close()
    (listed,) = await keys.list(here)
    assert listed.revoked_at == START


async def test_a_check_is_remembered_and_asks_the_database_once(
    keys: Keys, opened: Database, here: int
) -> None:
    made = await keys.create(here, name="till", scopes=["till"])
    await asyncio.gather(*(keys.verify(made.text) for _ in range(50)))
    await opened.close()
    assert (await keys.verify(made.text)).key_id == made.key_id
    with pytest.raises(RegularsError) as caught:
        await keys.verify(made.text[:-1] + ("a" if made.text[-1] != "a" else "b"))
    assert caught.value.status == 503
    await opened.open()


async def test_a_key_expires_even_while_its_check_is_remembered(keys: Keys, clock: Clock, here: int) -> None:
    made = await keys.create(here, name="till", scopes=["till"], expires_at=START + timedelta(hours=1))
    await keys.verify(made.text)
    clock.pass_by(hours=1)
    assert await refused(keys, made.text)


async def test_a_rotated_key_works_beside_the_new_one_until_the_overlap_ends(
    keys: Keys, clock: Clock, here: int
) -> None:
    old = await keys.create(here, name="till", scopes=["till", "pii:read"], source="tills")
    await keys.verify(old.text)
    new = await keys.rotate(here, old.key_id, overlap_hours=2)
    assert (new.scopes, new.source, new.expires_at) == (("pii:read", "till"), "tills", None)
    clock.pass_by(hours=1.9)
    assert (await keys.verify(old.text)).scopes == (await keys.verify(new.text)).scopes
    clock.pass_by(hours=0.1)
    assert await refused(keys, old.text)
    await keys.verify(new.text)
    with pytest.raises(Conflict):
        await keys.rotate(here, old.key_id)


async def test_a_key_made_for_a_time_is_followed_by_one_for_as_long(
    keys: Keys, clock: Clock, here: int
) -> None:
    old = await keys.create(here, name="till", scopes=["till"], expires_at=START + timedelta(days=90))
    clock.pass_by(days=89.5)
    new = await keys.rotate(here, old.key_id, overlap_hours=24)
    assert new.expires_at == clock.now + timedelta(days=90)
    clock.pass_by(hours=12)
    assert await refused(keys, old.text), "rotation never makes a key last longer"


async def test_a_key_that_ended_cannot_be_rotated(keys: Keys, here: int) -> None:
    made = await keys.create(here, name="till", scopes=["till"])
    await keys.revoke(here, made.key_id)
    await keys.revoke(here, made.key_id)
    with pytest.raises(Conflict):
        await keys.rotate(here, made.key_id)


async def test_keys_that_do_not_exist_are_told(keys: Keys, here: int) -> None:
    for key_id in ("nonsense", "00000000-0000-0000-0000-000000000000"):
        with pytest.raises(NotFound):
            await keys.revoke(here, key_id)
        with pytest.raises(NotFound):
            await keys.rotate(here, key_id)


@pytest.mark.parametrize(
    "wrong",
    [
        {"scopes": []},
        {"scopes": ["events:read"]},
        {"name": ""},
        {"name": "x" * 201},
        {"source": "Not A Name"},
        {"expires_at": START},
    ],
)
async def test_a_key_that_cannot_be_meant_is_refused(keys: Keys, wrong: dict[str, Any], here: int) -> None:
    with pytest.raises(InvalidInput):
        await keys.create(here, **{"name": "till", "scopes": ["till"], **wrong})
    assert await keys.list(here) == []


async def test_a_key_works_in_its_workspace_only(keys: Keys, opened: Database, here: int) -> None:
    other = add_workspace(opened, f"w-{uuid4()}")
    made = await keys.create(other, name="till", scopes=["till"])
    assert (await keys.verify(made.text)).workspace_id == other
    assert await refused(keys, made.text.replace(f"rgl_{other}_", f"rgl_{here}_"))
    assert await keys.list(here) == []
    with pytest.raises(NotFound):
        await keys.revoke(here, made.key_id)
    await keys.verify(made.text)


async def test_a_key_of_a_closed_source_is_refused_by_name(keys: Keys, sources: Sources, here: int) -> None:
    made = await keys.create(here, name="till", scopes=["till"], source="tills")
    await sources.disable(here, "tills")
    with pytest.raises(Forbidden) as caught:
        await keys.verify(made.text)
    assert caught.value.code == "source_disabled"


async def last_use(keys: Keys, workspace: int) -> datetime | None:
    await keys.close()
    (listed,) = await keys.list(workspace)
    return listed.last_used_at


async def test_the_last_use_is_noted_once_a_minute_at_most(
    opened: Database, sources: Sources, keys: Keys, here: int
) -> None:
    made = await keys.create(here, name="till", scopes=["till"])
    assert await last_use(keys, here) is None
    fresh = [Keys(opened, sources) for _ in range(2)]
    await fresh[0].verify(made.text)
    first = await last_use(fresh[0], here)
    assert first is not None
    await fresh[1].verify(made.text)
    assert await last_use(fresh[1], here) == first


async def test_every_change_of_a_key_is_told_to_the_audit_in_its_transaction(
    opened: Database, sources: Sources, here: int
) -> None:
    lines: list[tuple[str, str, str]] = []

    async def note(
        _: Any, workspace: int, actor: str, action: str, name: str, details: Mapping[str, Any]
    ) -> None:
        if actor == "fails":
            raise Conflict("no")
        assert workspace == here
        assert "rgl_" not in str(details)
        lines.append((actor, action, name))

    keys = Keys(opened, sources, audit=note)
    made: NewKey = await keys.create(here, name="till", scopes=["till"], actor="ann")
    new = await keys.rotate(here, made.key_id, actor="bob")
    await keys.revoke(here, new.key_id, actor="cid")
    assert lines == [
        ("ann", "key.created", f"key:{made.key_id}"),
        ("bob", "key.created", f"key:{new.key_id}"),
        ("bob", "key.rotated", f"key:{made.key_id}"),
        ("cid", "key.revoked", f"key:{new.key_id}"),
    ]
    with pytest.raises(Conflict):
        await keys.create(here, name="till", scopes=["till"], actor="fails")
    assert len(await keys.list(here)) == 2


def test_a_scope_allows_itself_and_only_the_star_allows_all() -> None:
    names = [scope.name for scope in SCOPES]
    for needed in names[:-1]:
        granting = [name for name in names if allows({name}, needed)]
        assert granting == [needed, "*"]
    with pytest.raises(Forbidden):
        require({"till"}, "admin")
    assert check_scopes(["till", "events:write", "till"]) == ("events:write", "till")
