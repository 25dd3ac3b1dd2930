"""The program, running, for clients that nobody here wrote."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from regulars.store.database import Database
from regulars.store.master import MasterKey
from tests.sdk.site import Site, served


@pytest.fixture(scope="module")
def site(
    module_database: Database, master_key: MasterKey, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    with served(module_database, master_key, tmp_path_factory.mktemp("site")) as site:
        yield site
