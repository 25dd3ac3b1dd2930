"""Groups and methods by the one rule, also for routes that do not exist yet."""

from __future__ import annotations

from typing import Any

import pytest

from scripts.client_code.document import routes

OPERATIONS = {
    "GET /v1/segments": ("list_segments", "client.segments.list"),
    "POST /v1/segments": ("add_segment", "client.segments.add"),
    "GET /v1/segments/{id}": ("show_segment", "client.segments.show"),
    "DELETE /v1/segments/{id}": ("remove_segment", "client.segments.remove"),
    "POST /v1/segments/{id}/sign-out": ("end_it", "client.segments.sign_out"),
    "GET /v1/segments/{id}/members": ("list_members", "client.segments.members"),
    "POST /v1/segments/{id}/members": ("add_member", "client.segments.add_members"),
    "PUT /v1/segments/{id}/role": ("put_role", "client.segments.put_role"),
    "POST /v1/sales/{id}/replay": ("replay_one", "client.sales.replay"),
    "POST /v1/sales:replay": ("replay_all", "client.sales.replay_many"),
    "GET /v1/reports/stores": ("stores", "client.reports.stores"),
    "POST /v1/files/import": ("take", "client.files.import_"),
    "POST /hooks/{source}": ("receive_it", "client.hooks.receive"),
    "GET /openapi.json": ("openapi_json", "client.health.openapi_json"),
}


def described(operations: dict[str, str]) -> dict[str, Any]:
    """A document with these operations and their ids."""
    paths: dict[str, Any] = {}
    for route, name in operations.items():
        method, path = route.split()
        tag = "Health" if path == "/openapi.json" else "Things"
        paths.setdefault(path, {})[method.lower()] = {"operationId": name, "tags": [tag], "responses": {}}
    return {"paths": paths}


def test_names_follow_from_method_path_and_the_first_word_of_the_id() -> None:
    found = routes(described({route: name for route, (name, _) in OPERATIONS.items()}))
    named = {f"{one.method} {one.path}": one.call for one in found}
    assert named == {route: call for route, (_, call) in OPERATIONS.items()}


def test_routes_that_cannot_be_told_apart_are_named() -> None:
    two = {"GET /v1/things/deed": "deed_it", "GET /v1/things:deed": "deed_too"}
    with pytest.raises(ValueError, match="GET /v1/things:deed"):
        routes(described(two))
