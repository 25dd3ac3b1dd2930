"""A register of keys and sources on a real database, and doors before a gate that keeps what it is given."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from regulars.store.database import Database
from regulars.store.keys import Keys
from regulars.store.master import MasterKey
from regulars.store.sources import Sources
from regulars.store.workspaces import ensure_default
from tests.engine.fixtures import seed
from tests.intake.support import House, KeepingGate, Register, house_of

__all__ = ["seed"]


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def register(
    anyio_backend: str, module_database: Database, master_key: MasterKey
) -> AsyncIterator[Register]:
    workspace_id = ensure_default(module_database)
    await module_database.open()
    sources = Sources(module_database, master_key)
    keys = Keys(module_database, sources)
    made = await keys.create(workspace_id, name="tests", scopes=["events:write"])
    yield Register(keys, sources, workspace_id, made.text)
    await keys.close()
    await module_database.close()


@pytest.fixture
def gate() -> KeepingGate:
    return KeepingGate()


@pytest.fixture
def options() -> dict[str, Any]:
    """Settings and other parts of the doors a test wants otherwise; overridden in the test's module."""
    return {}


@pytest.fixture
def house(register: Register, gate: KeepingGate, options: dict[str, Any]) -> House:
    return house_of(register, gate, options)
