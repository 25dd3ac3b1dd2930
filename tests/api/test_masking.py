"""A key without pii:read never sees a name, a contact or a card in clear, wherever it looks."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.api.house import NOW, House, said, sale

pytestmark = pytest.mark.anyio

SECRETS = (
    "Cassandra", "Quillfeather", "cassandra.q@example.com", "Cassandra.Q", "7946 0555", "79460555", "L-998877",
    "1990-02-01", "Mill Lane", "web-cassie", "tok_cassie", "quillfeather",
)  # fmt: skip
CUSTOMER = {
    "external_id": "web-cassie", "loyalty_card": "L-998877", "email": "Cassandra.Q@example.com",
    "phone": "+44 20 7946 0555", "given_name": "Cassandra", "family_name": "Quillfeather", "birth_date": "1990-02-01",
    "address": {"line1": "1 Mill Lane"}, "payment_token": "tok_cassie",
}  # fmt: skip


@pytest.fixture(scope="module")
async def profile_id(house: House) -> str:
    await house.send(
        said("c-1", **CUSTOMER),
        said("c-2", external_id="other", email="cassandra.q@example.com", given_name="Quentin"),
        sale("R-1", customer=CUSTOMER, properties={"note": "for Cassandra Quillfeather"}, remark="Cassandra was here"),
        {**sale("R-2", at=NOW - timedelta(days=2)), "id": "cassandra.q@example.com/2", "customer": CUSTOMER},
        {
            "id": "c-3", "type": "consent.given", "occurred_at": (NOW - timedelta(hours=1)).isoformat(),
            "customer": CUSTOMER, "consent": {"channel": "email", "address": "cassandra.q@example.com"},
        },
        {
            "id": "s-1", "type": "staff.updated", "occurred_at": NOW.isoformat(),
            "staff_details": {"code": "s-1", "given_name": "Cassandra", "email": "cassandra.q@example.com"},
        },
        {"id": "bad", "type": "nonsense", "occurred_at": NOW.isoformat(), "customer": CUSTOMER},
    )  # fmt: skip
    return str((await house.one(loyalty_card="L-998877"))["id"])


@pytest.mark.parametrize(
    "path",
    [
        "/v1/profiles?email=cassandra.q%40example.com",
        "/v1/profiles?name=cassandra",
        "/v1/profiles",
        "/v1/profiles/{id}",
        "/v1/profiles/{id}/timeline",
        "/v1/profiles/{id}/explain",
        "/v1/consents",
        "/v1/consents?profile_id={id}",
        "/v1/staff",
        "/v1/staff/s-1",
        "/v1/rejected",
        "/v1/audit",
    ],
)
async def test_nothing_personal_is_told_without_the_right_to_see_it(
    house: House, profile_id: str, path: str
) -> None:
    scopes = ("profiles:read", "admin", "reports:read", "privacy", "profiles:write")
    answer = await house.call("GET", path.replace("{id}", profile_id), scopes=scopes)
    assert answer.status_code == 200
    assert answer.json().get("data", ["one"]) != []
    assert [word for word in SECRETS if word in answer.text] == []


async def test_a_masked_profile_can_still_be_told_from_others(house: House, profile_id: str) -> None:
    shown = await house.get(f"/v1/profiles/{profile_id}", scopes=("profiles:read",))
    assert shown["name"] == "C••• Q•••"
    values = {one["kind"]: one["value"] for one in shown["identifiers"]}
    assert values["email"] == "c•••@example.com"
    assert values["phone"].endswith("0555")
    assert shown["metrics"]["orders"] == 2


async def test_a_masked_timeline_still_tells_what_was_bought(house: House, profile_id: str) -> None:
    timeline = await house.get(f"/v1/profiles/{profile_id}/timeline?types=sale", scopes=("profiles:read",))
    first = timeline["data"][0]
    assert (first["id"], first["event"]["store"]) == ("sale-R-1", "london-1")
    assert first["event"]["sale"]["total_minor"] == 899
    assert first["event"]["sale"]["lines"][0]["sku"] == "COF-1"
    assert timeline["data"][1]["id"] == "•••"


async def test_with_the_right_everything_is_told(house: House, profile_id: str) -> None:
    shown = await house.get(f"/v1/profiles/{profile_id}", scopes=("profiles:read", "pii:read"))
    assert shown["name"] == "Cassandra Quillfeather"
    timeline = await house.get(f"/v1/profiles/{profile_id}/timeline", scopes=("profiles:read", "pii:read"))
    assert any(entry["event"].get("customer") for entry in timeline["data"])


async def test_a_rejected_body_needs_the_right_too(house: House, profile_id: str) -> None:
    example = (await house.get("/v1/rejected", scopes=("admin",)))["data"][0]
    assert example["example"] is None
    path = f"/v1/rejected/{example['example_id']}"
    assert (await house.get(path, scopes=("admin",)))["body"] is None
    assert (await house.get(path, scopes=("admin", "pii:read")))["body"]["customer"][
        "given_name"
    ] == "Cassandra"
