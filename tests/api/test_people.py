"""People who sign in, over HTTP: the same as the page does, for keys that may see what an owner sees."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from regulars.console.second_factors import SecondFactors
from regulars.console.totp import code_at, step_at
from regulars.engine.turn import utc_now
from tests.api.house import House, assert_error, sale
from tests.console.factors import read_secret

pytestmark = pytest.mark.anyio

FULL = ("admin", "pii:read")
VERBS = ("link", "disable", "enable", "sign-out", "reset-second-factor")
ANNA = {"email": "Anna@Example.com", "role": "manager", "name": "Anna"}


async def test_somebody_is_invited_changed_shut_and_opened(house: House) -> None:
    made = await house.call("POST", "/v1/people", scopes=FULL, json=ANNA)
    assert made.status_code == 201, made.text
    told = made.json()
    assert told["link"].startswith("http://api.test/invitation?token=")
    path = f"/v1/people/{told['id']}"
    (anna,) = [one for one in (await house.get("/v1/people", scopes=FULL))["data"] if one["id"] == told["id"]]
    assert (anna["email"], anna["name"], anna["role"]) == ("anna@example.com", "Anna", "manager")
    assert anna["invited"] is True
    changed = await house.call("PUT", f"{path}/role", scopes=FULL, json={"role": "privacy"})
    assert changed.json()["role"] == "privacy"
    assert (await house.call("POST", f"{path}/disable", scopes=FULL)).json()["disabled_at"] is not None
    assert_error(await house.call("POST", f"{path}/link", scopes=FULL), 409)
    assert (await house.call("POST", f"{path}/enable", scopes=FULL)).json()["disabled_at"] is None
    assert (await house.call("POST", f"{path}/link", scopes=FULL)).json()["id"] == told["id"]
    assert (await house.call("POST", f"{path}/sign-out", scopes=FULL)).json() == {"sessions": 0}
    lines = (await house.get("/v1/audit", params={"object": f"user:{told['id']}"}))["data"]
    assert [line["action"] for line in reversed(lines)] == [
        "account.invited", "account.role_changed", "account.disabled", "account.enabled", "account.link_made",
    ]  # fmt: skip
    assert {line["actor"].partition(":")[0] for line in lines} == {"key"}


async def test_somebody_is_limited_to_stores_of_the_register(house: House) -> None:
    await house.send(sale("R-1"))
    body = ANNA | {"email": "stores@example.com", "stores": ["london-1", "london-1"]}
    path = f"/v1/people/{(await house.call('POST', '/v1/people', scopes=FULL, json=body)).json()['id']}"

    async def stores() -> Any:
        people = (await house.get("/v1/people", scopes=FULL))["data"]
        return next(one["stores"] for one in people if path.endswith(one["id"]))

    assert await stores() == ["london-1"]
    freed = await house.call("PUT", f"{path}/stores", scopes=FULL, json={"stores": None})
    assert freed.json()["stores"] is None
    for wrong in (["nowhere"], [], ["\0"], [f"s{n}" for n in range(101)]):
        refused = await house.call("PUT", f"{path}/stores", scopes=FULL, json={"stores": wrong})
        assert "stores" in assert_error(refused, 400)["field"]
    assert_error(await house.call("PUT", f"{path}/stores", scopes=FULL, json={}), 400)
    assert await stores() is None
    await house.call("PUT", f"{path}/role", scopes=FULL, json={"role": "marketer"})
    refused = await house.call("PUT", f"{path}/stores", scopes=FULL, json={"stores": ["london-1"]})
    assert assert_error(refused, 400)["field"] == "stores"
    lines = (await house.get("/v1/audit", params={"object": f"user:{path.rpartition('/')[2]}"}))["data"]
    assert lines[-1]["details"] == {"role": "manager", "stores": ["london-1"]}
    assert [line["details"] for line in lines if line["action"] == "account.stores_changed"] == [
        {"from": ["london-1"], "to": "all"}
    ]
    stranger = await house.key(*FULL, workspace_id=house.neighbour())
    other = await house.call("PUT", f"{path}/stores", key=stranger, json={"stores": None})
    assert_error(other, 404)


async def test_a_store_of_another_workspace_is_no_store_here(house: House) -> None:
    await house.send(sale("R-2", store="london-2"))
    stranger = await house.key(*FULL, workspace_id=house.neighbour())
    body = ANNA | {"stores": ["london-2"]}
    assert_error(await house.call("POST", "/v1/people", key=stranger, json=body), 400)


async def test_a_lost_second_factor_is_reset(house: House) -> None:
    made = await house.call("POST", "/v1/people", scopes=FULL, json=ANNA | {"email": "lost@example.com"})
    user_id = UUID(made.json()["id"])
    factors = SecondFactors(house.store.database, house.vault, utc_now, "Shop")
    secret = read_secret((await factors.begin(user_id)).secret)
    await factors.confirm(user_id, code_at(secret, step_at(utc_now())))
    listed = (await house.get("/v1/people", scopes=FULL))["data"]
    assert {one["id"]: one["second_factor"] for one in listed}[user_id.hex] is True
    for _ in range(2):
        reset = await house.call("POST", f"/v1/people/{user_id.hex}/reset-second-factor", scopes=FULL)
        assert reset.json()["second_factor"] is False
    assert await factors.held(user_id) is None
    lines = (await house.get("/v1/audit", params={"object": f"user:{user_id.hex}"}))["data"]
    assert [line["action"] for line in lines].count("second_factor.reset") == 1


async def test_a_repeated_invitation_is_one(house: House) -> None:
    body, again = ANNA | {"email": "twice@example.com"}, {"idempotency-key": "invite-1"}
    first = await house.call("POST", "/v1/people", scopes=FULL, json=body, headers=again)
    second = await house.call("POST", "/v1/people", scopes=FULL, json=body, headers=again)
    assert first.json() == second.json()
    assert_error(await house.call("POST", "/v1/people", scopes=FULL, json=body), 409)


@pytest.mark.parametrize("scopes", [("admin",), ("pii:read",), ("pii:read", "privacy")])
async def test_who_does_not_see_what_an_owner_sees_makes_no_owner(
    house: House, scopes: tuple[str, ...]
) -> None:
    """An admin key sees no contacts; an owner it could invite would."""
    for method, path in (
        ("GET", "/v1/people"),
        ("POST", "/v1/people"),
        ("PUT", f"/v1/people/{'0' * 32}/role"),
        *(("POST", f"/v1/people/{'0' * 32}/{verb}") for verb in VERBS),
    ):
        assert_error(await house.call(method, path, scopes=scopes), 403)


async def test_wrong_requests_say_what_is_wrong(house: House) -> None:
    for body, field in (
        ({"email": "nobody", "role": "owner"}, "email"),
        ({"email": "x@example.com", "role": "king"}, "role"),
        ({"role": "owner"}, "email"),
        ({"email": "x@example.com", "role": "owner", "more": 1}, "more"),
    ):
        told = assert_error(await house.call("POST", "/v1/people", scopes=FULL, json=body), 400)
        assert field in f"{told['field']} {told['message']}"
    for verb in VERBS:
        assert_error(await house.call("POST", f"/v1/people/{'0' * 32}/{verb}", scopes=FULL), 404)


async def test_a_workspace_knows_only_its_own(house: House) -> None:
    made = (
        await house.call("POST", "/v1/people", scopes=FULL, json=ANNA | {"email": "own@example.com"})
    ).json()
    key = await house.key(*FULL, workspace_id=house.neighbour())
    assert (await house.call("GET", "/v1/people", key=key)).json() == {"data": []}
    assert_error(await house.call("POST", f"/v1/people/{made['id']}/disable", key=key), 404)
