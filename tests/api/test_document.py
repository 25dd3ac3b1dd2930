"""What the OpenAPI document says of what is answered."""

from __future__ import annotations

from typing import Any

from tests.api.house import DOCUMENT

SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]


def test_every_time_is_said_to_be_one() -> None:
    times = {
        f"{name}.{field}": part
        for name, schema in SCHEMAS.items()
        for field, shape in schema.get("properties", {}).items()
        for part in shape.get("anyOf", [shape])
        if field.endswith("_at") and part.get("type") == "string"
    }
    assert "Profile" in SCHEMAS
    assert {"ProfileMetrics.first_purchase_at", "TimelineEntry.occurred_at"} <= set(times)
    assert [name for name, part in times.items() if part.get("format") != "date-time"] == []


def test_a_text_that_is_no_time_is_not_said_to_be_one() -> None:
    assert "format" not in SCHEMAS["Profile"]["properties"]["id"]
    assert SCHEMAS["AuditVerdict"]["properties"]["broken_at"]["anyOf"][0] == {"type": "integer"}
