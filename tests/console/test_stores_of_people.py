"""People limited to stores, and roles that do not see spend: what is absent from every place that could tell it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import httpx
import pytest

from regulars.console.accounts import Role
from tests.console.stage import EMAIL, Stage, sale
from tests.console.test_live import watching
from tests.console.test_pages import FRAGMENT, check, profile_path
from tests.console.test_people import accept, id_of, invite, post

HIGH, PORT = "high-street", "port"
PEOPLE: dict[str, Role] = {"manager@limited.example": "manager", "associate@limited.example": "associate"}
# What Pat spent at each place, in all, and on an average; none of it is the amount of another sale.
AT_HIGH, AT_PORT, ONLINE = "£123.11", "£76.47", "£54.19"
TOTAL, AVERAGE = "£253.77", "£84.59"


def trade(stage: Stage) -> None:
    """Pat buys everywhere, Hal at the high street, Rita at the port, Wilma online."""
    pat: dict[str, Any] = {
        "loyalty_card": "L-100200",
        "email": "pat@example.com",
        "given_name": "Pat",
        "family_name": "Pending",
    }
    stage.send(
        sale("H-1", total_minor=12311, store=HIGH, **pat),
        sale("P-1", total_minor=7647, store=PORT, **pat),
        sale("W-1", total_minor=5419, store="", channel="online", **pat),
        sale("H-2", total_minor=1001, store=HIGH, loyalty_card="L-2", given_name="Hal"),
        sale("P-2", total_minor=2002, store=PORT, loyalty_card="L-3", given_name="Rita"),
        sale("W-2", total_minor=3003, store="", channel="online", external_id="w", given_name="Wilma"),
        {
            "id": "pay", "type": "payment.settled", "occurred_at": datetime.now(UTC).isoformat(), "store": PORT,
            "customer": pat, "payment": {"reference": "p", "amount_minor": 7647, "currency": "GBP"},
        },
        {
            "id": "cdp", "type": "custom.scored", "occurred_at": datetime.now(UTC).isoformat(), "store": HIGH,
            "customer": {**pat, "traits": {"lifetime": 25377}}, "properties": {"lifetime_value": 25377},
        },
    )  # fmt: skip


@pytest.fixture(scope="module")
def town(quiet: Stage) -> Stage:
    """A house with trade in two stores and online, and people limited to the high street."""
    trade(quiet)
    with closing(quiet.client()) as owner:
        for email, role in PEOPLE.items():
            quiet.add_account(email, role, role)
            path = f"/people/{id_of(owner, email)}/stores"
            assert post(owner, path, **{f"store:{HIGH}": "1"}).status_code == 200
    quiet.add_account("all@limited.example", "associate", "Al Everywhere")
    return quiet


@pytest.fixture(scope="module", params=PEOPLE)
def limited(town: Stage, request: pytest.FixtureRequest) -> Iterator[httpx.Client]:
    """The browser of a manager, then of an associate, both limited to the high street."""
    with closing(town.client(email=request.param)) as client:
        yield client


@pytest.fixture(scope="module")
def free(town: Stage) -> Iterator[httpx.Client]:
    """The browser of an associate of all stores."""
    with closing(town.client(email="all@limited.example")) as client:
        yield client


def pat(client: httpx.Client) -> str:
    return profile_path(client, "pat@example.com")


def test_a_role_without_spend_finds_it_nowhere(free: httpx.Client) -> None:
    path = pat(free)
    pages = [
        free.get(address, headers=headers)
        for headers in ({}, FRAGMENT)
        for address in (
            "/customers",
            "/customers?order=newest",
            "/customers?order=spend",
            "/customers?q=pat",
            path,
        )
    ]
    for page in pages:
        check(page, whole="<html" in page.text)
        assert TOTAL not in page.text, page.url
        assert AVERAGE not in page.text, page.url
        for words in ("Spend", "Average order", "25377"):
            assert words not in page.text, page.url
    # Single sales are seen.
    assert all(amount in free.get(path).text for amount in (AT_HIGH, AT_PORT, ONLINE))


def test_who_may_see_spend_does(town: Stage) -> None:
    with closing(town.client()) as owner:
        assert TOTAL in owner.get("/customers").text
        page = owner.get(pat(owner)).text
        assert TOTAL in page
        assert AVERAGE in page
        assert "Spend by month" in page


def test_an_order_that_is_not_offered_tells_nothing(free: httpx.Client) -> None:
    def listed(order: str) -> list[str]:
        return re.findall(r'class="cover clip" href="([^"]+)"', free.get(f"/customers?order={order}").text)

    assert listed("spend") == listed("latest") != []


def test_the_list_of_the_limited_holds_customers_of_their_stores(limited: httpx.Client) -> None:
    for address in ("/customers", "/customers?order=newest"):
        page = limited.get(address).text
        assert "Pat Pending" in page
        assert "Hal" in page
        assert "Rita" not in page
        assert "Wilma" not in page


def test_any_customer_can_be_looked_up_by_the_limited(limited: httpx.Client) -> None:
    for query in ("L-3", "P-2", "rita"):
        assert "Rita" in limited.get("/customers", params={"q": query}).text, query


def test_the_timeline_of_the_limited_has_all_visits_and_the_amounts_of_their_stores(
    limited: httpx.Client,
) -> None:
    page = limited.get(pat(limited))
    check(page)
    for receipt in ("H-1", "P-1", "W-1"):
        assert receipt in page.text
    assert AT_HIGH in page.text
    for hidden in (AT_PORT, ONLINE, TOTAL, AVERAGE, "Spend"):
        assert hidden not in page.text


def test_a_raw_event_tells_the_limited_no_amount_of_another_store(limited: httpx.Client) -> None:
    path = pat(limited)
    numbers = set(re.findall(rf"{path}/events/(\d+)", limited.get(path).text))
    assert len(numbers) == 5
    raw = {number: unescape(limited.get(f"{path}/events/{number}").text) for number in numbers}
    assert sum("12311" in text for text in raw.values()) == 1
    assert sum('"P-1"' in text for text in raw.values()) == 1
    for text in raw.values():
        for amount in ("7647", "5419", "25377"):
            assert amount not in text


def test_the_front_page_of_the_limited_is_of_their_stores(town: Stage) -> None:
    """Of a manager; an associate has the store screen for it."""
    with closing(town.client(email="manager@limited.example")) as limited:
        page, week = limited.get("/").text, limited.get("/?span=7d").text
    assert "£133.12" in page
    assert "2 of 2 orders" in page
    # All stores and online together, the port alone, online alone.
    for other in (
        "£313.83",
        "£96.49",
        "£84.22",
        "Customer profiles",
        "New customers",
        "Online",
        "Rita",
        "Wilma",
    ):
        assert other not in page, other
    assert "Hal" in page.split("Just now")[1]
    assert "£133.12" in week


def test_the_live_figures_of_the_limited_are_of_their_stores(stage: Stage) -> None:
    trade(stage)
    stage.add_account("manager@limited.example", "manager", "M")
    with closing(stage.client()) as owner:
        post(owner, f"/people/{id_of(owner, 'manager@limited.example')}/stores", **{f"store:{HIGH}": "1"})
    with closing(stage.client(email="manager@limited.example")) as client:
        with watching(client, "/live?topics=home") as watcher:
            stage.send(sale("P-9", total_minor=99_999, store=PORT), sale("H-9", total_minor=100, store=HIGH))
            _, data = watcher.message()
        assert "£134.12" in data
        assert "£999.99" not in data


def test_a_short_page_of_a_small_store_goes_on(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """One look takes few events; what is further back is reached page by page, each customer once."""
    from regulars.console.services import customers

    early = datetime.now(UTC) - timedelta(days=3)
    for n in range(4):
        at = early + timedelta(hours=n)
        stage.send(sale(f"H-{n}", at=at, store=HIGH, loyalty_card=f"H{n}", given_name=f"Hal{n}"))
        stage.send(
            *(
                sale(f"P-{n}-{m}", at=at, store=PORT, loyalty_card=f"P{n}{m}", given_name="Rita")
                for m in range(9)
            )
        )
    stage.add_account("manager@limited.example", "manager", "M")
    monkeypatch.setattr(customers, "_SCAN_EVENTS", 7)
    monkeypatch.setattr(customers, "_SCANS_MAX", 1)
    with closing(stage.client()) as owner:
        post(owner, f"/people/{id_of(owner, 'manager@limited.example')}/stores", **{f"store:{HIGH}": "1"})
    with closing(stage.client(email="manager@limited.example")) as client:
        for order in ("latest", "newest"):
            seen: list[str] = []
            address = f"/customers?order={order}"
            for _ in range(20):
                page = client.get(address).text
                assert "Rita" not in page
                seen += re.findall(r"Hal\d", page.split("<tbody>")[1]) if "<tbody>" in page else []
                older = re.search(r'href="([^"]+)" rel="next"', page)
                if older is None:
                    break
                address = unescape(older[1])
            assert seen == ["Hal3", "Hal2", "Hal1", "Hal0"], order


def test_an_owner_limits_frees_and_is_told(stage: Stage, visitor: httpx.Client) -> None:
    trade(stage)
    link = invite(visitor, "a@limited.example", role="associate")
    member = id_of(visitor, "a@limited.example")
    path = f"/people/{member}/stores"
    check(visitor.get(path))
    check(visitor.get(path, headers=FRAGMENT), whole=False)
    assert accept(stage, link).status_code == 303
    with closing(stage.client(email="a@limited.example")) as client:
        assert "Rita" in client.get("/customers").text
        changed = post(visitor, path, **{f"store:{HIGH}": "1"})
        assert "holds from their next click" in changed.text
        assert changed.headers["hx-push-url"] == "/people"
        assert HIGH in visitor.get("/people").text
        assert "Rita" not in client.get("/customers").text
        assert re.search(rf'name="store:{HIGH}" value="1" checked', visitor.get(path).text)
        post(visitor, path, all="1", **{f"store:{PORT}": "1"})
        assert "Rita" in client.get("/customers").text
    with stage.database.session(stage.workspace_id) as connection:
        lines = connection.execute(
            "select details from audit where action = 'account.stores_changed' order by audit_no"
        ).fetchall()
    assert [line[0] for line in lines] == [{"from": "all", "to": [HIGH]}, {"from": [HIGH], "to": "all"}]


def test_somebody_is_invited_for_a_store(stage: Stage, visitor: httpx.Client) -> None:
    trade(stage)
    fields: dict[str, Any] = {"email": "b@limited.example", "role": "associate", f"store:{PORT}": "1"}
    assert post(visitor, "/people/invite", **fields).status_code == 200
    refused = post(visitor, "/people/invite", **(fields | {"email": "c@limited.example", "role": "marketer"}))
    assert refused.status_code == 400
    assert "Only store managers and associates" in refused.text
    assert re.search(rf'name="store:{PORT}" value="1" checked', refused.text)
    assert "c@limited.example" not in refused.text.split("People with an account")[1]


def test_a_role_for_the_whole_chain_ends_the_limit(stage: Stage, visitor: httpx.Client) -> None:
    trade(stage)
    stage.add_account("m@limited.example", "manager", "M")
    member = id_of(visitor, "m@limited.example")
    post(visitor, f"/people/{member}/stores", **{f"store:{HIGH}": "1"})
    with closing(stage.client(email="m@limited.example")) as client:
        post(visitor, f"/people/{member}/role", role="associate")
        assert "Rita" not in client.get("/customers").text
        post(visitor, f"/people/{member}/role", role="marketer")
        assert "Rita" in client.get("/customers").text
        assert visitor.get(f"/people/{member}/stores").status_code == 409
        post(visitor, f"/people/{member}/role", role="associate")
        assert "Rita" in client.get("/customers").text


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({}, "Name 1 to 100 stores"),
        ({"store:nowhere": "1"}, "no store &#39;nowhere&#39;"),
        ({"store:<script>": "1"}, "no store &#39;&lt;script&gt;&#39;"),
        ({"store:\0": "1"}, "no store"),
        ({f"store:s{n}": "1" for n in range(101)}, "Name 1 to 100 stores"),
    ],
)
def test_a_limit_that_cannot_be_says_why(town: Stage, fields: dict[str, str], told: str) -> None:
    with closing(town.client()) as owner:
        path = f"/people/{id_of(owner, 'all@limited.example')}/stores"
        answer = post(owner, path, **fields)
        assert answer.status_code == 400
        assert told in answer.text
        assert owner.post(path, data={"all": "1"}).status_code == 403, "without the token of the form"
        assert owner.get(f"/people/{'0' * 32}/stores").status_code == 404
        assert owner.get(f"/people/{id_of(owner, EMAIL)}/stores").status_code == 409
        assert owner.get("/people/x/stores").status_code == 400
