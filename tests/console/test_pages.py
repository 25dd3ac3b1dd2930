"""Every page, empty and full, whole and as a fragment: what it shows, and what it must never contain."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from regulars.console.web.security import HEADERS
from tests.console.stage import Stage, details, sale, token_in

PAGES = {
    "/": "Home",
    "/customers": "Customers",
    "/customers?order=newest": "Customers",
    "/customers?q=zzzz": "Nobody found",
    "/events": "Live events",
    "/events?type=sale&result=applied": "Live events",
    "/events/rejected": "Rejected events",
    "/audit": "Audit log",
    "/keys": "Sources and keys",
    "/keys/sources": "Sources and keys",
    "/webhooks": "Webhooks",
    "/webhooks/new": "Add a webhook",
    "/people": "People and roles",
    "/account": "Your account",
    "/account/second-factor": "Second factor",
    "/settings": "What is kept how long",
    "/settings/appearance": "Your colour",
    "/settings/appearance?hue=%23aa3377": "This is a preview",
    "/settings/stores": "Add a store",
    "/settings/stores?show=bare": "Need details",
    "/settings/stores/new": "Add a store",
    "/settings/products": "SKU, barcode or name",
    "/settings/products?q=zzzz": "No product starts so",
    "/settings/products/new": "Add a product",
    "/settings/staff": "Staff",
    "/settings/staff/new": "Add somebody",
}
PAGE_PACKED_BYTES_MAX = 30 * 1024
FRAGMENT = {"HX-Request": "true"}


def profile_path(client: httpx.Client, query: str) -> str:
    found = re.search(r'href="(/customers/[0-9a-f]{32})"', client.get("/customers", params={"q": query}).text)
    assert found is not None, f"nobody is found by {query}"
    return found[1]


def check(page: httpx.Response, *, whole: bool = True) -> None:
    """What holds for each page."""
    assert page.status_code == 200, page.text
    assert "style=" not in page.text
    assert not re.search(r"<script(?![^>]*\bsrc=)", page.text)
    assert not re.search(r"\son[a-z]+=", page.text)
    assert "hx-on" not in page.text
    assert ("<html" in page.text) is whole
    assert page.text.count("<h1") == 1
    assert len(gzip.compress(page.content)) <= PAGE_PACKED_BYTES_MAX
    ids = re.findall(r'\sid="([^"]+)"', page.text)
    assert len(ids) == len(set(ids)), sorted(one for one in ids if ids.count(one) > 1)
    for name, value in HEADERS.items():
        assert page.headers[name] == value
    assert page.headers["cache-control"] == "no-store"


@pytest.fixture(scope="module")
def first(quiet: Stage) -> Iterator[httpx.Client]:
    """The owner's browser on the first day."""
    client = quiet.client()
    yield client
    client.close()


@pytest.mark.parametrize("path", PAGES)
def test_a_page_renders_before_anything_arrived(first: httpx.Client, path: str) -> None:
    page = first.get(path)
    check(page)
    assert PAGES[path] in page.text


@pytest.mark.parametrize("path", PAGES)
def test_a_page_renders_with_data_whole_and_as_fragment(guest: httpx.Client, path: str) -> None:
    check(guest.get(path))
    fragment = guest.get(path, headers=FRAGMENT)
    check(fragment, whole=False)
    assert fragment.text.startswith("<title>")
    restored = guest.get(path, headers=FRAGMENT | {"HX-History-Restore-Request": "true"})
    assert "<html" in restored.text


@pytest.mark.parametrize(
    "path",
    [
        "/events/40",
        "/_kit",
        "/?span=7d&compare=year",
        "/?span=90d&compare=none",
        "/?span=28d",
        "/webhooks/1",
        "/webhooks/1?state=done&type=sale.recorded",
        "/webhooks/2",
        "/webhooks/3",
        "/webhooks/1/edit",
        "/webhooks/3/delete",
    ],
)
def test_further_views_render(guest: httpx.Client, path: str) -> None:
    check(guest.get(path))


def test_an_empty_house_says_what_to_do_first(first: httpx.Client) -> None:
    assert "Nothing has arrived yet" in first.get("/").text
    assert "No customers yet" in first.get("/customers").text
    assert "Waiting for the first event" in first.get("/events").text
    assert "Nothing is rejected" in first.get("/events/rejected").text


