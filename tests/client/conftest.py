"""The program, running, and clients of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from regulars.client import Client
from regulars.store.database import Database
from regulars.store.master import MasterKey
from tests.client.lines import Line
from tests.sdk.site import Shop, Site, served

Connect = Callable[..., Client]


@pytest.fixture(scope="module")
def site(
    module_database: Database, master_key: MasterKey, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    with served(module_database, master_key, tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest.fixture
def shop(site: Site) -> Shop:
    """A shop of its own, whose key may do everything."""
    return site.new_shop(("*",))


@pytest.fixture
def line() -> Line:
    """What the client's calls go through."""
    return Line()


@pytest.fixture
def client(site: Site, shop: Shop, line: Line) -> Iterator[Client]:
    """A client of the shop, which does not rest between attempts."""
    with Client(site.url, shop.key, transport=line, sleep=line.waits.append) as client:
        yield client
