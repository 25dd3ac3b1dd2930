"""Requests over HTTP: each kind, its scopes, and that a workspace sees only its own."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from regulars.console.requests.book import Book
from regulars.store.vault import Vault
from tests.api.house import House, assert_error, said, sale

pytestmark = pytest.mark.anyio

DESK = ("privacy", "pii:read")


async def customer(house: House, name: str) -> str:
    """Somebody known to the tills; the id of their profile."""
    person = {"external_id": name, "email": f"{name}@example.com", "given_name": name.title()}
    await house.send(sale(f"rq-{name}", customer=person))
    return str((await house.one(external_id=name))["id"])


async def ask(house: House, kind: str, profile: str, *, checked: bool = True) -> str:
    """A request as it came in; its path."""
    body = {"kind": kind, "profile_id": profile, "came_by": "web", "asked_by": "They", "wording": "Please."}
    made = await house.call("POST", "/v1/requests", scopes=DESK, json=body)
    assert made.status_code == 201, made.text
    path = f"/v1/requests/{made.json()['request']}"
    if checked:
        answer = await house.call("POST", f"{path}/check", scopes=DESK, json={"method": "account"})
        assert answer.json()["state"] == "checked"
    return path


async def execute(house: House, path: str, body: Any = None) -> dict[str, Any]:
    answer = await house.call("POST", f"{path}/execute", scopes=DESK, json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_access_is_answered_once_the_data_was_fetched(house: House) -> None:
    path = await ask(house, "access", await customer(house, "ada"))
    assert_error(await house.call("POST", f"{path}/execute", scopes=DESK), 409)
    data = await house.call("GET", f"{path}/data", scopes=DESK)
    assert [one["receipt"] for one in data.json()["receipts"]] == ["rq-ada"]
    assert data.json()["requests"][0]["wording"] == "Please."
    done = await execute(house, path)
    assert (done["state"], done["outcome"], done["identity_checked_by"]) == ("done", "answered", "account")
    assert done["result"]["files"][0]["sha256"] == hashlib.sha256(data.content).hexdigest()
    assert_error(await house.call("POST", f"{path}/execute", scopes=DESK), 409, "request_state")
    assert_error(await house.call("GET", f"{path}/data", scopes=DESK), 409)


async def test_an_erasure_empties_the_request_and_its_proof_is_in_the_chain(house: House) -> None:
    profile = await customer(house, "eve")
    path = await ask(house, "erasure", profile)
    await house.call("POST", f"{path}/notes", scopes=DESK, json={"text": "by letter"})
    done = await execute(house, path)
    assert (done["state"], done["outcome"], done["profile_id"]) == ("done", "erased", None)
    assert (done["asked_by"], done["wording"], done["notes"]) == (None, None, [])
    assert done["result"]["records"] == 1
    assert await house.find(external_id="eve") == []
    proof = await house.get(f"{path}/proof", scopes=DESK)
    assert proof["document"]["outcome"] == "erased"
    assert [line["action"] for line in proof["lines"]] == [
        "request.received", "request.checked", "request.noted", "customer.erased", "request.erased", "request.done",
    ]  # fmt: skip
    assert proof["sealed_in"] == proof["lines"][-1]["no"]
    assert proof["lines"][-1]["details"]["proof_sha256"] == proof["sha256"]
    assert (await house.get("/v1/audit/verify"))["intact"] is True
    assert_error(await house.call("GET", f"{path}/data", scopes=DESK), 404)


async def test_a_proof_changed_later_is_held_by_no_line(house: House) -> None:
    path = await ask(house, "objection", await customer(house, "pru"))
    await execute(house, path)
    assert (await house.get(f"{path}/proof", scopes=DESK))["sealed_in"] is not None
    owner = house.database.connect_owner()
    owner.execute(f"set regulars.workspace_id = {house.workspace_id}".encode())
    number = int(path.rpartition("/")[2])
    owner.execute("update privacy_request set came_by = 'phone' where request_no = %(no)s", {"no": number})
    owner.close()
    assert (await house.get(f"{path}/proof", scopes=DESK))["sealed_in"] is None


async def test_a_correction_is_said_by_the_request_alone(house: House) -> None:
    profile = await customer(house, "cora")
    path = await ask(house, "correction", profile)
    wrong: tuple[Any, ...] = (
        None,
        {},
        {"correction": {}},
        {"correction": {"email": "x"}},
        {"correction": {"card": "1"}},
    )
    for body in wrong:
        assert_error(await house.call("POST", f"{path}/execute", scopes=DESK, json=body), 400)
    done = await execute(house, path, {"correction": {"email": "cora.new@example.com", "family_name": "New"}})
    assert done["result"] == {
        "fields": ["family_name", "email"], "records_corrected": 1, "records_left": 0, "correct_also_at": ["tills"],
    }  # fmt: skip
    assert (await house.one(email="cora.new@example.com"))["name"] == "Cora New"
    assert await house.find(email="cora@example.com") == []


async def test_a_second_email_that_is_right_stays(house: House) -> None:
    at = datetime.now(UTC) - timedelta(hours=1)
    await house.send(
        said("two-1", external_id="two-a", loyalty_card="LTWO", email="work@example.com", at=at),
        said("two-2", external_id="two-b", loyalty_card="LTWO", email="tyop@example.com"),
    )
    path = await ask(house, "correction", (await house.one(external_id="two-a"))["id"])
    shown = max(
        (one for one in (await house.one(external_id="two-a"))["identifiers"] if one["kind"] == "email"),
        key=lambda one: one["value"] == "work@example.com",
    )
    assert shown["value"] == "work@example.com"
    await execute(house, path, {"correction": {"email": "office@example.com"}})
    values = {
        one["value"]: one["current"]
        for one in (await house.one(external_id="two-a"))["identifiers"]
        if one["kind"] == "email"
    }
    assert values == {"work@example.com": False, "office@example.com": True, "tyop@example.com": True}


async def test_the_deadline_is_extended_once_and_within_the_month(house: House) -> None:
    profile = await customer(house, "dora")
    path = await ask(house, "access", profile, checked=False)
    before = (await house.get(path, scopes=DESK))["due_on"]
    told = await house.call("POST", f"{path}/extend", scopes=DESK, json={"reason": "many"})
    assert told.json()["due_on"] > before
    assert_error(
        await house.call("POST", f"{path}/extend", scopes=DESK, json={"reason": "many"}), 409, "extended"
    )
    assert_error(await house.call("POST", f"{path}/extend", scopes=DESK, json={"reason": "lazy"}), 400)
    received = str((datetime.now(UTC) - timedelta(days=40)).date())
    body = {"kind": "access", "profile_id": profile, "came_by": "web", "received_on": received}
    late = (await house.call("POST", "/v1/requests", scopes=DESK, json=body)).json()
    assert late["days_left"] < 0
    path = f"/v1/requests/{late['request']}/extend"
    assert_error(await house.call("POST", path, scopes=DESK, json={"reason": "complex"}), 409, "too_late")


async def test_a_request_is_refused_on_a_ground_of_the_law(house: House) -> None:
    path = await ask(house, "erasure", await customer(house, "rita"), checked=False)
    assert_error(await house.call("POST", f"{path}/refuse", scopes=DESK, json={"reason": "bother"}), 400)
    told = await house.call(
        "POST", f"{path}/refuse", scopes=DESK, json={"reason": "kept_by_law", "note": "A lawsuit."}
    )
    assert (told.json()["state"], told.json()["outcome"]) == ("refused", "kept_by_law")
    assert told.json()["notes"][0]["text"] == "A lawsuit."
    assert len(await house.find(external_id="rita")) == 1
    for step, body in (("refuse", {"reason": "unfounded"}), ("check", {"method": "card"}), ("execute", None)):
        assert_error(await house.call("POST", f"{path}/{step}", scopes=DESK, json=body), 409)


async def test_lists_page_by_deadline_and_by_number(house: House) -> None:
    profile = await customer(house, "lena")
    paths = [await ask(house, "access", profile, checked=False) for _ in range(5)]
    numbers = [int(path.rpartition("/")[2]) for path in paths]
    for query in ({"state": "open"}, {"state": "any"}, {"profile_id": profile}):
        seen: list[int] = []
        cursor: dict[str, str] = {}
        while True:
            page = await house.get("/v1/requests", scopes=DESK, params={**query, "limit": 2, **cursor})
            seen += [one["request"] for one in page["data"]]
            if page["next"] is None:
                break
            cursor = {"cursor": page["next"]}
        assert len(seen) == len(set(seen))
        assert set(numbers) <= set(seen), query
    for text in ("state=lost", "kind=party", "cursor=AAAA", "limit=0"):
        assert_error(await house.call("GET", f"/v1/requests?{text}", scopes=DESK), 400)


async def test_without_pii_read_nothing_written_is_shown(house: House) -> None:
    path = await ask(house, "access", await customer(house, "mask"))
    shown = await house.get(path, scopes=("privacy",))
    assert (shown["asked_by"], shown["wording"], shown["notes"]) == (None, None, [])
    assert shown["kind"] == "access"
    assert_error(await house.call("GET", f"{path}/data", scopes=("privacy",)), 403)
    for scopes in (("admin", "pii:read"), ("profiles:read",), ("pii:read",)):
        for method, at in (
            ("GET", "/v1/requests"), ("POST", "/v1/requests"), ("GET", path), ("GET", f"{path}/proof"),
            *(("POST", f"{path}/{step}") for step in ("check", "extend", "notes", "refuse", "execute")),
        ):  # fmt: skip
            assert_error(
                await house.call(method, at, scopes=scopes, json={} if method == "POST" else None), 403
            )


async def test_a_workspace_knows_only_its_own(house: House) -> None:
    profile = await customer(house, "own")
    path = await ask(house, "erasure", profile)
    key = await house.key(*DESK, workspace_id=house.neighbour())
    assert (await house.call("GET", "/v1/requests?state=any", key=key)).json()["data"] == []
    assert_error(await house.call("GET", path, key=key), 404)
    assert_error(await house.call("POST", f"{path}/execute", key=key), 404)
    body = {"kind": "access", "profile_id": profile, "came_by": "web"}
    assert_error(await house.call("POST", "/v1/requests", key=key, json=body), 404)


async def test_a_request_names_a_customer_there_is(house: House) -> None:
    for profile in ("0" * 32, "x"):
        body = {"kind": "access", "profile_id": profile, "came_by": "web"}
        assert_error(await house.call("POST", "/v1/requests", scopes=DESK, json=body), 404)
    for number in ("0", "x", "9" * 40):
        assert_error(await house.call("GET", f"/v1/requests/{number}", scopes=DESK), 404)


async def test_a_day_is_one_of_the_shops(house: House) -> None:
    """At noon of the 31st in London it is past midnight in Kiritimati, 14 hours ahead."""
    workspace_id = house.neighbour()
    vault = Vault(house.store.master, workspace_id)
    book = Book(house.database, vault, lambda: datetime(2026, 1, 31, 12, tzinfo=UTC), UTC)
    assert str(await book.today()) == "2026-01-31"
    source = await house.sources.ensure(workspace_id, "tills")
    store = {"id": "s-1", "type": "store.updated", "occurred_at": "2026-01-01T00:00:00+00:00",
             "store_details": {"code": "atoll", "time_zone": "Pacific/Kiritimati"}}  # fmt: skip
    await house.gate.submit(source.source, [msgspec.json.encode(store)], door="events")
    assert str(await book.today()) == "2026-02-01"
