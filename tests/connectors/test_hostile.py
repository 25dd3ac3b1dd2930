"""A vendor gone wrong: whatever a signed body holds, it is understood or refused, and never a crash."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from functools import cache
from typing import Any, TypeVar

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regulars.vocabulary.connector import Request, Response, WebhookRequest
from regulars.vocabulary.errors import BadCredentials, BadPayload, VendorBusy, VendorRefused
from regulars.vocabulary.events import Event, Fetch

from . import cases
from .test_shopify_samples import TOPICS
from .vendor_files import samples

T = TypeVar("T")
MUTATE = settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
STRANGE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**40), 10**40),
    st.sampled_from(
        [0, -1, 2**53, 2**63, 2**64, 10**30, 1e308, -0.0, 5e-324, "NaN", "Infinity", "-1e999999"]
    ),
    st.sampled_from(["", " ", "\0", "é\U0001f600", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"]),
    st.text(max_size=5),
    st.text("0123456789.-+eE", max_size=30),
    st.just("x" * 5_000),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.sampled_from(["id", "amount", "nodes", "state"]), st.integers(), max_size=2),
)


def places(document: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value of a document."""
    if way:
        yield way
    inner = document.items() if isinstance(document, dict) else enumerate(document)
    for name, value in inner:
        if isinstance(value, (dict, list)):
            yield from places(value, (*way, name))
        else:
            yield (*way, name)


def spoiled(document: Any, data: st.DataObject) -> Any:
    """A copy with up to three values replaced, removed or doubled."""
    changed = copy.deepcopy(document)
    for _time in range(data.draw(st.integers(1, 3))):
        ways = list(places(changed))
        if not ways:
            return changed
        way = ways[data.draw(st.integers(0, len(ways) - 1))]
        holder = changed
        for step in way[:-1]:
            holder = holder[step]
        match data.draw(st.sampled_from(["replace", "replace", "replace", "remove", "double"])):
            case "replace":
                holder[way[-1]] = copy.deepcopy(data.draw(STRANGE))
            case "remove":
                del holder[way[-1]]
            case "double" if isinstance(holder, list):
                holder.append(copy.deepcopy(holder[way[-1]]))
    return changed


@cache
def webhooks(vendor: str) -> list[tuple[dict[str, str], Any]]:
    """Headers and bodies of the cases and, where they are there, of the vendor's own samples."""
    found = []
    for name in cases.names(vendor):
        case = cases.load(vendor, name)
        if isinstance(case.body, dict):
            found.append((case.headers, case.body))
    return found


@cache
def theirs(vendor: str) -> list[tuple[dict[str, str], Any]]:
    """The vendor's own samples."""
    if vendor == "square":
        return [({}, msgspec.json.decode(body)) for body in samples("square", "webhooks").values()]
    told = samples("shopify", "samples_2026-01")
    return [({"x-shopify-topic": TOPICS[name]}, msgspec.json.decode(body)) for name, body in told.items()]


@cache
def fetches(vendor: str) -> list[cases.Case]:
    """The cases that ask the vendor."""
    known = [cases.load(vendor, name) for name in cases.names(vendor)]
    return [case for case in known if case.exchange]


def pick(choices: list[T], data: st.DataObject) -> T:
    """One of them, without describing all of them to the shrinker."""
    return choices[data.draw(st.integers(0, len(choices) - 1))]


def survives(vendor: str, headers: dict[str, str], body: bytes) -> None:
    """The body gives valid events, or BadPayload that does not quote it."""
    request = WebhookRequest(cases.URL, headers, body, cases.RECEIVED_AT)
    try:
        events = cases.connector(vendor).parse(request, cases.config(vendor))
    except BadPayload as error:
        if len(error.message) > 300:
            raise
        return
    again = msgspec.json.decode(msgspec.json.encode(events), type=list[Event])
    assert again == events
    for event in events:
        assert all(math.isfinite(line.quantity) for line in (event.sale.lines if event.sale else []))


