"""Every route for every scope and workspace, against the table of `tests.api.access`; and no field that is not asked for."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from regulars.console.services.programmes import shipped_text as shipped_programme
from regulars.engine.identity_memory import shipped_text
from regulars.vocabulary.events import ADJUSTED
from regulars.vocabulary.scopes import EVERYTHING, SCOPES
from tests.api.access import BASKET, OFFER, TABLE, TOLD, WITH_REWARDS
from tests.api.house import DOCUMENT, House, assert_error, said
from tests.api.till import Till
from tests.api.web_shop import open_web_shop, shop_online
from tests.console.told import add_messages
from tests.fresh import fresh
from tests.members import publish

pytestmark = pytest.mark.anyio

SETS = [frozenset({scope.name}) for scope in SCOPES]
GUARDED = [route for route, row in TABLE.items() if row.scopes]
WITH_BODY = [route for route in GUARDED if TABLE[route].body is not None]
# The doors keep what they do not know, sealed with the event; it decides nothing.
DOORS = frozenset({"/v1/events", "/v1/track", "/v1/identify", "/v1/page", "/v1/screen", "/v1/group", "/v1/alias", "/v1/batch"})  # fmt: skip
PEOPLE = ("admin", "pii:read")
OWN = (
    "stores/own-store",
    "products/own-sku",
    "staff/own-store",
    "sources/own",
    "webhooks",
    "requests?state=any",
)
QUERIES = {("GET", "/v1/members"): "?card=own"}
"""What has to be asked with a route."""
KINDS = {"data": "access", "execute": "erasure"}
"""Which kind of request, whose identity is checked, a step is taken in; the other steps are taken in a new one."""


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


async def named(house: House, route: tuple[str, str]) -> tuple[str, Any]:
    """Address and body of a route, with names that stand for something of this house that was not called yet."""
    path, body = route[1] + QUERIES.get(route, ""), TABLE[route].body
    asked = set(re.findall(r"\{(\w+)\}", f"{path} {body}"))
    names = {"code": "own-store", "sku": "own-sku", "name": "own", "version": "draft"}
    if "profile_id" in asked:
        names["profile_id"] = await (twofold(house) if path.endswith("/unmerge") else profile(house))
    if "other_id" in asked:
        names["other_id"] = await profile(house)
    if "pair_a" in asked:
        names |= dict(zip(("pair_a", "pair_b"), await pair(house), strict=True))
    if "decision_id" in asked:
        names["decision_id"] = await decision(house)
    if "request_no" in asked:
        names["request_no"] = await request(house, path.rpartition("/")[2])
    if "number" in asked or path.endswith("/rollback"):
        names["number"] = await numbered(house, path)
    if "webhook_id" in asked:
        names |= await webhook(house)
    if "quarantine_id" in asked:
        names["quarantine_id"] = str((await house.send({"id": fresh(), "type": "nonsense"}))[0].quarantine_id)
    names |= await at_the_till(house, asked)
    for name, make in (("key_id", key), ("approval_id", approval), ("user_id", colleague)):
        if name in asked:
            names[name] = await make(house)

    names |= await of_offers(house, path)

    def fill(text: str) -> str:
        return re.sub(r"\{(\w+)\}", lambda found: names[found[1]], text)

    return fill(path), changed(body, fill)


async def key(house: House) -> str:
    """A key that was made now."""
    made = await house.keys.create(
        house.workspace_id, name="one", scopes=["events:write"], source="own", actor="test"
    )
    return made.key_id


async def colleague(house: House) -> str:
    """Somebody invited now."""
    person = {"email": f"{fresh()}@example.com", "role": "associate"}
    return str((await house.call("POST", "/v1/people", scopes=PEOPLE, json=person)).json()["id"])


def renewed(body: Any) -> Any:
    """A body that says nothing that was said before."""
    return changed(body, lambda text: text.replace("fresh", f"f{fresh()[:16]}"))


def changed(body: Any, by: Callable[[str], str]) -> Any:
    """A body with its texts changed."""
    if isinstance(body, list):
        return [changed(one, by) for one in body]
    if isinstance(body, dict):
        return {name: changed(value, by) for name, value in body.items()}
    return by(body) if isinstance(body, str) else body


async def of_offers(house: House, path: str) -> dict[str, str]:
    """What routes of promotions name."""
    if "{promotion_id}" in path:
        return {"promotion_id": await promotion(house)}
    return {"hold_id": await offers_hold(house)} if "/quotes/holds/" in path else {}


async def promotion(house: House) -> str:
    """A promotion that runs, and asks for a code."""
    made = f"p{fresh()[:8]}x"
    content = OFFER.replace("fresh", made)
    await house.call("POST", "/v1/promotions", json={"content": content})
    answer = await house.call("POST", f"/v1/promotions/{made}/activate", json={})
    assert answer.status_code == 200, answer.text
    return made


async def offers_hold(house: House) -> str:
    """The id of a hold of promotions made now."""
    code = f"c{fresh()}"
    await house.call("POST", f"/v1/promotions/{await promotion(house)}/codes", json={"code": code})
    answer = await house.call("POST", "/v1/quotes", json=BASKET | {"codes": [code], "reserve": True})
    return str(answer.json()["hold"]["id"])


async def profile(house: House) -> str:
    """Somebody the house did not know."""
    one = fresh()
    return str((await house.send(said(one, external_id=one)))[0].profile_id)


async def approval(house: House) -> str:
    """What somebody else than the callers asked for, about a member made now."""
    member_id = (await at_the_till(house, {"member_id"}))["member_id"]
    made = await house.keys.create(
        house.workspace_id, name="desk", scopes=["admin"], source="own", actor=f"user:{uuid4()}"
    )
    body = {"amount": 5_000, "reason": "Broken mug."}
    answer = await house.call("POST", f"/v1/members/{member_id}/adjustments", key=made.text, json=body)
    return str(answer.json()["approval"]["id"])


async def twofold(house: House) -> str:
    """Somebody new of two records."""
    one = fresh()
    told = [said(f"{one}-{n}", external_id=f"{one}-{n}", loyalty_card=one) for n in (1, 2)]
    return str((await house.send(*told))[0].profile_id)


async def pair(house: House) -> tuple[str, str]:
    """Two customers made now who may be one."""
    family = f"F{fresh()}"
    who = {"given_name": "Nora", "family_name": family, "address": {"city": "London"}}
    one, other = await house.send(*(said(f"{family}{n}", external_id=f"{family}{n}", **who) for n in (1, 2)))
    return str(one.profile_id), str(other.profile_id)


async def decision(house: House) -> str:
    """Something decided now."""
    body = {"ids": [await profile(house), await profile(house)], "reason": "Told."}
    return str((await house.call("POST", "/v1/profiles/merge", json=body)).json()["decision_ids"][0])


async def request(house: House, step: str) -> str:
    """The number of a request that the step can be taken in."""
    body = {"kind": KINDS.get(step, "access"), "profile_id": await profile(house), "came_by": "web"}
    number = str((await house.call("POST", "/v1/requests", json=body)).json()["request"])
    if step in KINDS:
        checked = await house.call("POST", f"/v1/requests/{number}/check", json={"method": "account"})
        assert checked.status_code == 200, checked.text
    return number


async def matching_model(house: House, path: str) -> str:
    """The number of a model: of a preview that was asked for, else of one that was added just now."""
    if path.endswith("/preview"):
        known = (await house.get("/v1/identity/models"))["data"]
        added = [one["number"] for one in known if one["made_by"] != "regulars"]
        number = added[-1] if added else await add_model(house)
        assert (await house.call("POST", f"/v1/identity/models/{number}/preview")).status_code == 202
        return str(number)
    number = await add_model(house)
    if path.endswith("/rollback"):
        promoted = await house.call(
            "POST", f"/v1/identity/models/{number}/promote", json={"reason": "To go back."}
        )
        assert promoted.status_code == 200, promoted.text
    return str(number)


async def numbered(house: House, path: str) -> str:
    """The number of a matching model or of a loyalty programme."""
    return await (matching_model(house, path) if "/identity/" in path else programme(house))


async def programme(house: House) -> str:
    """The number of a loyalty programme; there is one, since few are allowed."""
    known = (await house.get("/v1/programmes"))["data"]
    if known:
        return str(known[0]["number"])
    added = await house.call("POST", "/v1/programmes", json={"content": shipped_programme()})
    number = str(added.json()["programme"]["number"])
    assert (await house.call("POST", f"/v1/programmes/{number}/simulate/sales", json={})).status_code == 202
    return number


async def add_model(house: House) -> int:
    added = await house.call("POST", "/v1/identity/models", json={"content": shipped_text()})
    return int(added.json()["number"])


async def webhook(house: House) -> dict[str, str]:
    """A webhook with a message it did not take; it replaces those of earlier calls, since few are allowed."""
    for old in await house.webhooks.endpoints(house.workspace_id):
        await house.webhooks.delete(house.workspace_id, old.endpoint_id, actor="test")
    made = (await house.call("POST", "/v1/webhooks", json=TOLD)).json()["webhook"]["id"]
    return {"webhook_id": str(made), "delivery_id": str(add_messages(house, made, "dead", 1)[0])}


async def at_the_till(house: House, asked: set[str]) -> dict[str, str]:
    """A member with points, of which some are held, and a sale of nobody's; nothing where none of it is asked for."""
    if asked.isdisjoint(("member_id", "hold_id", "sale_id")):
        return {}
    till = Till(house, scopes=(EVERYTHING,))
    card = f"L{uuid4().int % 10**9}"
    member = await till.enrol(loyalty_card=card)
    await shop_online(house, "own-told", card)
    await till.command(ADJUSTED, member, amount=1_000, reason="To spend.")
    hold = await till.post("/v1/holds", {"member_id": member, "amount": 100})
    sale = await till.sell(100)
    return {"member_id": member, "hold_id": hold["id"], "sale_id": sale["sale_id"]}


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
    await asyncio.to_thread(publish, house, WITH_REWARDS)
    await open_web_shop(house, "own-told")
    return house


