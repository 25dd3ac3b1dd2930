"""Square's own OpenAPI description judges every call we make and every answer our cases make up."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from openapi_core import OpenAPI
from openapi_core.exceptions import OpenAPIError

from regulars.vocabulary.connector import Request, Response

from . import cases
from .judges import Answered, Asked, square_judge

HOST = "https://connect.squareup.com"
TOKEN = {"authorization": "Bearer token"}


@pytest.fixture(scope="module")
def judge() -> OpenAPI:
    return square_judge()


def fetches() -> list[str]:
    """Cases that call Square with a reference that Square could have given."""
    found = []
    for name in cases.names("square"):
        case = cases.load("square", name)
        if case.exchange and "%" not in case.exchange[0]["request"]["path"]:
            found.append(name)
    return found


@pytest.mark.parametrize("name", fetches())
def test_square_accepts_every_call_of_a_fetch(name: str, judge: OpenAPI) -> None:
    case, seen = cases.load("square", name), list[Request]()
    try:
        cases.fetched("square", case, seen)
    except Exception:  # noqa: BLE001 - how it ends is another test's business
        assert "error" in case.expect
    assert len(seen) == len(case.exchange)
    for request in seen:
        judge.validate_request(Asked(request))


@pytest.mark.parametrize("name", fetches())
def test_square_could_have_given_every_answer_our_cases_make_up(name: str, judge: OpenAPI) -> None:
    case, seen = cases.load("square", name), list[Request]()
    try:
        cases.fetched("square", case, seen)
    except Exception:  # noqa: BLE001 - how it ends is another test's business
        assert "error" in case.expect
    for request, step in zip(seen, case.exchange, strict=True):
        response = cases.response_of(step["response"])
        if response.status == 200 and step["response"].get("body") is not None:
            judge.validate_response(Asked(request), Answered(response))


def test_square_accepts_the_probe_and_the_deletion(judge: OpenAPI) -> None:
    source = cases.config("square")
    for request in (
        cases.connector("square").probe(source),
        *cases.connector("square").forget(["CUST-1"], source),
    ):
        judge.validate_request(Asked(request))


@pytest.mark.parametrize(
    ("path", "document"),
    [
        ("/v2/catalog/batch-retrieve", {"include_related_objects": True}),
        ("/v2/catalog/batch-retrieve", {"object_ids": "VAR-1"}),
        ("/v2/catalog/search", {"object_types": ["PRODUCT"]}),
        ("/v2/catalog/search", {"limit": "1000"}),
        ("/v2/inventory/counts/batch-retrieve", {"catalog_object_ids": ["VAR-1"], "states": ["STOCKED"]}),
        ("/v2/orders/get", {}),
    ],
)
def test_the_judge_refuses_a_wrong_call(path: str, document: Any, judge: OpenAPI) -> None:
    headers = {**TOKEN, "content-type": "application/json"}
    request = Request("POST", HOST + path, headers, msgspec.json.encode(document))
    with pytest.raises(OpenAPIError):
        judge.validate_request(Asked(request))


@pytest.mark.parametrize(
    "request_",
    [
        Request("GET", HOST + "/v2/order/1", TOKEN),
        Request("PATCH", HOST + "/v2/customers/1", TOKEN),
        Request("GET", HOST + "/v2/orders/1", {}),
    ],
    ids=["path", "method", "token"],
)
def test_the_judge_refuses_a_call_it_does_not_know(request_: Request, judge: OpenAPI) -> None:
    with pytest.raises(OpenAPIError):
        judge.validate_request(Asked(request_))


@pytest.mark.parametrize(
    "order",
    [
        {"id": "1"},
        {"id": "1", "location_id": "L", "version": "2"},
        {"id": "1", "location_id": "L", "line_items": [{"name": "no quantity"}]},
        {"id": "1", "location_id": "L", "total_money": {"amount": "1.50", "currency": "GBP"}},
    ],
)
def test_the_judge_refuses_a_wrong_answer(order: Any, judge: OpenAPI) -> None:
    asked = Asked(Request("GET", HOST + "/v2/orders/1", TOKEN))
    with pytest.raises(OpenAPIError):
        judge.validate_response(asked, Answered(Response(200, {}, msgspec.json.encode({"order": order}))))
