"""Why records are one person, and why others are not, as the API says it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from regulars.capabilities.identity.explaining import LINKS_MAX
from regulars.console.services.explaining import RECORDS_MAX
from regulars.engine.identity_memory import shipped
from regulars.vocabulary.events import LINKED, Decision, Event
from regulars.vocabulary.intake import own_source
from tests.api.house import NOW, House, assert_error, said

pytestmark = pytest.mark.anyio


async def decide(house: House, number: str, one: str, other: str, *, together: bool | None) -> None:
    """A person says that two records are one, or are not."""
    word = Decision(
        pairs=[(one, other)], together=together, actor="user:ada", reason="Ann Rivers wrote to us"
    )
    event = Event(id=number, type=LINKED, occurred_at=NOW, decision=word)
    body = msgspec.json.encode(event)
    (result,) = await house.gate.submit(own_source(house.workspace_id), [body], door="test")
    assert result.status == "applied", result


def add_up(told: dict[str, Any]) -> None:
    """Of every pair the comparisons come to its weight."""
    for link in [*told["links"], *told["not_links"], *told["path"]]:
        assert sum(part["bits"] for part in link["parts"]) == pytest.approx(link["bits"], abs=1e-6)


async def test_the_explanation_says_what_links_and_what_does_not(house: House) -> None:
    await house.send(
        said("x-1", external_id="x1", email="family@example.com", given_name="Ann", loyalty_card="LX"),
        said("x-2", external_id="x2", loyalty_card="LX", given_name="Ann"),
        said("x-3", external_id="x3", email="family@example.com", given_name="Bob"),
    )
    ann, bob = await house.one(external_id="x1"), await house.one(external_id="x3")
    told = await house.get(f"/v1/profiles/{ann['id']}/explain")
    add_up(told)
    assert (len(told["records"]), told["records_total"], told["pairs_total"]) == (2, 2, 1)
    (link,) = told["links"]
    assert (link["kind"], link["value"], link["reason"]) == (
        "loyalty_card",
        "LX",
        "Both carry the same loyalty card.",
    )
    assert (link["linked"], link["holds"], link["sure"], link["band"]) == (
        True,
        True,
        ["loyalty_card"],
        "link",
    )
    card = next(part for part in link["parts"] if part["fields"] == ["loyalty_card"])
    assert (card["level"], card["bits"], card["values"]) == ("same", 100.0, ["LX", "LX"])
    refused = {
        (one["kind"], one["linked"], one["other_profile_id"], one["code"]) for one in told["not_links"]
    }
    assert ("email", False, bob["id"], "contradicts") in refused
    assert told["not_links"][0]["reason"] == "E-mail: the same. But given name: different."
    assert told["summary"] == "2 records are one person, linked by loyalty card."
    assert told["up_to_date"] is True
    model = shipped().matcher.model
    assert told["model"] == {
        "name": model.name, "number": 1, "digest": model.digest(), "link_bits": 6.0, "review_bits": 0.0,
    }  # fmt: skip


async def test_two_ids_are_explained_as_one_person_or_as_two(house: House) -> None:
    await house.send(
        said("y-1", external_id="y1", email="cleo@example.com", given_name="Cleo"),
        said("y-2", external_id="y2", email="cleo@example.com", phone="+44 20 7946 0123", given_name="Cleo"),
        said("y-3", external_id="y3", phone="+44 20 7946 0123", given_name="Cleo"),
        said("y-4", external_id="y4", email="cleo@example.com", given_name="Dan"),
    )
    cleo, dan = await house.one(external_id="y1"), await house.one(external_id="y4")
    between = await house.get(f"/v1/profiles/{cleo['id']}/explain", params={"other": dan["id"]})
    add_up(between)
    assert between["summary"] == "These are two people. E-mail: the same. But given name: different."
    assert between["links"] == between["path"] == between["splits"] == []
    assert {one["other_profile_id"] for one in between["not_links"]} == {dan["id"]}
    whole = await house.get(f"/v1/profiles/{cleo['id']}/explain")
    by_key = {
        next(i["value"] for i in one["identifiers"] if i["kind"] == "external_id"): one["record_id"]
        for one in whole["records"]
    }
    path = await house.get(f"/v1/profiles/{by_key['y1']}/explain", params={"other": by_key["y3"]})
    add_up(path)
    assert [(set(step["records"]), step["kind"]) for step in path["path"]] == [
        ({by_key["y1"], by_key["y2"]}, "email"),
        ({by_key["y2"], by_key["y3"]}, "phone"),
    ]
    assert (path["profile_id"], path["summary"]) == (cleo["id"], whole["summary"])


async def test_an_id_that_leads_nowhere_is_named(house: House) -> None:
    await house.send(said("z-1", external_id="z1"))
    one = await house.one(external_id="z1")
    for other in ("nobody", "0" * 32):
        answer = await house.call("GET", f"/v1/profiles/{one['id']}/explain?other={other}")
        assert assert_error(answer, 404)["field"] == "other"


async def test_what_would_split_a_profile_is_told(house: House) -> None:
    await house.send(
        said("s-1", external_id="s1", email="sue@example.com", given_name="Sue"),
        said("s-2", external_id="s2", email="sue@example.com", given_name="Sue"),
    )
    sue = await house.one(external_id="s1")
    told = await house.get(f"/v1/profiles/{sue['id']}/explain")
    splits = {one["what"]: one for one in told["splits"]}
    assert splits["value"]["value"] == "sue@example.com"
    assert splits["value"]["reason"] == "If this e-mail counted for nothing"
    assert [len(group) for group in splits["value"]["groups"]] == [1, 1]
    assert sorted(splits["pair"]["records"]) == sorted(sue["record_ids"])
    assert told["splits_tried"] >= len(told["splits"])


async def test_a_value_of_too_many_is_named_as_generic(house: House) -> None:
    crowd = [
        said(f"g-{n}", external_id=f"g-{n}", phone="+44 20 7946 0777", given_name=name)
        for n, name in enumerate(["Ada", "Ben", "Cleo", "Dora", "Egon", "Fay", "Gus", "Hal"])
    ]
    await house.send(*crowd)
    ada, ben = await house.one(external_id="g-0"), await house.one(external_id="g-1")
    told = await house.get(f"/v1/profiles/{ada['id']}/explain")
    assert [(one["kind"], one["value"], one["people"]) for one in told["generic_values"]] == [
        ("phone", "+442079460777", 8)
    ]
    between = await house.get(f"/v1/profiles/{ada['id']}/explain", params={"other": ben["id"]})
    assert "shared by too many" in between["summary"]
    (pair,) = between["not_links"]
    assert pair["code"] == "generic"
    assert [(one["kind"], one["reason"]) for one in pair["silent"]] == [("phone", "generic")]


async def test_two_loyalty_cards_are_a_reason(house: House) -> None:
    one = {"email": "twins@example.com", "given_name": "Tess"}
    await house.send(
        said("c-1", external_id="c1", loyalty_card="LC-1", **one),
        said("c-2", external_id="c2", loyalty_card="LC-2", **one),
    )
    tess = await house.one(external_id="c1")
    (pair,) = (await house.get(f"/v1/profiles/{tess['id']}/explain"))["not_links"]
    assert (pair["code"], pair["band"]) == ("two_verified", "link")
    assert "different loyalty cards" in pair["reason"]


async def test_what_people_decided_is_told_with_who_when_and_why(house: House) -> None:
    await house.send(
        said("d-1", external_id="d1", email="dee@example.com", given_name="Dee"),
        said("d-2", external_id="d2", email="dee@example.com", given_name="Dee"),
        said("d-3", external_id="d3", given_name="Deirdre"),
    )
    one, other, third = [(await house.one(external_id=f"d{n}")) for n in (1, 2, 3)]
    assert one["id"] == other["id"]
    records = one["record_ids"]
    await decide(house, "apart", *records, together=False)
    told = await house.get(f"/v1/profiles/{records[0]}/explain")
    (pair,) = [link for link in told["not_links"] if link["decided"]]
    assert pair["code"] == "held_apart"
    assert pair["decided"] == {
        "together": False, "actor": "user:ada", "reason": "Ann Rivers wrote to us", "at": "2026-11-22T12:00:00Z",
    }  # fmt: skip
    masked = await house.get(f"/v1/profiles/{records[0]}/explain", scopes=["profiles:read"])
    assert [link["decided"]["reason"] for link in masked["not_links"] if link["decided"]] == [None]
    await decide(house, "together", records[0], third["id"], together=True)
    told = await house.get(f"/v1/profiles/{third['id']}/explain")
    (link,) = told["links"]
    assert (link["kind"], link["holds"], link["decided"]["together"]) == ("by_hand", True, True)
    assert told["summary"] == "2 records are one person, linked by a decision by hand."


async def test_neighbours_see_nothing(house: House) -> None:
    await house.send(said("n-1", external_id="n1", given_name="Nia"))
    nia = await house.one(external_id="n1")
    key = await house.key("*", workspace_id=house.neighbour())
    assert_error(await house.call("GET", f"/v1/profiles/{nia['id']}/explain", key=key), 404)


async def test_a_profile_of_hundreds_of_records_is_explained_within_bounds(house: House) -> None:
    count = RECORDS_MAX + 5
    for start in range(0, count, 100):
        await house.send(
            *(
                said(
                    f"m-{n}",
                    external_id=f"m{n}",
                    loyalty_card="LM",
                    given_name="Mo",
                    at=NOW - timedelta(days=9),
                )
                for n in range(start, min(count, start + 100))
            )
        )
    mo = await house.one(external_id="m0")
    told = await house.get(f"/v1/profiles/{mo['id']}/explain")
    assert (told["records_total"], len(told["records"])) == (count, RECORDS_MAX)
    assert sum(link["holds"] for link in told["links"]) == RECORDS_MAX - 1
    assert len(told["links"]) <= RECORDS_MAX + LINKS_MAX
    assert (told["up_to_date"], told["splits"]) == (None, [])
