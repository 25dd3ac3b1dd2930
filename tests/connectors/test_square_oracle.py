"""Square's own OpenAPI description judges every call we make and every answer our cases make up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from openapi_core import Config, OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.exceptions import OpenAPIError
from werkzeug.datastructures import Headers

from regulars.vocabulary.connector import Request, Response

from . import cases
from .vendor_files import packed_json

HOST = "https://connect.squareup.com"
TOKEN = {"authorization": "Bearer token"}


class Asked:
    """A call in the words of the judge."""

    def __init__(self, request: Request) -> None:
        parts = urlsplit(request.url)
        self.host_url = f"{parts.scheme}://{parts.netloc}"
        self.path = parts.path
        self.method = request.method.lower()
        self.body = request.body or None
        self.content_type = request.headers.get("content-type", "application/json")
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        self.parameters = RequestParameters(query=query, header=Headers(dict(request.headers)))


class Answered:
    """An answer in the words of the judge."""

    def __init__(self, response: Response) -> None:
        self.data = response.body
        self.status_code = response.status
        self.content_type = "application/json"
        self.headers: Mapping[str, Any] = {}


@pytest.fixture(scope="module")
def judge() -> OpenAPI:
    description = packed_json("square", "openapi.subset.json.gz")
    components = description["components"]
    # The judge knows no OAuth: a bearer token is what OAuth comes to in a call.
    schemes = {**components["securitySchemes"], "oauth2": {"type": "http", "scheme": "bearer"}}
    description = {**description, "components": {**components, "securitySchemes": schemes}}
    # The document breaks a formal rule of OpenAPI itself, so only what it says of calls is used.
    return OpenAPI.from_dict(description, config=Config(spec_validator_cls=None))


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
