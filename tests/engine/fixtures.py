"""Workspaces for the tests of the engine, on a migrated database with the log's months in place."""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count

import pytest

from regulars.store.database import Database
from regulars.store.master import MasterKey
from regulars.store.partitions import ensure_partitions
from regulars.store.workspaces import add_workspace
from tests.engine.world import World

MakeWorld = Callable[[], World]


@pytest.fixture(scope="module")
def make_world(module_database: Database, master_key: MasterKey) -> MakeWorld:
    """Makes workspaces that share the module's database."""
    owner = module_database.connect_owner()
    ensure_partitions(owner, datetime.now(UTC))
    owner.close()
    numbers = count(1)
    mark = os.urandom(4).hex()

    def make() -> World:
        workspace_id = add_workspace(module_database, f"w-{mark}-{next(numbers)}")
        return World(module_database, master_key, workspace_id)

    return make


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    """An empty workspace."""
    return make_world()


@pytest.fixture(scope="session")
def seed() -> int:
    """Drawn afresh for each run and printed; REGULARS_TEST_SEED repeats one."""
    found = os.environ.get("REGULARS_TEST_SEED")
    drawn = int(found) if found else random.SystemRandom().randrange(2**32)
    sys.stdout.write(f"seed {drawn}\n")
    return drawn
