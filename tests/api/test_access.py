"""Every route opens for its scopes and nobody else, and no workspace sees another."""

from __future__ import annotations

import re
from typing import Any

import pytest

from regulars.console.api import RULES, Rule
from regulars.vocabulary.scopes import EVERYTHING, SCOPES
from tests.api.house import DOCUMENT, House, assert_error, said

pytestmark = pytest.mark.anyio

GUARDED = [rule for rule in RULES if rule.scopes]
OPEN = [rule for rule in RULES if not rule.scopes]
WRONG = "rgl_1_" + "x" * 43
ALL_SCOPES = [scope.name for scope in SCOPES if scope.name != EVERYTHING]


def name(rule: Rule) -> str:
    return f"{rule.method} {rule.path}"


def path_of(rule: Rule) -> str:
    """The path with values that name nothing."""
    return re.sub(r"\{\w+\}", "0" * 32, rule.path)


async def call(house: House, rule: Rule, key: str | None) -> Any:
    headers = {} if key is None else {"authorization": f"Bearer {key}"}
    body = b"{}" if rule.method in ("POST", "PUT") else None
    return await house.client.request(rule.method, path_of(rule), headers=headers, content=body)


def test_the_table_and_the_documents_tell_of_the_same_routes() -> None:
    described = {
        (method.upper(), path)
        for path, item in DOCUMENT["paths"].items()
        for method in item
        if method != "parameters"
    }
    assert {(rule.method, rule.path) for rule in RULES} <= described
    assert len({(rule.method, rule.path) for rule in RULES}) == len(RULES)


@pytest.mark.parametrize("rule", GUARDED, ids=name)
async def test_a_route_refuses_callers_without_a_valid_key(house: House, rule: Rule) -> None:
    for key in (None, "", "nonsense", WRONG, WRONG.replace("rgl_1", "rgl_999999999")):
        refused = await call(house, rule, key)
        assert_error(refused, 401, "unauthenticated")
        assert refused.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("rule", GUARDED, ids=name)
async def test_a_route_refuses_a_key_with_all_scopes_but_its_own(house: House, rule: Rule) -> None:
    others = [scope for scope in ALL_SCOPES if scope not in rule.scopes]
    assert_error(await call(house, rule, await house.key(*others)), 403, "forbidden")
    for missing in rule.also:
        lacking = [scope for scope in ALL_SCOPES if scope != missing]
        assert_error(await call(house, rule, await house.key(*lacking)), 403, "forbidden")


@pytest.mark.parametrize("rule", GUARDED, ids=name)
async def test_a_route_opens_for_each_of_its_scopes(house: House, rule: Rule) -> None:
    for scope in (*rule.scopes, EVERYTHING):
        answer = await call(house, rule, await house.key(scope, *rule.also))
        assert answer.status_code not in (401, 403), answer.text
        assert answer.status_code < 500, answer.text


@pytest.mark.parametrize("rule", OPEN, ids=name)
async def test_signs_of_life_and_documents_need_no_key(house: House, rule: Rule) -> None:
    assert (await call(house, rule, None)).status_code == 200


async def test_a_revoked_key_is_refused(house: House) -> None:
    text = await house.key("profiles:read", fresh=True)
    made = (await house.get("/v1/keys"))["data"][0]
    await house.get("/v1/profiles", key=text)
    assert (await house.call("POST", f"/v1/keys/{made['id']}/revoke")).json()["revoked_at"]
    assert_error(await house.call("GET", "/v1/profiles", key=text), 401)


async def test_one_workspace_never_sees_another(house: House) -> None:
    await house.send(
        said("jane", external_id="c-1", email="jane@example.com", loyalty_card="L1", given_name="Jane"),
        {"id": "st", "type": "store.updated", "occurred_at": "2026-11-01T00:00:00Z", "store_details": {"code": "s-1"}},
        {"type": "nonsense"},
    )  # fmt: skip
    jane = await house.one(email="jane@example.com")
    rejected = (await house.get("/v1/rejected"))["data"][0]
    own_key = (await house.get("/v1/keys"))["data"][0]
    stranger = await house.key("*", workspace_id=house.neighbour())
    for by in (
        {"email": "jane@example.com"},
        {"loyalty_card": "L1"},
        {"name": "jane"},
        {"external_id": "c-1"},
        {},
    ):
        assert (await house.get("/v1/profiles", key=stranger, params=by))["data"] == []
    for path in ("consents", "stores", "products", "staff", "rejected"):
        assert (await house.get(f"/v1/{path}", key=stranger))["data"] == [], path
    assert [one["name"] for one in (await house.get("/v1/sources", key=stranger))["data"]] == ["tills"]
    assert own_key["id"] not in {one["id"] for one in (await house.get("/v1/keys", key=stranger))["data"]}
    for path in (f"profiles/{jane['id']}", f"profiles/{jane['id']}/timeline", f"profiles/{jane['id']}/explain", f"profiles/{jane['id']}/household",
                 f"profiles/{jane['id']}/export", "stores/s-1", f"rejected/{rejected['example_id']}"):  # fmt: skip
        assert_error(await house.call("GET", f"/v1/{path}", key=stranger), 404)
    for path in (f"profiles/{jane['id']}/erase", f"keys/{own_key['id']}/revoke", f"keys/{own_key['id']}/rotate",
                 f"rejected/{rejected['example_id']}/replay"):  # fmt: skip
        assert_error(await house.call("POST", f"/v1/{path}", key=stranger), 404)
    assert (await house.one(email="jane@example.com"))["id"] == jane["id"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/nothing", 404),
        ("GET", "/v1/rejected:nothing", 404),
        ("DELETE", "/v1/stores", 405),
        ("POST", "/v1/profiles", 405),
        ("GET", "/v1/profiles/search/x", 404),
    ],
)
async def test_wrong_addresses_and_methods_are_told_in_the_one_form(
    house: House, method: str, path: str, status: int
) -> None:
    answer = await house.call(method, path)
    assert_error(answer, status)
    assert status != 405 or answer.headers["allow"]
