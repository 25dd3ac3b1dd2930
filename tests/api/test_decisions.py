"""Merge, unmerge, undo, and the queue: what they answer, what holds after them, and who may ask."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.house import House, assert_error, said, sale
from tests.fresh import fresh

pytestmark = pytest.mark.anyio

WHY = {"reason": "The customer said so at the desk."}


async def strangers(house: House, *names: str) -> list[dict[str, Any]]:
    """Customers who share nothing, one sale each; their profiles."""
    profiles = []
    for number, name in enumerate(names, 1):
        own = f"{name}-{fresh()}"
        customer = {"external_id": own, "given_name": name, "email": f"{own}@example.com"}
        await house.send(said(f"c-{own}", **customer), sale(own, 100 * number, customer={"external_id": own}))
        profiles.append(await house.one(external_id=own))
    return profiles


async def post(house: House, path: str, body: dict[str, Any], **options: Any) -> dict[str, Any]:
    answer = await house.call("POST", path, json=body, **options)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def test_a_merge_makes_one_profile_whose_figures_are_the_sum(house: House) -> None:
    ann, bob = await strangers(house, "Ann", "Bob")
    ids = [ann["id"], bob["id"]]
    seen = await post(house, "/v1/profiles/merge", {"ids": ids, "preview": True, **WHY})
    assert seen["preview"] is True
    assert seen["decision_ids"] == []
    assert {one["id"] for one in seen["before"]} == set(ids)
    (after,) = seen["after"]
    assert (after["orders"], after["spend_minor"]) == (2, {"GBP": 300})
    assert (await house.get(f"/v1/profiles/{ids[1]}"))["id"] == ids[1]  # a preview changes nothing
    done = await post(house, "/v1/profiles/merge", {"ids": ids, **WHY})
    assert done["profile_ids"] == [after["id"]]
    assert done["after"] == [after]
    for one in ids:
        merged = await house.get(f"/v1/profiles/{one}")
        assert merged["id"] == after["id"]
        assert merged["metrics"]["spend_minor"] == {"GBP": 300}
        assert {i["value"] for i in merged["identifiers"]} == {
            i["value"] for side in (ann, bob) for i in side["identifiers"]
        }


async def test_an_undo_gives_back_what_was_and_can_be_undone(house: House) -> None:
    ann, bob = await strangers(house, "Ann", "Bob")
    merged = await post(house, "/v1/profiles/merge", {"ids": [ann["id"], bob["id"]], **WHY})
    (merge,) = merged["decision_ids"]
    undone = await post(house, f"/v1/identity/decisions/{merge}/undo", WHY)
    for one in (ann, bob):
        assert await house.get(f"/v1/profiles/{one['id']}") == one
    again = await post(house, f"/v1/identity/decisions/{undone['decision_ids'][0]}/undo", WHY)
    assert again["profile_ids"] == merged["profile_ids"]
    assert_error(await house.call("POST", f"/v1/identity/decisions/{merge}/undo", json=WHY), 409, "overtaken")
    made = (await house.get("/v1/identity/decisions", params={"profile_id": bob["id"]}))["data"]
    assert [(one["verb"], one["holds"], one["undoes"]) for one in made] == [
        ("merged", True, undone["decision_ids"][0]),
        ("withdrawn", False, merge),
        ("merged", False, None),
    ]


async def lookalikes(house: House, family: str, count: int = 2, **more: Any) -> list[dict[str, Any]]:
    """Customers of one name and city: too little to link them, enough for somebody to look."""
    for number in range(count):
        name = {"given_name": "Anna", "family_name": family, "address": {"city": "London"}}
        await house.send(said(f"{family}-{number}", external_id=f"{family}-{number}", **name, **more))
    return [await house.one(external_id=f"{family}-{number}") for number in range(count)]


async def waiting(house: House, *profiles: dict[str, Any]) -> list[dict[str, Any]]:
    """The pairs of the queue that are of these customers."""
    records = {record for profile in profiles for record in profile["record_ids"]}
    found = (await house.get("/v1/identity/reviews", params={"limit": 200}))["data"]
    return [one for one in found if set(one["records"]) <= records]


async def test_a_record_taken_out_is_somebody_else_and_stays_so(house: House) -> None:
    card = f"L{fresh()}"
    for number in range(3):
        await house.send(said(f"{card}-{number}", external_id=f"{card}-{number}", loyalty_card=card))
        await house.send(sale(f"{card}-{number}", customer={"external_id": f"{card}-{number}"}))
    whole = await house.one(loyalty_card=card)
    mine, *others = whole["record_ids"]
    path = f"/v1/profiles/{whole['id']}/unmerge"
    seen = await post(house, path, {"record_ids": [mine], "preview": True, **WHY})
    assert sorted(len(one["record_ids"]) for one in seen["after"]) == [1, 2]
    done = await post(house, path, {"record_ids": [mine], **WHY})
    assert len(done["profile_ids"]) == 2
    await house.send(said(f"{card}-again", external_id=f"{card}-1", loyalty_card=card, given_name="Ann"))
    alone, rest = [await house.get(f"/v1/profiles/{one}") for one in (mine, others[0])]
    assert alone["record_ids"] == [mine]
    assert sorted(rest["record_ids"]) == sorted(others)
    assert (alone["metrics"]["orders"], rest["metrics"]["orders"]) == (1, 2)
    apart = await post(house, f"/v1/profiles/{rest['id']}/unmerge", {"all": True, **WHY})
    assert len(apart["profile_ids"]) == 2
    back = await post(house, f"/v1/identity/decisions/{done['decision_ids'][0]}/undo", WHY)
    assert len(back["profile_ids"]) == 2, "two of them are still held apart"


async def test_an_undone_unmerge_falls_back_on_the_merge_before_it(house: House) -> None:
    ann, bob = await strangers(house, "Ann", "Bob")
    merged = await post(house, "/v1/profiles/merge", {"ids": [ann["id"], bob["id"]], **WHY})
    (profile,) = merged["profile_ids"]
    split = await post(house, f"/v1/profiles/{profile}/unmerge", {"record_ids": bob["record_ids"], **WHY})
    assert sorted(split["profile_ids"]) == sorted([ann["id"], bob["id"]])
    back = await post(house, f"/v1/identity/decisions/{split['decision_ids'][0]}/undo", WHY)
    assert back["profile_ids"] == [profile]


async def test_a_merge_overrules_what_kept_the_two_apart(house: House) -> None:
    ann, bob = await strangers(house, "Ann", "Bob")
    both = {"ids": [ann["id"], bob["id"]], **WHY}
    (profile,) = (await post(house, "/v1/profiles/merge", both))["profile_ids"]
    await post(house, f"/v1/profiles/{profile}/unmerge", {"all": True, **WHY})
    assert (await post(house, "/v1/profiles/merge", both))["profile_ids"] == [profile]


async def test_a_pair_that_waits_is_decided_once(house: House) -> None:
    one, other = await lookalikes(house, "Waits")
    (pair,) = await waiting(house, one, other)
    assert sorted(pair["profile_ids"]) == sorted([one["id"], other["id"]])
    assert pair["conflict"] is False
    body = {"pairs": [pair["records"]], "together": False, **WHY}
    apart = await post(house, "/v1/identity/reviews/decide", body)
    assert await waiting(house, one, other) == []
    assert_error(await house.call("POST", "/v1/identity/reviews/decide", json=body), 404, "decided_already")
    await house.send(said("waits-again", external_id="Waits-0", given_name="Anna", family_name="Waits",
                          address={"city": "London"}, birth_date="1980-01-02"))  # fmt: skip
    assert await waiting(house, one, other) == [], "it does not wait again, whatever is heard"
    await post(house, f"/v1/identity/decisions/{apart['decision_ids'][0]}/undo", WHY)
    assert len(await waiting(house, one, other)) == 1


async def test_several_pairs_are_decided_at_once_and_each_can_be_undone(house: House) -> None:
    pairs, people = [], []
    for family in ("Bulka", "Bulkb"):
        two = await lookalikes(house, family)
        people.append(two)
        pairs += [one["records"] for one in await waiting(house, *two)]
    body = {"pairs": [*pairs, ["0" * 32, "1" * 32]], "together": True, **WHY}
    seen = await post(house, "/v1/identity/reviews/decide", {**body, "preview": True})
    assert (len(seen["before"]), len(seen["after"])) == (4, 2)
    done = await post(house, "/v1/identity/reviews/decide", body)
    assert (len(done["decision_ids"]), len(done["profile_ids"])) == (2, 2)
    assert done["skipped"] == [["0" * 32, "1" * 32]]
    await post(house, f"/v1/identity/decisions/{done['decision_ids'][0]}/undo", WHY)
    now = [{(await house.get(f"/v1/profiles/{one['id']}"))["id"] for one in two} for two in people]
    assert sorted(len(ids) for ids in now) == [1, 2]


async def test_two_cards_in_one_person_wait_as_a_conflict(house: House) -> None:
    for number in (1, 2):
        person = {"given_name": "Cora", "family_name": "Card", "birth_date": "1980-03-04"}
        await house.send(
            said(f"cora-{number}", external_id=f"cora-{number}", loyalty_card=f"LC-{number}", **person)
        )
    two = [await house.one(external_id=f"cora-{number}") for number in (1, 2)]
    assert two[0]["id"] != two[1]["id"]
    (pair,) = await waiting(house, *two)
    assert pair["conflict"] is True
    conflicts = (await house.get("/v1/identity/reviews", params={"conflict": "true"}))["data"]
    assert pair in conflicts
    done = await post(
        house, "/v1/identity/reviews/decide", {"pairs": [pair["records"]], "together": True, **WHY}
    )
    assert len(done["profile_ids"]) == 1, "a person may say that somebody has two cards"


async def test_the_queue_comes_in_pages_the_likeliest_first(house: House) -> None:
    await lookalikes(house, "Pages", 4)
    seen: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = await house.get("/v1/identity/reviews", params={"limit": 2, **cursor})
        seen += page["data"]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert page["waiting"] == len(seen) >= 6
    assert len({tuple(one["records"]) for one in seen}) == len(seen)
    assert [one["weight"] for one in seen] == sorted((one["weight"] for one in seen), reverse=True)
    assert (await house.get("/v1/identity/reviews", params={"least": 900}))["data"] == []


async def test_a_repeated_call_is_answered_as_the_first(house: House) -> None:
    ann, bob = await strangers(house, "Ann", "Bob")
    body = {"ids": [ann["id"], bob["id"]], **WHY}
    head = {"Idempotency-Key": fresh()}
    first = await house.call("POST", "/v1/profiles/merge", json=body, headers=head)
    again = await house.call("POST", "/v1/profiles/merge", json=body, headers=head)
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json() == first.json()
    assert len((await house.get("/v1/identity/decisions", params={"profile_id": ann["id"]}))["data"]) == 1


async def test_names_and_contacts_are_masked_without_the_right_to_see_them(house: House) -> None:
    ann, bob = await strangers(house, "Annabel", "Bobby")
    body = {"ids": [ann["id"], bob["id"]], "preview": True, **WHY}
    seen = await post(house, "/v1/profiles/merge", body, scopes=["profiles:write"])
    assert "Annabel" not in str(seen)
    assert ann["identifiers"][0]["value"] not in str(seen)
    await post(house, "/v1/profiles/merge", body | {"preview": False})
    about = {"profile_id": ann["id"]}
    (hidden,) = (await house.get("/v1/identity/decisions", scopes=["profiles:read"], params=about))["data"]
    (shown,) = (await house.get("/v1/identity/decisions", params=about))["data"]
    assert (hidden["reason"], shown["reason"]) == (None, WHY["reason"])


async def test_names_are_shown_to_those_who_may_see_them(house: House) -> None:
    ann, bob = await strangers(house, "Annabel", "Bobby")
    body = {"ids": [ann["id"], bob["id"]], "preview": True, **WHY}
    assert "Annabel" in str(
        await post(house, "/v1/profiles/merge", body, scopes=["profiles:write", "pii:read"])
    )


async def test_what_cannot_be_decided_is_told_with_its_field(house: House) -> None:
    ann, bob = await strangers(house, "Ann", "Bob")
    nobody = "0" * 32
    unmerge = f"/v1/profiles/{ann['id']}/unmerge"
    for path, body, status, field in (
        ("/v1/profiles/merge", {"ids": [ann["id"]], **WHY}, 400, "ids"),
        ("/v1/profiles/merge", {"ids": [ann["id"], ann["id"]], **WHY}, 400, "ids"),
        ("/v1/profiles/merge", {"ids": [ann["id"], "nonsense"], **WHY}, 400, "ids"),
        ("/v1/profiles/merge", {"ids": [ann["id"], nobody], **WHY}, 404, "ids"),
        ("/v1/profiles/merge", {"ids": [ann["id"], bob["id"]], "reason": ""}, 400, "reason"),
        ("/v1/profiles/merge", {"ids": [ann["id"], bob["id"]], "reason": "  "}, 400, "reason"),
        ("/v1/profiles/merge", {"ids": [ann["id"], bob["id"]], "reason": "x" * 501}, 400, "reason"),
        (unmerge, {"all": True, **WHY}, 400, "all"),
        (unmerge, {"record_ids": ann["record_ids"], **WHY}, 400, "record_ids"),
        (unmerge, {"record_ids": bob["record_ids"], **WHY}, 400, "record_ids"),
        (unmerge, {"record_ids": [], **WHY}, 400, "record_ids"),
        (unmerge, {**WHY}, 400, "record_ids"),
        (f"/v1/profiles/{nobody}/unmerge", {"all": True, **WHY}, 404, "profile_id"),
        (f"/v1/identity/decisions/{nobody}/undo", WHY, 404, "decision_id"),
        ("/v1/identity/decisions/nonsense/undo", WHY, 404, "decision_id"),
        ("/v1/identity/reviews/decide", {"pairs": [], "together": True, **WHY}, 400, "pairs"),
    ):
        told = assert_error(await house.call("POST", path, json=body), status)
        assert told["field"] == field, (path, body, told)


async def test_a_reason_keeps_no_card_number_and_ids_are_not_taken_for_one(house: House) -> None:
    ann, bob = await strangers(house, "Ann", "Bob")
    body = {"ids": [ann["id"], bob["id"]], "reason": "paid with 4111 1111 1111 1111 <script>"}
    await post(house, "/v1/profiles/merge", body)
    (made,) = (await house.get("/v1/identity/decisions", params={"profile_id": ann["id"]}))["data"]
    assert made["reason"] == "paid with [card number removed] <script>"
    lines = (await house.get("/v1/audit", params={"limit": 20}))["data"]
    (line,) = [one for one in lines if one["object"] == f"decision:{made['id']}"]
    assert (line["action"], line["details"]["reason"]) == ("identity.merged", made["reason"])
    assert line["actor"].startswith("key:")


async def test_an_erasure_takes_the_records_out_of_what_was_decided(house: House) -> None:
    ann, bob = await strangers(house, "Ann", "Bob")
    merged = await post(house, "/v1/profiles/merge", {"ids": [ann["id"], bob["id"]], **WHY})
    erased = await house.call("POST", f"/v1/profiles/{merged['profile_ids'][0]}/erase", json={})
    assert erased.status_code == 200, erased.text
    (decision,) = merged["decision_ids"]
    with house.database.session(house.workspace_id) as connection:
        for table in ("decision_pair", "manual_link"):
            query = f"select count(*) from {table} where decision_id = %s"
            assert connection.execute(query.encode(), (decision,)).fetchone() == (0,), table
    made = (await house.get("/v1/identity/decisions"))["data"]
    (one,) = [one for one in made if one["id"] == decision]
    assert (one["profile_ids"], one["holds"]) == ([], False)
    undo = f"/v1/identity/decisions/{decision}/undo"
    assert_error(await house.call("POST", undo, json=WHY), 409, "overtaken")