@pytest.mark.parametrize("vendor", sorted(cases.SCHEMES))
@MUTATE
@given(data=st.data())
def test_a_spoiled_webhook_is_understood_or_refused(vendor: str, data: st.DataObject) -> None:
    headers, body = pick(webhooks(vendor), data)
    survives(vendor, headers, msgspec.json.encode(spoiled(body, data)))


@pytest.mark.parametrize("vendor", sorted(cases.SCHEMES))
@MUTATE
@given(data=st.data())
def test_a_spoiled_example_of_the_vendor_is_understood_or_refused(vendor: str, data: st.DataObject) -> None:
    headers, body = pick(theirs(vendor), data)
    survives(vendor, headers, msgspec.json.encode(spoiled(body, data)))


@pytest.mark.parametrize("vendor", sorted(cases.SCHEMES))
def test_a_body_cut_anywhere_is_refused(vendor: str) -> None:
    for headers, body in webhooks(vendor):
        text = msgspec.json.encode(body)
        for end in range(0, len(text), max(1, len(text) // 40)):
            request = WebhookRequest(cases.URL, headers, text[:end], cases.RECEIVED_AT)
            try:
                events = cases.connector(vendor).parse(request, cases.config(vendor))
            except BadPayload:
                continue
            assert all(event.type == "custom.shopify_app_uninstalled" for event in events), "no body is read"


@pytest.mark.parametrize("vendor", sorted(cases.SCHEMES))
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"7",
        b'"text"',
        b"\xff\xfe",
        b'{"type":"\xff"}',
        b'{"id":"\\ud800"}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"type":"customer.deleted","event_id":"1","data":{"object":' + b"[" * 100_000,
        b'{"id":1' + b"0" * 100_000 + b"}",
        b"{}{}",
        b'{"id":1e400}',
    ],
    ids=range(14),
)
def test_what_is_no_message_is_refused(vendor: str, body: bytes) -> None:
    request = WebhookRequest(cases.URL, {"x-shopify-topic": "orders/create"}, body, cases.RECEIVED_AT)
    with pytest.raises(BadPayload):
        cases.connector(vendor).parse(request, cases.config(vendor))


@pytest.mark.parametrize("vendor", sorted(cases.SCHEMES))
@MUTATE
@given(data=st.data())
def test_a_spoiled_answer_gives_events_a_next_call_or_a_vendor_error(
    vendor: str, data: st.DataObject
) -> None:
    case = pick(fetches(vendor), data)
    assert case.fetch is not None
    told = [step["response"] for step in case.exchange]
    spoil = data.draw(st.integers(0, len(told) - 1))
    responses = [
        Response(
            one["status"], {}, msgspec.json.encode(spoiled(one["body"], data) if n == spoil else one["body"])
        )
        for n, one in enumerate(told[: spoil + 1])
        if isinstance(one.get("body"), dict)
    ]
    try:
        outcome = cases.connector(vendor).fetch(case.fetch, cases.config(vendor), responses)
    except (BadPayload, BadCredentials, VendorBusy, VendorRefused):
        return
    if isinstance(outcome, list):
        assert msgspec.json.decode(msgspec.json.encode(outcome), type=list[Event]) == outcome
        return
    assert isinstance(outcome, Request)
    assert outcome.url.startswith(
        ("https://connect.squareup.com/v2/", "https://example.myshopify.com/admin/api/")
    )
    assert not any("\n" in value or "\r" in value for value in outcome.headers.values())


@pytest.mark.parametrize("vendor", sorted(cases.SCHEMES))
@MUTATE
@given(
    kind=st.sampled_from(["order", "refund", "customer", "product", "stock", "catalog", "location", "other"]),
    reference=st.text(min_size=1, max_size=40),
    version=st.integers(-(2**70), 2**70),
)
def test_a_strange_reference_is_asked_for_safely_or_refused(
    vendor: str, kind: str, reference: str, version: int
) -> None:
    try:
        outcome = cases.connector(vendor).fetch(Fetch(kind, reference, version), cases.config(vendor), [])
    except BadPayload:
        return
    assert isinstance(outcome, Request)
    assert outcome.url.isascii()
    assert outcome.url.isprintable()
    assert " " not in outcome.url
