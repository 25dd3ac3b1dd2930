"""Only what the vendor signed comes in, and it is refused before a byte of it is read."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.connectors import connectors, signatures
from regulars.vocabulary.connector import SourceConfig, WebhookRequest
from regulars.vocabulary.errors import BadCredentials

from . import cases

VENDORS = sorted(connectors())
BODY = b'{"a":"\xc3\xa9"}'
NOT_JSON = b"\xff\x00{"


def verify(vendor: str, request: WebhookRequest, source: SourceConfig | None = None) -> None:
    cases.connector(vendor).verify(request, source or cases.config(vendor))


def header(vendor: str, request: WebhookRequest, value: str) -> WebhookRequest:
    """The same delivery with another signature."""
    headers = {**request.headers, cases.SCHEMES[vendor].header: value}
    return msgspec.structs.replace(request, headers=headers)


def test_square_signs_its_url_and_the_body_and_shopify_the_body_alone() -> None:
    def mac(key: bytes, message: bytes) -> str:
        return base64.b64encode(hmac.new(key, message, hashlib.sha256).digest()).decode()

    square = WebhookRequest(cases.URL, {}, BODY, cases.RECEIVED_AT)
    verify("square", header("square", square, mac(b"k1", cases.URL.encode() + BODY)))
    verify("shopify", header("shopify", square, mac(b"s1", BODY)))
    with pytest.raises(BadCredentials):
        verify("square", header("square", square, mac(b"k1", BODY)))


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_signed_delivery_is_taken_even_when_it_is_not_json(vendor: str) -> None:
    verify(vendor, cases.signed(vendor, NOT_JSON, {}, cases.config(vendor)))


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_delivery_without_signature_is_refused(vendor: str) -> None:
    with pytest.raises(BadCredentials):
        verify(vendor, WebhookRequest(cases.URL, {}, BODY, cases.RECEIVED_AT))
    with pytest.raises(BadCredentials):
        verify(vendor, WebhookRequest(cases.URL, {cases.SCHEMES[vendor].header: ""}, BODY, cases.RECEIVED_AT))


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_body_changed_by_a_byte_is_refused(vendor: str) -> None:
    good = cases.signed(vendor, BODY, {}, cases.config(vendor))
    for body in (BODY + b" ", BODY[:-1], BODY.replace(b"a", b"b"), b""):
        with pytest.raises(BadCredentials):
            verify(vendor, msgspec.structs.replace(good, body=body))


@pytest.mark.parametrize("vendor", VENDORS)
def test_another_secret_is_refused(vendor: str) -> None:
    scheme = cases.SCHEMES[vendor]
    other = SourceConfig("till", {}, {scheme.secret: "other"})
    with pytest.raises(BadCredentials):
        verify(vendor, cases.signed(vendor, BODY, {}, other))


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_source_without_secret_takes_nothing(vendor: str) -> None:
    scheme = cases.SCHEMES[vendor]
    for secrets in ({}, {scheme.secret: ""}):
        unset = SourceConfig("till", {}, secrets)
        keyless = signatures.signature(scheme, "", BODY if vendor == "shopify" else cases.URL.encode() + BODY)
        request = WebhookRequest(cases.URL, {scheme.header: keyless}, BODY, cases.RECEIVED_AT)
        with pytest.raises(BadCredentials):
            verify(vendor, request, unset)


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_signature_header_given_twice_is_refused(vendor: str) -> None:
    good = cases.signed(vendor, BODY, {}, cases.config(vendor))
    value = good.headers[cases.SCHEMES[vendor].header]
    for twice in (f"{value}, {value}", f"{value},{value}", f"x, {value}", f"{value} "):
        with pytest.raises(BadCredentials):
            verify(vendor, header(vendor, good, twice))


@pytest.mark.parametrize("vendor", VENDORS)
@given(value=st.text())
def test_no_other_text_is_a_signature(vendor: str, value: str) -> None:
    good = cases.signed(vendor, BODY, {}, cases.config(vendor))
    if value != good.headers[cases.SCHEMES[vendor].header]:
        with pytest.raises(BadCredentials):
            verify(vendor, header(vendor, good, value))


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_key_being_replaced_is_taken_beside_the_new_one(vendor: str) -> None:
    scheme = cases.SCHEMES[vendor]
    both = SourceConfig("till", {}, {scheme.secret: "new", scheme.secret + signatures.PREVIOUS: "old"})
    for key in ("new", "old"):
        verify(vendor, cases.signed(vendor, BODY, {}, SourceConfig("till", {}, {scheme.secret: key})), both)
    third = SourceConfig("till", {}, {scheme.secret: "third"})
    with pytest.raises(BadCredentials):
        verify(vendor, cases.signed(vendor, BODY, {}, third), both)


def test_the_registered_url_counts_and_not_the_one_a_proxy_made_of_it() -> None:
    source = cases.config("square", {"notification_url": "https://shop.example/hooks/till"})
    request = cases.signed("square", BODY, {}, source)
    assert request.url == cases.URL
    verify("square", request, source)
    with pytest.raises(BadCredentials):
        verify("square", request, cases.config("square"))


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_repeat_within_72_hours_is_taken_and_a_later_one_is_stale(vendor: str) -> None:
    first = cases.SCHEMES[vendor].first_try_header
    assert first is not None

    def told(age: timedelta) -> WebhookRequest:
        moment = (cases.RECEIVED_AT - age).isoformat()
        return cases.signed(vendor, BODY, {first: moment}, cases.config(vendor))

    for age in (timedelta(0), timedelta(minutes=6), timedelta(hours=72), timedelta(minutes=-20)):
        verify(vendor, told(age))
    with pytest.raises(BadCredentials) as caught:
        verify(vendor, told(timedelta(hours=74)))
    assert caught.value.code == "stale_delivery"


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_time_that_cannot_be_read_does_not_stop_a_signed_delivery(vendor: str) -> None:
    first = cases.SCHEMES[vendor].first_try_header
    assert first is not None
    for text in ("", "yesterday", "1795342530", "2026-11-22T10:15:30.123456789Z", "2026-11-22T10:15:30"):
        verify(vendor, cases.signed(vendor, BODY, {first: text}, cases.config(vendor)))


def test_a_hex_signature_with_a_prefix_is_one_line_of_the_table() -> None:
    scheme = signatures.Scheme(
        header="x-hub-signature-256",
        secret="app_secret",
        encoding="hex",
        signed=lambda request, config: request.body,
        prefix="sha256=",
    )
    source = SourceConfig("chat", {}, {"app_secret": "key"})
    value = "sha256=" + hmac.new(b"key", BODY, hashlib.sha256).hexdigest()
    signatures.verify(scheme, WebhookRequest("", {scheme.header: value}, BODY, cases.RECEIVED_AT), source)
    bare = WebhookRequest("", {scheme.header: value.removeprefix("sha256=")}, BODY, cases.RECEIVED_AT)
    with pytest.raises(BadCredentials):
        signatures.verify(scheme, bare, source)
