"""What a program says by each part of the API, and what it is told."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

import msgspec
import pytest

from regulars.client import Client, NotFound
from regulars.client.models import (
    EraseRequest,
    InviteRequest,
    KeyRequest,
    NewConsent,
    NewProduct,
    NewSource,
    NewStaffMember,
    NewStore,
    ProfileSearch,
    ReplayRequest,
    RoleRequest,
    SourceSettings,
    StoreDetails,
    TrackingBatch,
    TrackingBatchCall,
    TrackingCall,
)
from tests.client.events import THEN, said, sale
from tests.sdk.site import Shop


def test_events_and_profiles(client: Client) -> None:
    sent = client.events.send(sale("1", email="ada@example.com", given_name="Ada"))
    assert (sent.applied, sent.duplicates, sent.rejected) == (1, 0, [])
    profile = client.profiles.find(email="ADA@example.com").first()
    assert profile is not None
    assert (profile.name, profile.id) == ("Ada", sent.results[0].profile_id)
    assert profile.metrics.spend_minor == {"GBP": 899}
    assert profile.metrics.first_purchase_at == THEN
    assert client.profiles.search(ProfileSearch(email="ada@example.com")).first() == profile
    assert client.profiles.show(profile.id) == profile
    [entry] = client.profiles.timeline(profile.id, types="sale", before=THEN.replace(year=2027))
    assert (entry.id, entry.occurred_at, entry.event["sale"]["receipt"]) == ("sale-1", THEN, "1")
    assert client.profiles.explain(profile.id).records[0].identifiers[0].value == "ada@example.com"
    assert client.profiles.find(phone="+442079460018").first() is None


def test_privacy(client: Client) -> None:
    [result] = client.events.send(said("1", email="petra@example.com")).results
    profile_id = str(result.profile_id)
    assert client.profiles.export(profile_id).records[0].identifiers[0].value == "petra@example.com"
    assert client.profiles.erase(profile_id, EraseRequest(reason="retention")).erasure_id
    with pytest.raises(NotFound):
        client.profiles.show(profile_id)


def test_consent(client: Client) -> None:
    [result] = client.events.send(said("1", email="kim@example.com")).results
    yes = NewConsent(channel="email", status="granted", address="kim@example.com", occurred_at=THEN)
    assert client.consents.add(yes).result == "applied"
    [held] = client.consents.list(profile_id=str(result.profile_id))
    assert (held.status, held.address, held.occurred_at) == ("granted", "kim@example.com", THEN)


def test_registers(client: Client) -> None:
    client.stores.add(NewStore(code="london-1", name="Strand", time_zone="Europe/London"))
    assert client.stores.put("london-1", StoreDetails(name="Fleet Street")).name == "Fleet Street"
    assert client.stores.show("london-1").time_zone is None
    client.products.add(NewProduct(sku="COF/1 ü?", price_minor=899, currency="GBP"))
    assert client.products.show("COF/1 ü?").price_minor == 899
    assert [one.sku for one in client.products.list()] == ["COF/1 ü?"]
    client.staff.add(NewStaffMember(code="s-1", given_name="Sam"))
    assert [one.code for one in client.staff.list()] == ["s-1"]


def test_sources_keys_and_audit(client: Client) -> None:
    client.sources.add(NewSource(name="kiosk", till_system="floor"))
    assert client.sources.configure("kiosk", SourceSettings(options={"region": "DE"})).region == "DE"
    assert client.sources.disable("kiosk").disabled_at is not None
    assert client.sources.enable("kiosk").disabled_at is None
    made = client.keys.make(KeyRequest(name="kiosk", scopes=["events:write"], source="kiosk"))
    followed = client.keys.rotate(made.id)
    assert followed.scopes == ["events:write"]
    assert client.keys.revoke(made.id).revoked_at is not None
    assert {one.id for one in client.keys.list()} > {made.id, followed.id}
    [told] = [one for one in client.audit.list() if one.action == "key.revoked"]
    assert told.details == {"name": "kiosk"}
    assert client.audit.verify().intact


def test_rejected_events(client: Client) -> None:
    client.events.send(sale("1", currency="pounds"))
    [cause] = client.rejected.list().data
    assert (cause.field, cause.events) == ("sale.currency", 1)
    assert client.rejected.show(cause.example_id).body["id"] == "sale-1"
    assert client.rejected.replay(cause.example_id).rejected == 1
    assert client.rejected.replay_many(ReplayRequest(all=True)).rejected == 1


def test_people(client: Client) -> None:
    invited = client.people.invite(InviteRequest(email="kim@example.com", role="manager", name="Kim"))
    assert "/" in invited.link
    assert client.people.put_role(invited.id, RoleRequest(role="associate")).role == "associate"
    assert client.people.disable(invited.id).disabled_at is not None
    assert client.people.enable(invited.id).disabled_at is None
    assert client.people.sign_out(invited.id).sessions == 0
    assert [one.name for one in client.people.list().data] == ["Kim"]


def test_tracking(client: Client, shop: Shop) -> None:
    call = TrackingCall(message_id="m-1", user_id="u-1", event="Signed Up", properties={"plan": "gold"})
    assert client.tracking.track(call).success
    batch = TrackingBatch(
        batch=[TrackingBatchCall(type="identify", user_id="u-1", traits={"email": "u@x.org"})]
    )
    assert client.tracking.batch(batch).success
    assert shop.types()["customer.updated"] == 1
    assert client.profiles.find(external_id="u-1").first() is not None
    assert "integrations" in client.tracking.projects_settings(shop.key)


def test_webhooks(client: Client) -> None:
    secrets = {"client_secret": "hush", "access_token": "hush"}
    options = {"shop": "example.myshopify.com", "currency": "GBP"}
    client.sources.add(NewSource(name="web-shop", kind="shopify", secrets=secrets, options=options))
    hook = str(client.sources.show("web-shop").hook)
    body = msgspec.json.encode(customer(7, "shopper@example.com"))
    signed = base64.b64encode(hmac.digest(b"hush", body, hashlib.sha256)).decode()
    headers = {"X-Shopify-Hmac-Sha256": signed, "X-Shopify-Topic": "customers/update"}
    assert client.hooks.receive(hook.removeprefix("/hooks/"), body, headers=headers).events >= 1
    assert client.profiles.find(email="shopper@example.com").first() is not None


def customer(number: int, email: str) -> dict[str, Any]:
    """A customer as Shopify tells of one."""
    return {
        "id": number,
        "email": email,
        "created_at": "2026-03-01T10:00:00Z",
        "updated_at": "2026-03-02T10:00:00Z",
        "first_name": "Sue",
    }


def test_health(client: Client) -> None:
    assert client.health.healthz().status == "ok"
    assert "paths" in client.health.openapi_json()
    assert "<h1>" in client.health.docs()
    assert "http_requests_total" in client.health.metrics()
    assert client.health.readyz().checks["database"].ok
