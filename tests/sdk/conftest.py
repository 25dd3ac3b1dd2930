"""The program, running, for clients that nobody here wrote."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from regulars.app import Program
from regulars.settings import Settings
from regulars.store.database import Database
from regulars.store.master import MasterKey
from regulars.store.opening import Store
from regulars.store.workspaces import ensure_default
from tests.sdk.site import Site


@pytest.fixture(scope="module")
def site(
    module_database: Database, master_key: MasterKey, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    home: Path = tmp_path_factory.mktemp("site")
    store = Store(module_database, master_key, home, None)
    store.ensure_partitions()
    site = Site(Program(store, Settings(home=str(home)), ensure_default(module_database)))
    site.start()
    yield site
    site.stop()
