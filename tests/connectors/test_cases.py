"""Every connector on its own cases: what each payload means, and what all of them must keep to."""

from __future__ import annotations

from itertools import pairwise

import msgspec
import pytest

from regulars.connectors import connectors
from regulars.vocabulary.connector import Request
from regulars.vocabulary.errors import BadPayload
from regulars.vocabulary.events import CUSTOM_PREFIX, TELL, TYPES, Event

from . import cases

CARD_DETAILS = (b"411111", b"1111", b"2030", b"Bob", b"wage")


@pytest.mark.parametrize(("vendor", "name"), cases.every_case())
def test_a_payload_means_what_its_case_says(vendor: str, name: str) -> None:
    case = cases.load(vendor, name)
    assert len(case.about.split()) > 1, "a case says what it is about"
    assert cases.outcome(vendor, case) == case.expect


@pytest.mark.parametrize("vendor", sorted(connectors()))
def test_a_connector_brings_bad_payloads_and_a_rate_limit(vendor: str) -> None:
    expected = [cases.load(vendor, name).expect for name in cases.names(vendor)]
    errors = {told.get("error") for told in expected}
    assert {"bad_payload", "vendor_busy", "bad_credentials", "vendor_refused"} <= errors
    assert len(expected) > 20


@pytest.mark.parametrize(("vendor", "name"), cases.every_case())
def test_a_repeated_delivery_gives_the_same_ids_each_once(vendor: str, name: str) -> None:
    case = cases.load(vendor, name)
    if "error" in case.expect:
        return
    read = cases.delivered if case.fetch is None else cases.fetched
    first, second = read(vendor, case), read(vendor, case)
    assert first == second
    ids = [event.id for event in first]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize(("vendor", "name"), cases.every_case())
def test_events_keep_to_the_public_contract(vendor: str, name: str) -> None:
    case = cases.load(vendor, name)
    for told in case.expect.get("events", []):
        event = msgspec.convert(told, Event)
        assert event.type in TYPES or event.type.startswith(CUSTOM_PREFIX)
        asks = any(fetch.kind != TELL for fetch in event.fetches)
        assert (event.type == "source.noticed") == asks
        assert (event.type.startswith("sale.")) == (event.sale is not None)
        assert event.sale is None or event.sale.receipt_unique
        assert not any(part in msgspec.json.encode(told) for part in CARD_DETAILS), "card or pay details"


@pytest.mark.parametrize(("vendor", "name"), cases.every_case())
def test_a_noticed_message_can_be_fetched(vendor: str, name: str) -> None:
    case = cases.load(vendor, name)
    for told in case.expect.get("events", []):
        for fetch in msgspec.convert(told, Event).fetches:
            if fetch.kind == TELL:
                continue  # asks the vendor nothing
            first = cases.connector(vendor).fetch(fetch, cases.config(vendor), [])
            assert isinstance(first, Request)


@pytest.mark.parametrize(("vendor", "name"), cases.every_case())
def test_a_refused_payload_is_explained_without_its_values(vendor: str, name: str) -> None:
    case = cases.load(vendor, name)
    if case.expect.get("error") != "bad_payload" or case.fetch is not None:
        return
    with pytest.raises(BadPayload) as caught:
        cases.delivered(vendor, case)
    for value in ("jane", "Doe", "1 High St", "22.50", "twenty", "28.485"):
        assert value not in caught.value.message


@pytest.mark.parametrize(("vendor", "name"), cases.every_case())
def test_calls_carry_the_token_in_a_header_and_nowhere_else(vendor: str, name: str) -> None:
    case = cases.load(vendor, name)
    if case.fetch is None:
        return
    seen: list[Request] = []
    try:
        cases.fetched(vendor, case, seen)
    except Exception:  # noqa: BLE001 - how it ends is another test's business
        assert "error" in case.expect
    for request in seen:
        assert any(cases.SECRETS["access_token"] in value for value in request.headers.values())
        assert cases.SECRETS["access_token"] not in request.url
        assert cases.SECRETS["access_token"].encode() not in request.body


def test_versions_of_a_sale_rise_with_the_order_and_once_more_when_the_buyer_is_known() -> None:
    case = cases.load("square", "fetch_order_sale")
    order = case.exchange[0]["response"]["body"]["order"]
    versions = []
    for own, buyer in ((3, None), (3, "CUST-1"), (4, None), (4, "CUST-1")):
        order["version"], order["customer_id"] = own, buyer
        bare = {**order, "tenders": [], "line_items": []}
        steps = [{**case.exchange[0], "response": cases_answer({"order": bare})}]
        steps += [{**case.exchange[2]}] if buyer else []
        [event] = cases.fetched("square", msgspec.structs.replace(case, exchange=steps))
        assert event.sale is not None
        assert event.id == f"order:ORDER-1:{event.sale.version}"
        versions.append(event.sale.version)
    assert all(before < after for before, after in pairwise(versions))


def cases_answer(body: object) -> dict[str, object]:
    """A plain answer."""
    return {"status": 200, "headers": {}, "body": body}
