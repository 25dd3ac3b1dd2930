"""One house for each module; tests use names of their own so that they do not disturb each other."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from regulars.store.database import Database
from regulars.store.master import MasterKey
from tests.api.house import House, open_house


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def house(
    anyio_backend: str,
    module_database: Database,
    master_key: MasterKey,
    private_directory: Callable[[], Path],
) -> AsyncIterator[House]:
    async with open_house(module_database, master_key, private_directory()) as house:
        yield house