def test_the_front_page_adds_up_todays_sales_per_currency(stage: Stage, visitor: httpx.Client) -> None:
    stage.send(
        sale("R-1", total_minor=1000, loyalty_card="L1"),
        sale("R-2", total_minor=2050),
        sale("W-1", total_minor=999, channel="online", store="", loyalty_card="L2", currency="EUR"),
    )
    page = visitor.get("/").text
    assert "£30.50" in page
    assert "1 of 2 orders" in page
    assert "€9.99" in page
    assert "£40.49" not in page
    assert "€9.99" in visitor.get("/?currency=EUR").text.split("Average order")[0]


def test_a_customer_is_found_by_everything_that_names_them(stage: Stage, visitor: httpx.Client) -> None:
    stage.send(
        sale(
            "R-77", loyalty_card="L0001", email="Jane@Example.com", phone="+44 20 7946 0018", given_name="Jané",
            family_name="O'Doe", external_id="c-9",
        ),
        sale("R-78", email="other@example.com", given_name="Peter", family_name="Other"),
    )  # fmt: skip
    for query in (
        "L0001",
        "jane@example.com",
        "020 7946 0018",
        "+442079460018",
        "c-9",
        "R-77",
        "jan",
        "o'd jane",
        "JANÉ",
    ):
        page = visitor.get("/customers", params={"q": query}).text
        assert "Jané O&#39;Doe" in page, query
        assert "Peter" not in page, query
    for query in ("nobody@example.com", "R-7", "ja", "<script>alert(1)</script>"):
        page = visitor.get("/customers", params={"q": query}).text
        assert "Nobody found" in page, query
        assert "<script>alert" not in page


def test_a_receipt_without_a_customer_is_told(stage: Stage, visitor: httpx.Client) -> None:
    stage.send(sale("R-500"))
    assert "1 receipt with this number names no customer" in visitor.get("/customers?q=R-500").text


def test_pages_of_customers_follow_each_other_without_gap_or_repeat(guest: httpx.Client) -> None:
    for order in ("latest", "newest"):
        seen: list[str] = []
        path = f"/customers?order={order}"
        for _ in range(10):
            page = guest.get(path).text
            seen += re.findall(r'class="cover clip" href="/customers/([0-9a-f]{32})"', page)
            older = re.search(r'href="([^"]+)" rel="next"', page)
            if older is None:
                break
            path = older[1].replace("&amp;", "&")
        assert len(seen) == len(set(seen)) == 90


def test_pages_of_events_follow_each_other_without_gap_or_repeat(guest: httpx.Client) -> None:
    seen: list[str] = []
    path = "/events"
    for _ in range(100):
        page = guest.get(path).text
        seen += re.findall(r'data-event="([^"]+)"', page)
        older = re.search(r'href="([^"]+)" rel="next"', page)
        if older is None:
            break
        path = older[1].replace("&amp;", "&")
    numbers = [int(one[1:]) for one in seen if one.startswith("e")]
    assert numbers == list(range(len(numbers), 0, -1))
    assert len([one for one in seen if one.startswith("q")]) == 12


def test_a_profile_shows_who_they_are_what_they_did_and_why_they_are_one(guest: httpx.Client) -> None:
    page = guest.get(profile_path(guest, "L100079"))
    check(page)
    for part in (
        "Identities",
        "Consent",
        "Timeline",
        "Why these records are one person",
        "Spend by month",
        "L100079",
    ):
        assert part in page.text
    assert "3 records" in page.text
    assert "Linked" in page.text


def test_the_timeline_filters_pages_and_jumps(guest: httpx.Client) -> None:
    path = profile_path(guest, "L100079")
    every = guest.get(path).text
    assert "Sale · " in every
    messages = guest.get(f"{path}?topic=messages").text
    assert "Sale · " not in messages.split("Identities")[0].split('id="timeline"')[1]
    older = re.search(r'href="([^"]+#timeline)"', every)
    assert older is not None
    assert "Sale · " in guest.get(older[1].replace("&amp;", "&")).text
    assert "Nothing of this kind" in guest.get(f"{path}?until=2020-01-01").text
    assert guest.get(f"{path}?until=yesterday&page=%%%").status_code == 400


