"""Positions of imports: kept while a run is unfinished, fenced by workspace."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from regulars.store.database import Database
from regulars.store.imports import ImportRuns
from regulars.store.workspaces import add_workspace
from regulars.vocabulary.imports import ImportPosition, ImportRun

pytestmark = pytest.mark.anyio

START = ImportPosition()
SOME = ImportPosition(events=1_000, applied=900, duplicate=90, rejected=10)
MORE = ImportPosition(events=2_000, applied=1_900, duplicate=90, rejected=10)


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def opened(anyio_backend: str, module_database: Database) -> AsyncIterator[Database]:
    await module_database.open()
    yield module_database
    await module_database.close()


@pytest.fixture
def runs(opened: Database) -> ImportRuns:
    return ImportRuns(opened, add_workspace(opened, f"w-{uuid4()}"))


@pytest.fixture
def run() -> ImportRun:
    return ImportRun(key=uuid4(), file_name="sales.csv", kind="sales")


async def test_a_stopped_run_goes_on_where_it_was(runs: ImportRuns, run: ImportRun) -> None:
    assert await runs.begin(run) == START
    await runs.save(run, SOME)
    assert await runs.begin(run) == SOME
    await runs.save(run, MORE)
    assert await runs.begin(run) == MORE


async def test_a_position_never_moves_back(runs: ImportRuns, run: ImportRun) -> None:
    await runs.begin(run)
    await runs.save(run, MORE)
    await runs.save(run, SOME)
    assert await runs.begin(run) == MORE


async def test_a_finished_run_starts_again(runs: ImportRuns, run: ImportRun) -> None:
    await runs.begin(run)
    await runs.save(run, SOME)
    await runs.finish(run, MORE)
    assert await runs.begin(run) == START
    await runs.save(run, SOME)
    assert await runs.begin(run) == SOME


async def test_workspaces_do_not_see_each_other_s_runs(
    opened: Database, runs: ImportRuns, run: ImportRun
) -> None:
    other = ImportRuns(opened, add_workspace(opened, f"w-{uuid4()}"))
    await runs.begin(run)
    await runs.save(run, SOME)
    assert await other.begin(run) == START
    assert await runs.begin(run) == SOME
