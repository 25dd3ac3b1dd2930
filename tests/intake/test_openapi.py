"""The doors in the OpenAPI document."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from litestar import Litestar, get
from litestar.openapi.config import OpenAPIConfig
from msgspec import Struct

from regulars.intake.describe import add_doors
from regulars.intake.segment import BATCH_PATHS, CALL_PATHS


class Line(Struct):
    """A class of the rest of the program whose name the doors use too."""

    other: int


@get("/v1/lines")
async def lines() -> list[Line]:
    return []


def document() -> dict[str, Any]:
    app = Litestar([lines], openapi_config=OpenAPIConfig(title="Test", version="1"))
    return add_doors(app.openapi_schema.to_schema())


def references(value: Any) -> set[str]:
    if isinstance(value, dict):
        own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
        return own.union(*(references(item) for item in value.values()))
    return set().union(*(references(item) for item in value)) if isinstance(value, list) else set()


def test_every_door_is_described_with_what_it_takes_and_answers() -> None:
    paths = document()["paths"]
    long_forms = {path for path in CALL_PATHS if len(path) > len("/v1/x")}
    assert {
        "/v1/events",
        "/hooks/{source}",
        "/v1/projects/{key}/settings",
        BATCH_PATHS[0],
        *long_forms,
    } <= set(paths)
    for path in (*long_forms, "/v1/batch", "/v1/events"):
        operation = paths[path]["post"]
        assert operation["requestBody"]["content"]["application/json"]["schema"]
        assert {"200", "400", "401", "403", "413", "429", "503"} <= set(operation["responses"])
    one, many = paths["/v1/events"]["post"]["requestBody"]["content"]["application/json"]["schema"]["oneOf"]
    assert (one["$ref"].rpartition("/")[2], many["$ref"].rpartition("/")[2]) == ("Event", "EventBatch")


def test_every_reference_leads_somewhere_and_operations_have_names_of_their_own() -> None:
    made = document()
    schemas = made["components"]["schemas"]
    assert {reference.removeprefix("#/components/schemas/") for reference in references(made)} <= set(schemas)
    ids = [
        operation["operationId"]
        for path in made["paths"].values()
        for operation in path.values()
        if "operationId" in operation
    ]
    assert len(ids) == len(set(ids))


def test_a_name_that_is_taken_is_left_to_its_owner() -> None:
    schemas = document()["components"]["schemas"]
    assert set(schemas["Line"]["properties"]) == {"other"}
    assert "quantity" in schemas["IncomingLine"]["properties"]
    sale = schemas["Sale"]["properties"]["lines"]
    assert sale["items"] == {"$ref": "#/components/schemas/IncomingLine"}


def test_a_schema_that_is_there_already_is_not_said_twice() -> None:
    once = add_doors({})
    again = add_doors(once)
    assert again["components"]["schemas"].keys() == once["components"]["schemas"].keys()


def test_a_schema_that_leads_to_another_one_is_another_one() -> None:
    whole = document()["components"]["schemas"]
    taken = {name: whole[name] for name in ("Cart", "Tender")}
    lines = {"Line": {"title": "Line", "type": "object", "properties": {}}}
    cart = msgspec.json.decode(msgspec.json.encode(taken["Cart"]).replace(b"IncomingLine", b"Line"))
    given = {"components": {"schemas": {**lines, **taken, "Cart": cart}}}
    schemas = add_doors(given)["components"]["schemas"]
    assert schemas["Event"]["properties"]["cart"]["anyOf"][0] == {"$ref": "#/components/schemas/IncomingCart"}
    assert schemas["IncomingCart"]["properties"]["lines"]["items"]["$ref"].endswith("/IncomingLine")
    assert "IncomingTender" not in schemas


def test_the_document_it_is_given_stays_as_it_was() -> None:
    given = {"openapi": "3.1.0", "info": {"title": "Test", "version": "1"}}
    before = json.dumps(given)
    add_doors(given)
    assert json.dumps(given) == before