def test_a_raw_event_is_shown_to_its_own_customer_alone(stage: Stage, visitor: httpx.Client) -> None:
    results = stage.send(
        sale("R-1", loyalty_card="L1", given_name="Ada"), sale("R-2", loyalty_card="L2", given_name="Bea")
    )
    ada, bea = (result.profile_id for result in results)
    assert "&quot;R-1&quot;" in visitor.get(f"/customers/{ada}/events/1", headers=FRAGMENT).text
    check(visitor.get(f"/customers/{ada}/events/1"))
    assert visitor.get(f"/customers/{bea}/events/1").status_code == 404
    assert visitor.get(f"/customers/{ada}/events/9999999999999999999999").status_code == 404


def test_any_record_leads_to_the_profile_it_belongs_to(stage: Stage, visitor: httpx.Client) -> None:
    early = datetime.now(UTC) - timedelta(days=3)
    anchor = stage.send(sale("R-1", at=early, loyalty_card="L5", email="kim@example.com", given_name="Kim"))[
        0
    ].profile_id
    second = stage.send(
        details("c-1", external_id="77", email="kim@example.com", given_name="Kim"), source="web"
    )[0]
    assert second.profile_id == anchor
    with stage.database.session(stage.workspace_id) as conn:
        ids = [row[0].hex for row in conn.execute("select record_id from record").fetchall()]
    other = next(one for one in ids if one != anchor)
    moved = visitor.get(f"/customers/{other}?topic=sales")
    assert moved.headers["location"] == f"/customers/{anchor}?topic=sales"
    assert "Kim" in visitor.get(f"/customers/{anchor}").text


@pytest.mark.parametrize(
    "path",
    ["/customers/none", "/customers/" + "a" * 32, "/events/999999", "/events/qzz", "/nope", "/static/x"],
)
def test_what_is_not_there_is_said_kindly_with_a_reference(first: httpx.Client, path: str) -> None:
    page = first.get(path)
    assert page.status_code == 404
    assert "Not found" in page.text
    assert re.search(r"Reference [0-9a-f]{8}", page.text)
    assert "Traceback" not in page.text


@pytest.mark.parametrize(
    "path", ["/customers?page=xx", "/customers?order=newest&page=YWJj", "/events?page=%00", "/live?since=zz"]
)
def test_a_broken_page_mark_is_refused_not_failed(first: httpx.Client, path: str) -> None:
    assert first.get(path).status_code == 400


def test_the_trace_of_an_event_runs_from_receipt_to_commit(stage: Stage, visitor: httpx.Client) -> None:
    stage.send(sale("R-9", loyalty_card="L1", given_name="Ada", family_name="Byron"))
    page = visitor.get("/events/1", headers=FRAGMENT).text
    steps = [page.index(f">{step}<") for step in ("Received", "Checked", "Matched", "Changed", "Triggered")]
    assert steps == sorted(steps)
    assert "Ada Byron" in page
    assert "Spend £8.99, receipt R-9" in page
    assert "curl http://127.0.0.1:8400/v1/events" in page


def test_an_event_shows_the_name_its_customer_goes_by_now(stage: Stage, visitor: httpx.Client) -> None:
    stage.send(sale("R-1", loyalty_card="L1"))
    stage.send(details("c-1", loyalty_card="L1", given_name="Ada", family_name="Byron"), source="club")
    assert visitor.get("/events").text.count('<span class="clip block">Ada Byron') == 2


def test_rejected_events_stand_by_cause_with_field_example_and_fix(guest: httpx.Client) -> None:
    page = guest.get("/events/rejected").text
    assert page.count('<article class="cause') == 4
    assert "sale.currency is no currency code" in page
    assert "Replay these 7" in page
    assert "The clock of the source is ahead" in page
    assert "&quot;pounds&quot;" in page


def test_a_replay_takes_what_passes_now_and_says_what_did_not(stage: Stage, visitor: httpx.Client) -> None:
    stage.send({"id": "x1", "type": "sale.completed", "occurred_at": "2026-01-01T00:00:00Z"}, b"{")
    page = visitor.get("/events/rejected").text
    token = token_in(page)
    outcome = visitor.post("/events/rejected/replay", data={"csrf": token, "all": "1"}).text
    assert "2 events were tried again" in outcome
    assert "Passed: 0. Already known: 0. Rejected again: 2." in outcome
    one = re.search(r"/events/(q[0-9a-f]{32})", outcome)
    assert one is not None
    assert "Replay this event" in visitor.get(f"/events/{one[1]}").text
    refused = visitor.post("/events/rejected/replay", data={"csrf": "no", "all": "1"})
    assert refused.status_code == 403


