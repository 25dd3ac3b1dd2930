"""What a till waits for costs the same among many customers: each row is found by key, behind the workspace's fence."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import Any, Final

import pytest
from psycopg import ClientCursor

from regulars.store.database import Connection, Database
from regulars.store.pipeline import KEYED_PLANS
from regulars.store.queries import load_queries

COUNT: Final = 3_000
PAGES_MAX: Final = 30
"""Pages that one look-up may touch; one that reads a table touches many times that."""
_CROWD = load_queries("tests.store", "crowd.sql")
_LOYALTY = load_queries("regulars.capabilities.loyalty")
_TILL = load_queries("regulars.store.views", "till.sql")
_MEMBERS = load_queries("regulars.store.views", "members.sql")
_PROFILES = load_queries("regulars.store.views", "profiles.sql")
ASKED: Final = {
    "profiles": _LOYALTY.load_profiles,
    "accounts": _LOYALTY.load_accounts,
    "cards": _LOYALTY.load_cards,
    "holds": _LOYALTY.load_holds,
    "lots left": _LOYALTY.load_open_lots,
    "lots": _LOYALTY.load_lots,
    "open lots": _MEMBERS.open_lots,
    "points that wait": _MEMBERS.held_back,
    "sale": _TILL.sale,
    "sale of an event": _TILL.sale_of_event,
    "sales of a receipt": _TILL.sales_of_receipt,
    "records of a record": _PROFILES.records_of_record,
    "records by identifier": _PROFILES.records_by_identifier,
}

pytestmark = pytest.mark.embedded_only


def _id(text: object) -> str:
    return hashlib.md5(str(text).encode(), usedforsecurity=False).hexdigest()


@pytest.fixture(scope="module")
def crowd(module_database: Database) -> Iterator[Connection]:
    """A connection that looks rows up as the engine and the till's calls do, in a workspace of many customers.

    The server knows nothing of them yet: it looked at its tables while they were empty.
    """
    owner = module_database.connect_owner()
    owner.execute("analyze")
    owner.close()
    with module_database.session(1) as connection:
        for name in _CROWD:
            connection.execute(_CROWD[name], {"count": COUNT})
    with module_database.session(1, read_only=True) as connection:
        connection.execute(KEYED_PLANS.encode())
        yield connection


@pytest.mark.parametrize("name", ASKED)
def test_a_look_up_of_the_till_touches_few_pages(crowd: Connection, name: str) -> None:
    """By a plan for any values, which is made once and kept."""
    one = _id(17)
    known: dict[str, Any] = {
        "workspace_id": 1, "ids": [one], "profiles": [one], "holds": [one], "sales": [one], "origins": [one], "lots": [one], "most": 101,
        "sale_id": one, "record_id": one, "profile_id": one, "event_no": 17, "receipt_key": one, "store": None,
        "till": None, "business_date": None, "limit": 5, "former": True, "after": "0" * 32,
        "values": f'[{{"kind": 1, "value": "{_id("card17")}"}}]',
    }  # fmt: skip
    sql = ASKED[name]
    places = list(dict.fromkeys(re.findall(r"%\((\w+)\)s", sql)))
    params = {place: known[place] for place in places}
    assert crowd.execute(sql, params).fetchall() or name == "accounts"
    numbered = re.sub(r"%\((\w+)\)s", lambda found: f"${places.index(found[1]) + 1}", sql).replace("%%", "%")
    crowd.execute(f"prepare look_up as {numbered}".encode())
    with ClientCursor(crowd) as cursor:
        slots = ", ".join(["%s"] * len(places))
        asked = f"explain (analyze, buffers, format json) execute look_up({slots})"
        row = cursor.execute(asked, list(params.values())).fetchone()
    crowd.execute("deallocate look_up")
    plan = row[0][0]["Plan"] if row is not None else {}
    assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] <= PAGES_MAX
