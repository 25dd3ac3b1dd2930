"""Every connector keeps to the contract; built-ins are found like anybody else's."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

import regulars.connectors as registry
from regulars.connectors import BUILT_IN, GROUP, connectors
from regulars.vocabulary.connector import Connector, Request, Response
from regulars.vocabulary.errors import BadCredentials, BadPayload, VendorBusy, VendorRefused
from regulars.vocabulary.events import Fetch

from . import cases

VENDORS = sorted(connectors())
FIRST_FETCH = {"square": Fetch("order", "ORDER-1"), "shopify": Fetch("order", "5001")}


@pytest.fixture
def _fresh() -> Iterator[None]:
    registry.connectors.cache_clear()
    yield
    registry.connectors.cache_clear()


def test_the_package_names_its_connectors_as_the_code_does() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["entry-points"][GROUP] == dict(BUILT_IN)


@pytest.mark.usefixtures("_fresh")
def test_an_installed_connector_is_found_and_may_replace_a_built_in(monkeypatch: pytest.MonkeyPatch) -> None:
    target = "regulars.connectors.square:CONNECTOR"
    entries = [EntryPoint("house", target, GROUP), EntryPoint("shopify", target, GROUP)]
    monkeypatch.setattr(registry, "entry_points", lambda group: entries if group == GROUP else [])
    assert sorted(connectors()) == ["house", "shopify", "square"]
    assert cases.connector("house").name == cases.connector("shopify").name == "square"


@pytest.mark.usefixtures("_fresh")
def test_built_ins_are_there_without_metadata(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "entry_points", lambda group: [])
    assert sorted(connectors()) == ["shopify", "square"]


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_connector_says_what_it_needs_and_how_far_it_was_tried(vendor: str) -> None:
    found: Connector = cases.connector(vendor)
    assert found.name == vendor
    assert found.title
    names = [setting.name for setting in found.settings]
    assert len(set(names)) == len(names)
    secret = {setting.name for setting in found.settings if setting.secret and setting.required}
    assert {cases.SCHEMES[vendor].secret, "access_token"} == secret
    assert all(setting.help for setting in found.settings)
    assert "by hand" in found.privacy_note
    assert found.tested.startswith("Contract-tested")
    assert "Not yet" in found.tested
    assert found.receipts_never_reset


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_source_can_be_pointed_at_another_address(vendor: str) -> None:
    source = cases.config(vendor, {"base_url": "http://127.0.0.1:9/"})
    requests = [
        cases.connector(vendor).probe(source),
        *cases.connector(vendor).forget(["1", "2"], source),
        cases.connector(vendor).fetch(FIRST_FETCH[vendor], source, []),
    ]
    assert len(requests) == 4
    for request in requests:
        assert isinstance(request, Request)
        assert request.url.startswith("http://127.0.0.1:9/")
        assert "//" not in request.url.removeprefix("http://")


@pytest.mark.parametrize("vendor", VENDORS)
def test_nobody_is_forgotten_when_nobody_is_named(vendor: str) -> None:
    assert cases.connector(vendor).forget([], cases.config(vendor)) == []


def test_a_customer_that_square_no_longer_has_is_forgotten() -> None:
    [deletion] = cases.connector("square").forget(["CUST/1"], cases.config("square"))
    assert (deletion.method, deletion.url) == ("DELETE", "https://connect.squareup.com/v2/customers/CUST%2F1")
    cases.connector("square").check(deletion, Response(404, {}, b"{}"))
    with pytest.raises(VendorRefused):
        cases.connector("square").check(
            cases.connector("square").probe(cases.config("square")), Response(404, {}, b"{}")
        )


def test_shopify_refuses_an_erasure_with_status_200() -> None:
    [erasure] = cases.connector("shopify").forget(["7"], cases.config("shopify"))
    check = cases.connector("shopify").check
    answer = b'{"data":{"customerRequestDataErasure":{"customerId":null,"userErrors":[{"code":"%s"}]}}}'
    check(erasure, Response(200, {}, b'{"data":{"customerRequestDataErasure":{"userErrors":[]}}}'))
    check(erasure, Response(200, {}, answer % b"DOES_NOT_EXIST"))
    with pytest.raises(VendorRefused, match="FAILED_TO_REQUEST"):
        check(erasure, Response(200, {}, answer % b"FAILED_TO_REQUEST"))


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, BadCredentials),
        (403, BadCredentials),
        (404, VendorRefused),
        (400, VendorRefused),
        (302, VendorRefused),
        (408, VendorBusy),
        (429, VendorBusy),
        (500, VendorBusy),
        (503, VendorBusy),
    ],
)
def test_a_status_means_one_of_the_four_vendor_errors(
    vendor: str, status: int, error: type[Exception]
) -> None:
    with pytest.raises(error):
        cases.connector(vendor).fetch(FIRST_FETCH[vendor], cases.config(vendor), [Response(status, {}, b"")])


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize(
    ("told", "seconds"),
    [("7", 7), ("0", 1), ("99999999", 3600), ("Wed, 21 Oct 2026 07:28:00 GMT", 30), ("-4", 30)],
)
def test_a_busy_vendor_says_when_to_come_back_within_bounds(vendor: str, told: str, seconds: int) -> None:
    with pytest.raises(VendorBusy) as caught:
        response = Response(429, {"retry-after": told}, b"")
        cases.connector(vendor).fetch(FIRST_FETCH[vendor], cases.config(vendor), [response])
    assert caught.value.retry_after_seconds == seconds


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_reference_cannot_lead_a_call_elsewhere(vendor: str) -> None:
    for reference in ("../../oauth2/revoke", "1?x=1", "1#", "a/b", 'x"}'):
        try:
            request = cases.connector(vendor).fetch(Fetch("order", reference), cases.config(vendor), [])
        except BadPayload:
            continue
        assert isinstance(request, Request)
        assert request.url.startswith("https://connect.squareup.com/v2/orders/")
        assert not {"?", "#", "/"} & set(request.url.removeprefix("https://connect.squareup.com/v2/orders/"))