@pytest.mark.parametrize("route", GUARDED, ids=ids(GUARDED))
async def test_a_route_opens_for_its_scopes_alone(stocked: House, route: tuple[str, str]) -> None:
    method, row = route[0], TABLE[route]
    address, body = await named(stocked, route)
    unknown = await stocked.client.request(method, address, content=msgspec.json.encode(renewed(body)))
    assert_error(unknown, 401)
    for scopes in (*SETS, *({scope} | row.also for scope in row.scopes)):
        address, body = await named(stocked, route)
        answer = await stocked.call(method, address, scopes=sorted(scopes), json=renewed(body))
        if row.opens(frozenset(scopes)):
            assert answer.status_code < 300, (scopes, answer.text)
        else:
            assert_error(answer, 403, "forbidden")


@pytest.mark.parametrize("route", GUARDED, ids=ids(GUARDED))
async def test_a_key_of_another_workspace_finds_nothing_of_this_one(
    stocked: House, route: tuple[str, str]
) -> None:
    method, row, neighbour = route[0], TABLE[route], stocked.neighbour()
    address, body = await named(stocked, route)
    before = [await stocked.get(f"/v1/{one}") for one in OWN]
    for scopes in SETS:
        key = await stocked.key(*scopes, source="theirs", workspace_id=neighbour)
        answer = await stocked.call(method, address, key=key, json=renewed(body))
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
    method, path = route
    if path in DOORS:
        pytest.skip("kept, sealed, and read by nobody")
    for more in ("workspace_id", "created_by", "password_hash", "disabled_at", "is_admin"):
        address, body = await named(stocked, route)
        told = assert_error(await stocked.call(method, address, json={**renewed(body), more: 2}), 400)
        assert more in f"{told.get('field')} {told['message']}"


async def test_an_event_that_names_another_workspace_stays_in_its_own(house: House) -> None:
    neighbour = house.neighbour()
    event = {**said("w-1", external_id="w-1", given_name="Wanda"), "workspace_id": neighbour}
    body = {**event, "source": "theirs", "source_id": 99}
    assert (await house.call("POST", "/v1/events", scopes=("events:write",), json=body)).status_code == 200
    key = await house.key(EVERYTHING, workspace_id=neighbour)
    assert (await house.get("/v1/profiles", key=key))["data"] == []
    assert len(await house.find(external_id="w-1")) == 1
