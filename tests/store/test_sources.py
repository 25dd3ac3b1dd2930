"""The register of sources: names, options, secrets, and how soon a change is seen."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest

from regulars.store.database import Database
from regulars.store.master import MasterKey
from regulars.store.sources import Sources
from regulars.store.vault import Unreadable
from regulars.store.workspaces import add_workspace
from regulars.vocabulary.errors import Conflict, InvalidInput, NotFound
from regulars.vocabulary.intake import Source

pytestmark = pytest.mark.anyio

SECRETS = {"signature_key": "very-secret", "access_token": "also-secret"}


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
def sources(opened: Database, master_key: MasterKey) -> Sources:
    return Sources(opened, master_key)


async def test_a_source_is_found_as_it_was_added(sources: Sources, here: int) -> None:
    made = await sources.create(
        here,
        "square",
        kind="square",
        till_system="chain",
        receipts_never_reset=True,
        options={"region": "DE"},
        secrets=SECRETS,
    )
    assert made.source == Source(here, 1, "square", "square", "chain", receipts_never_reset=True, region="DE")
    assert made.config.secrets == SECRETS
    assert await sources.find(here, "square") == made
    assert await sources.find_id(here, 1) == made
    assert await sources.list(here) == [made]
    assert await sources.find(here, "unknown") is None
    assert await sources.find(here, "../etc") is None
    assert await sources.find_id(here, 99) is None


async def test_a_source_is_its_own_till_system_unless_told_otherwise(sources: Sources, here: int) -> None:
    made = await sources.create(here, "api")
    assert (made.source.kind, made.source.till_system, made.source.receipts_never_reset) == (
        "api",
        "api",
        False,
    )


async def test_secrets_are_sealed_and_not_shown(sources: Sources, opened: Database, here: int) -> None:
    made = await sources.create(here, "square", secrets=SECRETS)
    assert "secret" not in repr(made)
    async with opened.read(here) as connection:
        rows = await (await connection.execute("select source::text from source")).fetchall()
        sealed = await (await connection.execute("select sealed_secrets from source")).fetchall()
    assert "very-secret" not in str(rows)
    assert b"very-secret" not in sealed[0][0]


async def test_sealed_secrets_open_under_their_master_key_and_in_their_row_only(
    sources: Sources, opened: Database, here: int
) -> None:
    await sources.create(here, "square", secrets=SECRETS)
    await sources.create(here, "thief", secrets={"a": "b"})
    with pytest.raises(Unreadable):
        await Sources(opened, MasterKey(b"x" * 32)).find(here, "square")
    async with opened.write(here) as connection:
        await connection.execute(
            "update source set sealed_secrets = (select sealed_secrets from source where name = 'square') where name = 'thief'"
        )
    sources.forget()
    with pytest.raises(Unreadable):
        await sources.find(here, "thief")


async def test_secrets_stay_when_only_options_change(sources: Sources, here: int) -> None:
    await sources.create(here, "square", options={"a": "1"}, secrets=SECRETS)
    changed = await sources.configure(here, "square", options={"b": "2"})
    assert (changed.options, changed.config.secrets) == ({"b": "2"}, SECRETS)
    changed = await sources.configure(here, "square", options={}, secrets={"access_token": "new"})
    assert (changed.options, changed.config.secrets) == ({}, {"access_token": "new"})


async def test_a_change_is_seen_at_once_here_and_within_five_seconds_elsewhere(
    sources: Sources, opened: Database, master_key: MasterKey, here: int
) -> None:
    seconds = [0.0]
    elsewhere = Sources(opened, master_key, monotonic=lambda: seconds[0])

    async def closed(register: Sources) -> bool:
        found = await register.find(here, "square")
        return found is not None and found.disabled_at is not None

    await sources.create(here, "square")
    assert not await closed(elsewhere)
    await sources.disable(here, "square")
    assert await closed(sources)
    seconds[0] = 5.0
    assert await closed(elsewhere)
    await sources.disable(here, "square", disabled=False)
    assert not await closed(sources)


async def test_a_name_is_taken_once_in_each_workspace(sources: Sources, opened: Database, here: int) -> None:
    other = add_workspace(opened, f"w-{uuid4()}")
    await sources.create(here, "square", options={"a": "1"})
    await sources.create(other, "square")
    with pytest.raises(Conflict):
        await sources.create(here, "square")
    found = await sources.find(other, "square")
    assert found is not None
    assert (found.source.workspace_id, found.source.source_id, found.options) == (other, 1, {})


async def test_a_missing_source_is_added_once_however_many_ask(sources: Sources, here: int) -> None:
    found = await asyncio.gather(*(sources.ensure(here, "tills", kind="api") for _ in range(8)))
    assert {known.source.source_id for known in found} == {1}
    assert (await sources.ensure(here, "tills", kind="other")).source.kind == "api"


async def test_sources_added_at_once_get_numbers_of_their_own(sources: Sources, here: int) -> None:
    await asyncio.gather(*(sources.create(here, f"s{n}") for n in range(4)))
    assert [known.source.source_id for known in await sources.list(here)] == [1, 2, 3, 4]


async def test_unknown_sources_cannot_be_changed(sources: Sources, here: int) -> None:
    with pytest.raises(NotFound):
        await sources.configure(here, "none", options={})
    with pytest.raises(NotFound):
        await sources.disable(here, "none")


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
async def test_what_cannot_be_meant_is_refused(sources: Sources, wrong: dict[str, Any], here: int) -> None:
    with pytest.raises(InvalidInput):
        await sources.create(here, **{"name": "fine", **wrong})
    assert await sources.list(here) == []
