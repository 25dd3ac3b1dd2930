"""Every route for every scope and workspace, against the table of `tests.api.access`; and no field that is not asked for."""

from __future__ import annotations

import re
from uuid import uuid4

import msgspec
import pytest

from regulars.vocabulary.scopes import EVERYTHING, SCOPES
from tests.api.access import TABLE, Row
from tests.api.house import DOCUMENT, House, assert_error, said

pytestmark = pytest.mark.anyio

SETS = [frozenset({scope.name}) for scope in SCOPES]
GUARDED = [route for route, row in TABLE.items() if row.scopes]
WITH_BODY = [route for route in GUARDED if TABLE[route].body is not None]
# The doors keep what they do not know, sealed with the event; it decides nothing.
DOORS = frozenset({"/v1/events", "/v1/track", "/v1/identify", "/v1/page", "/v1/screen", "/v1/group", "/v1/alias", "/v1/batch"})  # fmt: skip
PEOPLE = ("admin", "pii:read")
OWN = ("stores/own-store", "products/own-sku", "staff/own-store", "sources/own")


def ids(routes: list[tuple[str, str]]) -> list[str]:
    return [" ".join(route) for route in routes]


def test_every_route_of_the_description_is_in_the_table_and_no_other() -> None:
    described = {
        (method.upper(), path)
        for path, item in DOCUMENT["paths"].items()
        for method in item
        if method != "parameters"
    }
    assert described == set(TABLE)


async def named(house: House, path: str) -> str:
    """An address whose names stand for something of this house that was not called yet."""
    one = uuid4().hex
    names = {"code": "own-store", "sku": "own-sku", "name": "own"}
    if "{profile_id}" in path:
        names["profile_id"] = str((await house.send(said(one, external_id=one)))[0].profile_id)
    if "{key_id}" in path:
        made = await house.keys.create(
            house.workspace_id, name=one, scopes=["events:write"], source="own", actor="test"
        )
        names["key_id"] = made.key_id
    if "{quarantine_id}" in path:
        names["quarantine_id"] = str((await house.send({"id": one, "type": "nonsense"}))[0].quarantine_id)
    if "{user_id}" in path:
        body = {"email": f"{one}@example.com", "role": "associate"}
        names["user_id"] = (await house.call("POST", "/v1/people", scopes=PEOPLE, json=body)).json()["id"]
    return re.sub(r"\{(\w+)\}", lambda found: names[found[1]], path)


def fresh(row: Row) -> object:
    """A body of the row that says nothing that was said before."""
    if not isinstance(row.body, dict):
        return row.body
    return {
        name: value.replace("fresh", f"f{uuid4().hex[:16]}") if isinstance(value, str) else value
        for name, value in row.body.items()
    }


@pytest.fixture(scope="module")
async def stocked(house: House) -> House:
    """A house with a store, a product, a member of staff and a source of the names that addresses use."""
    for path, body in (
        ("stores", {"code": "own-store"}),
        ("products", {"sku": "own-sku"}),
        ("staff", {"code": "own-store"}),
        ("sources", {"name": "own"}),
    ):
        assert (await house.call("POST", f"/v1/{path}", json=body)).status_code == 201
    return house


@pytest.mark.parametrize("route", GUARDED, ids=ids(GUARDED))
async def test_a_route_opens_for_its_scopes_alone(stocked: House, route: tuple[str, str]) -> None:
    (method, path), row = route, TABLE[route]
    unknown = await stocked.client.request(
        method, await named(stocked, path), content=msgspec.json.encode(fresh(row))
    )
    assert_error(unknown, 401)
    for scopes in (*SETS, *({scope} | row.also for scope in row.scopes)):
        address = await named(stocked, path)
        answer = await stocked.call(method, address, scopes=sorted(scopes), json=fresh(row))
        if row.opens(frozenset(scopes)):
            assert answer.status_code < 300, (scopes, answer.text)
        else:
            assert_error(answer, 403, "forbidden")


@pytest.mark.parametrize("route", GUARDED, ids=ids(GUARDED))
async def test_a_key_of_another_workspace_finds_nothing_of_this_one(
    stocked: House, route: tuple[str, str]
) -> None:
    (method, path), row = route, TABLE[route]
    address, neighbour = await named(stocked, path), stocked.neighbour()
    before = [await stocked.get(f"/v1/{one}") for one in OWN]
    for scopes in SETS:
        key = await stocked.key(*scopes, source="theirs", workspace_id=neighbour)
        answer = await stocked.call(method, address, key=key, json=fresh(row))
        if not row.opens(scopes):
            assert_error(answer, 403, "forbidden")
        elif row.names:
            assert_error(answer, 404)
        else:
            assert answer.status_code < 300, (scopes, answer.text)
            assert method != "GET" or not re.search(r'"own(-store|-sku)?"', answer.text)
    assert [await stocked.get(f"/v1/{one}") for one in OWN] == before


@pytest.mark.parametrize("route", WITH_BODY, ids=ids(WITH_BODY))
async def test_a_field_nobody_asked_for_is_refused(stocked: House, route: tuple[str, str]) -> None:
    """Nothing is set that the description does not offer: no other workspace, no other maker, no password."""
    (method, path), row = route, TABLE[route]
    if path in DOORS:
        pytest.skip("kept, sealed, and read by nobody")
    for more in ("workspace_id", "created_by", "password_hash", "disabled_at", "is_admin"):
        address = await named(stocked, path)
        body = {**fresh(row), more: 2}  # type: ignore[dict-item]
        told = assert_error(await stocked.call(method, address, json=body), 400)
        assert more in f"{told.get('field')} {told['message']}"


async def test_an_event_that_names_another_workspace_stays_in_its_own(house: House) -> None:
    neighbour = house.neighbour()
    event = {**said("w-1", external_id="w-1", given_name="Wanda"), "workspace_id": neighbour}
    body = {**event, "source": "theirs", "source_id": 99}
    assert (await house.call("POST", "/v1/events", scopes=("events:write",), json=body)).status_code == 200
    key = await house.key(EVERYTHING, workspace_id=neighbour)
    assert (await house.get("/v1/profiles", key=key))["data"] == []
    assert len(await house.find(external_id="w-1")) == 1