def test_the_causes_that_are_selected_are_replayed_and_no_other(stage: Stage, visitor: httpx.Client) -> None:
    stage.send({"id": "x1", "type": "sale.completed", "occurred_at": "2026-01-01T00:00:00Z"}, b"{", b"[")
    stage.send({"id": "x2", "type": "no|such", "occurred_at": "2026-01-01T00:00:00Z"}, source="club")
    page = visitor.get("/events/rejected").text
    marks = re.findall(r'type="checkbox" form="ticked" name="(cause\.[^"]+)"', page)
    assert len(marks) >= 3
    form = {"csrf": token_in(page)}
    tried = sum(
        int(re.findall(r"(\d+) events? (?:was|were) tried again", answer.text)[0])
        for mark in marks
        for answer in [visitor.post("/events/rejected/replay", data={**form, mark: "1"})]
    )
    assert tried == 4
    ticked = dict.fromkeys(marks[:2], "1")
    both = visitor.post("/events/rejected/replay", data={**form, **ticked}).text
    assert re.search(r"[23] events were tried again", both)
    assert "0 events were tried again" in visitor.post("/events/rejected/replay", data=form).text
    for bad in ("cause.", "cause.x", "cause.bnVsbA==", "cause.eyJhIjoxfQ=="):
        assert visitor.post("/events/rejected/replay", data={**form, bad: "1"}).status_code == 400


def test_a_role_without_a_page_does_not_see_it_in_the_navigation_either(stage: Stage) -> None:
    stage.add_account("mark@example.com", role="marketer", name="Mark Marketer")
    stage.send(sale("R-1", loyalty_card="L0001", email="jane@example.com", given_name="Jane"))
    client = stage.client(email="mark@example.com")
    assert 'href="/events"' not in client.get("/").text.split("</nav>")[0]
    assert client.get("/events").status_code == 403
    assert client.get("/events/1").status_code == 403
    assert client.post("/events/rejected/replay", data={"all": "1"}).status_code == 403
    assert client.get("/live?topics=events").status_code == 403
    client.close()


def test_contacts_are_masked_for_a_role_that_may_not_see_them(stage: Stage) -> None:
    stage.add_account("mark@example.com", role="marketer", name="Mark Marketer")
    stage.add_account("eve@example.com", role="engineer", name="Eve Engineer")
    stage.send(
        sale(
            "R-1", loyalty_card="L0001234", email="jane@example.com", phone="+442079460018", given_name="Jane"
        ),
        {"id": "bad", "type": "sale.completed", "customer": {"email": "jane@example.com"}},
    )
    for email in ("mark@example.com", "eve@example.com"):
        client = stage.client(email=email)
        pages = [client.get("/customers"), client.get(profile_path(client, "jane@example.com"))]
        pages.append(client.get(f"{profile_path(client, 'jane@example.com')}/events/1"))
        pages += [client.get(path) for path in ("/events/1", "/events/rejected", "/events")]
        for page in pages:
            shown = page.text.replace('value="jane@example.com"', "").replace("“jane@example.com”", "")
            assert "jane@example.com" not in shown, page.url
            assert "+442079460018" not in shown, page.url
            assert "L0001234" not in shown, page.url
        client.close()


def test_another_workspace_is_never_seen(stage: Stage, visitor: httpx.Client) -> None:
    with stage.database.connect_owner() as owner:
        owner.execute("insert into workspace (name) values ('other')")
        count = owner.execute("select count(*) from workspace").fetchone()
    assert count == (2,)
    stage.send(sale("R-1", loyalty_card="L1", given_name="Ada"))
    with stage.database.session(stage.workspace_id + 1) as conn:
        assert conn.execute("select count(*) from app_user").fetchone() == (0,)
    assert "Ada" in visitor.get("/customers").text


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/customers",
        "/events",
        "/reports/sales",
        "/requests",
        "/audit",
        "/keys",
        "/webhooks",
        "/people",
        "/settings",
    ],
)
def test_the_navigation_marks_where_one_is(guest: httpx.Client, path: str) -> None:
    nav = guest.get(path).text.partition("</nav>")[0]
    marked = re.findall(r'class="nav-link" href="([^"]+)"[^>]*aria-current="page"', nav)
    assert marked == [path]


def test_a_webhook_of_its_own_marks_the_webhooks(guest: httpx.Client) -> None:
    nav = guest.get("/webhooks/2").text.partition("</nav>")[0]
    assert re.findall(r'class="nav-link" href="([^"]+)"[^>]*aria-current="page"', nav) == ["/webhooks"]
