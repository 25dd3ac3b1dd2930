"""The register of sources: names, options, secrets, and how soon a change is seen."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from regulars.store.database import Database
from regulars.store.master import MasterKey
from regulars.store.sources import Sources
from regulars.store.vault import Unreadable
from regulars.store.workspaces import add_workspace, ensure_default
from regulars.vocabulary.errors import Conflict, InvalidInput, NotFound
from regulars.vocabulary.intake import Source

pytestmark = pytest.mark.anyio

SECRETS = {"signature_key": "very-secret", "access_token": "also-secret"}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def opened(anyio_backend: str, database: Database) -> AsyncIterator[Database]:
    ensure_default(database)
    await database.open()
    yield database
    await database.close()


@pytest.fixture
def sources(opened: Database, master_key: MasterKey) -> Sources:
    return Sources(opened, master_key)


async def test_a_source_is_found_as_it_was_added(sources: Sources) -> None:
    made = await sources.create(
        1, "square", kind="square", till_system="chain", receipts_never_reset=True, options={"region": "DE"}, secrets=SECRETS
    )
    assert made.source == Source(1, 1, "square", "square", "chain", True, "DE")
    assert made.config.secrets == SECRETS
    assert await sources.find(1, "square") == made
    assert await sources.find_id(1, 1) == made
    assert await sources.list(1) == [made]
    assert await sources.find(1, "unknown") is None
    assert await sources.find(1, "../etc") is None
    assert await sources.find_id(1, 99) is None


async def test_a_source_is_its_own_till_system_unless_told_otherwise(sources: Sources) -> None:
    made = await sources.create(1, "api")
    assert (made.source.kind, made.source.till_system, made.source.receipts_never_reset) == ("api", "api", False)


async def test_secrets_are_sealed_and_not_shown(sources: Sources, opened: Database) -> None:
    made = await sources.create(1, "square", secrets=SECRETS)
    assert "secret" not in repr(made)
    async with opened.read(1) as connection:
        rows = await (await connection.execute("select source::text from source")).fetchall()
        sealed = await (await connection.execute("select sealed_secrets from source")).fetchall()
    assert "very-secret" not in str(rows)
    assert b"very-secret" not in sealed[0][0]


async def test_sealed_secrets_open_under_their_master_key_and_in_their_row_only(
    sources: Sources, opened: Database
) -> None:
    await sources.create(1, "square", secrets=SECRETS)
    await sources.create(1, "thief", secrets={"a": "b"})
    with pytest.raises(Unreadable):
        await Sources(opened, MasterKey(b"x" * 32)).find(1, "square")
    async with opened.write(1) as connection:
        await connection.execute(
            "update source set sealed_secrets = (select sealed_secrets from source where name = 'square') where name = 'thief'"
        )
    sources.forget()
    with pytest.raises(Unreadable):
        await sources.find(1, "thief")


async def test_secrets_stay_when_only_options_change(sources: Sources) -> None:
    await sources.create(1, "square", options={"a": "1"}, secrets=SECRETS)
    changed = await sources.configure(1, "square", options={"b": "2"})
    assert (changed.options, changed.config.secrets) == ({"b": "2"}, SECRETS)
    changed = await sources.configure(1, "square", options={}, secrets={"access_token": "new"})
    assert (changed.options, changed.config.secrets) == ({}, {"access_token": "new"})


async def test_a_change_is_seen_at_once_here_and_within_seconds_elsewhere(
    sources: Sources, opened: Database, master_key: MasterKey
) -> None:
    elsewhere = Sources(opened, master_key, cache_seconds=0.05)
    await sources.create(1, "square")
    await elsewhere.find(1, "square")
    await sources.disable(1, "square")
    found = await sources.find(1, "square")
    assert found is not None
    assert found.disabled_at is not None
    async with asyncio.timeout(5):
        while (there := await elsewhere.find(1, "square")) is not None and there.disabled_at is None:
            await asyncio.sleep(0.01)
    await sources.disable(1, "square", disabled=False)
    found = await sources.find(1, "square")
    assert found is not None
    assert found.disabled_at is None


async def test_a_name_is_taken_once_in_each_workspace(sources: Sources, opened: Database) -> None:
    other = add_workspace(opened, "other")
    await sources.create(1, "square", options={"a": "1"})
    await sources.create(other, "square")
    with pytest.raises(Conflict):
        await sources.create(1, "square")
    found = await sources.find(other, "square")
    assert found is not None
    assert (found.source.workspace_id, found.source.source_id, found.options) == (other, 1, {})


async def test_a_missing_source_is_added_once_however_many_ask(sources: Sources) -> None:
    found = await asyncio.gather(*(sources.ensure(1, "tills", kind="api") for _ in range(8)))
    assert {known.source.source_id for known in found} == {1}
    assert (await sources.ensure(1, "tills", kind="other")).source.kind == "api"


async def test_sources_added_at_once_get_numbers_of_their_own(sources: Sources) -> None:
    await asyncio.gather(*(sources.create(1, f"s{n}") for n in range(4)))
    assert [known.source.source_id for known in await sources.list(1)] == [1, 2, 3, 4]


async def test_unknown_sources_cannot_be_changed(sources: Sources) -> None:
    with pytest.raises(NotFound):
        await sources.configure(1, "none", options={})
    with pytest.raises(NotFound):
        await sources.disable(1, "none")


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "Upper"},
        {"name": "a.b"},
        {"name": "a/b"},
        {"name": "x" * 64},
        {"kind": ""},
        {"till_system": ""},
        {"options": {"Bad Name": "x"}},
        {"options": {"long": "x" * 4_001}},
        {"secrets": {f"s{n}": "" for n in range(51)}},
    ],
)
async def test_what_cannot_be_meant_is_refused(sources: Sources, wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        await sources.create(1, **{"name": "fine", **wrong})
    assert await sources.list(1) == []
