"""Tracking clients nobody here wrote, unchanged and pointed at the program.

Each one delivers all its calls; what it is told when something is wrong it understands, at once and without
repeating what cannot succeed; and what it repeats because an answer was lost is there once.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.sdk.install import node_client, python_client
from tests.sdk.site import Shop, Site

HERE = Path(__file__).parent
SECONDS_MAX = 120
MODULES = {
    "segment-2.4.0": "segment.analytics.client",
    "segment-2.3.4": "segment.analytics.client",
    "rudder-2.1.9": "rudderstack.analytics.client",
    "segment-1.4.post1": "analytics.client",
}
NODE = "node-3.1.0"
CLIENTS = (*MODULES, NODE)
THEN = datetime(2026, 1, 31, 23, 59, 59, 999000, tzinfo=UTC)


def drive(client: str, site: Site, key: str, deeds: str) -> list[tuple[str, int]]:
    """Let a client do its deeds; what its error handler heard."""
    if client == NODE:
        node = node_client()
        line = [str(shutil.which("node")), str(HERE / "drive_node.mjs"), str(node), site.url, key, deeds]
        environment = {**os.environ}
    else:
        line = [
            sys.executable,
            "-W",
            "ignore",
            str(HERE / "drive_python.py"),
            MODULES[client],
            site.url,
            key,
            deeds,
        ]
        environment = {**os.environ, "PYTHONPATH": str(python_client(client)), "NO_PROXY": "*"}
    done = subprocess.run(
        line, env=environment, capture_output=True, text=True, timeout=SECONDS_MAX, check=False
    )
    assert done.returncode == 0, done.stderr
    heard: list[Any] = json.loads(done.stdout.splitlines()[-1])
    return [(text, count) for text, count in heard]


def has(person: Iterable[str], *facts: str) -> bool:
    return set(facts) <= set(person)


@pytest.mark.parametrize("client", CLIENTS)
def test_every_call_arrives_and_means_what_it_says(site: Site, client: str) -> None:
    shop = site.new_shop()
    assert drive(client, site, shop.key, "everything") == []
    assert shop.types() == {
        "page.viewed": 2,
        "product.viewed": 1,
        "customer.updated": 2,
        "custom.group": 1,
        "custom.signed_up": 250,
        "sale.completed": 2,
        "sale.refunded": 1,
    }
    assert shop.rejected() == []
    assert set(site.proxy.answers) == {200}
    assert_one_person(shop)
    assert_orders(shop)


def assert_one_person(shop: Shop) -> None:
    """The visitor and the customer are one, with the traits that were told."""
    (person,) = shop.people()
    assert has(person, "external_id:u-1", "anonymous_id:anon-1")
    assert has(person, "email:jane@example.com", "phone:+442079460018")
    assert has(person, "given_name:Jane", "family_name:Doe", "traits.plan:gold")


def assert_orders(shop: Shop) -> None:
    """The order as it was updated, and its refund, to the cent and the millisecond."""
    order, refund = shop.sales()
    assert (order["receipt"], order["currency"], order["total_minor"]) == ("O-1", "EUR", 2650)
    assert (order["tax_minor"], order["discount_minor"]) == (200, 250)
    assert [(line[1], line[3], line[7]) for line in order["lines"]] == [
        ("COF-1", 2_000_000, 1990),
        ("p2", 1_000_000, 510),
    ]
    assert (refund["total_minor"], refund["counted"]) == (995, True)
    assert (order["occurred_at"] - THEN).days == 2
    assert (refund["occurred_at"] - THEN).days == 3


@pytest.mark.parametrize("client", CLIENTS)
def test_what_is_sent_again_because_an_answer_got_lost_is_there_once(site: Site, client: str) -> None:
    shop = site.new_shop()
    site.proxy.losses = 1
    assert drive(client, site, shop.key, "few") == []
    assert site.proxy.answers[503] == 1
    assert shop.types() == {"customer.updated": 1, "sale.completed": 1, "custom.signed_up": 5}
    (order,) = shop.sales()
    assert (order["total_minor"], order["occurred_at"]) == (2750, THEN)


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize(("scopes", "status"), [(None, 401), (("profiles:read",), 403)])
def test_a_refusal_is_understood_and_not_repeated(
    site: Site, client: str, scopes: tuple[str, ...] | None, status: int
) -> None:
    shop = site.new_shop(scopes or ("events:write",))
    key = shop.key if scopes else shop.key[:-4] + "nope"
    heard = drive(client, site, key, "few")
    # The Node client tells of each call it gave up, the others of each batch.
    assert heard
    assert all(str(status) in text for text, _ in heard)
    if client != NODE:
        assert all("API key" in text or "scope" in text for text, _ in heard)
    assert sum(site.proxy.answers.values()) <= 2, "at most one attempt for each batch"
    assert set(site.proxy.answers) == {status}
    assert shop.types() == {}
