"""The reports show what was sold: page, file and service against sums worked out from the events sent."""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from html import unescape
from typing import Any

import httpx
import msgspec
import pytest

from regulars.console.accounts import Viewer
from regulars.store.database import Database
from regulars.store.rollup import Rollup
from regulars.store.workspaces import add_workspace
from tests.console.stage import Stage, token_in
from tests.console.test_pages import FRAGMENT

LONDON, NEW_YORK = "london", "<script>alert(1)</script>"
HOSTILE_STAFF = "=cmd|' /C calc'!A0"
# The days on which the clocks go back: 25 October in London, 1 November in New York.
SPAN = {"from": "2026-10-20", "to": "2026-11-05"}
ADDRESS = "from=2026-10-20&to=2026-11-05"
Receipt = dict[str, Any]

# day: the business day in the store's own time zone, as somebody with a calendar would say it.
RECEIPTS: list[Receipt] = [
    {"no": "1", "at": "2026-10-24T22:30:00Z", "day": "2026-10-24", "store": LONDON, "minor": 1000, "who": "a"},
    {"no": "2", "at": "2026-10-24T23:30:00Z", "day": "2026-10-25", "store": LONDON, "minor": 2000, "staff": "s1"},
    {"no": "3", "at": "2026-10-25T00:30:00Z", "day": "2026-10-25", "store": LONDON, "minor": 400, "staff": "s1", "who": "b"},
    {"no": "4", "at": "2026-10-25T01:30:00Z", "day": "2026-10-25", "store": LONDON, "minor": 600, "staff": HOSTILE_STAFF},
    {"no": "5", "at": "2026-10-25T23:30:00Z", "day": "2026-10-25", "store": LONDON, "minor": 100, "staff": "s1"},
    {"no": "6", "at": "2026-11-01T03:30:00Z", "day": "2026-10-31", "store": NEW_YORK, "minor": 5000, "cur": "USD", "who": "a"},
    {"no": "7", "at": "2026-11-02T04:30:00Z", "day": "2026-11-01", "store": NEW_YORK, "minor": 7000, "cur": "USD", "staff": "s1"},
    {"no": "8", "at": "2026-11-01T12:00:00Z", "day": "2026-11-01", "store": NEW_YORK, "minor": 900, "staff": "s9"},
    {"no": "9", "at": "2026-11-02T23:59:00Z", "day": "2026-11-02", "minor": 3300, "channel": "online", "who": "c"},
    {"no": "10", "at": "2026-11-03T09:00:00Z", "day": "2026-11-03", "minor": 50},
    # An exchange: one thing back, another out, on the same day by the same hands.
    {"no": "11", "at": "2026-11-03T10:00:00Z", "day": "2026-11-03", "store": LONDON, "minor": 2000, "back": "2", "staff": "s1"},
    {"no": "12", "at": "2026-11-03T10:01:00Z", "day": "2026-11-03", "store": LONDON, "minor": 2500, "staff": "s1"},
    # A return of an identified purchase.
    {"no": "13", "at": "2026-11-04T10:00:00Z", "day": "2026-11-04", "store": LONDON, "minor": 400, "back": "3", "staff": "s2"},
]  # fmt: skip


def event(receipt: Receipt, **more: Any) -> dict[str, Any]:
    """A receipt as a till would send it, with one line."""
    line = {"line_id": "1", "sku": "S", "category": f"Cat {receipt['no']}", "quantity": Decimal("1.5")}
    line |= {"unit_price_minor": receipt["minor"], "total_minor": receipt["minor"]}
    said: dict[str, Any] = {"receipt": receipt["no"], "currency": receipt.get("cur", "GBP"), "lines": [line]}
    said["total_minor"] = receipt["minor"]
    out = {"id": receipt["no"], "type": "sale.completed", "occurred_at": receipt["at"], "sale": said}
    if "back" in receipt:
        said["original_receipt"] = receipt["back"]
        out["type"] = "sale.refunded"
    out |= {name: receipt[name] for name in ("store", "staff", "channel") if name in receipt}
    if "who" in receipt:
        out["customer"] = {"loyalty_card": receipt["who"]}
    return out | more


def net_by(key: str, currency: str, receipts: list[Receipt] = RECEIPTS) -> dict[str, int]:
    """Net sales by what stands under a key of the receipts."""
    out: dict[str, int] = defaultdict(int)
    for one in receipts:
        if one.get("cur", "GBP") == currency:
            out[one.get(key, "")] += -one["minor"] if "back" in one else one["minor"]
    return dict(out)


def settle(stage: Stage) -> None:
    Rollup(stage.database, stage.workspace_id).settle()


def fill(stage: Stage) -> None:
    """The receipts, late ones last, one told wrong at first, one twice."""
    zones = {LONDON: "Europe/London", NEW_YORK: "America/New_York"}
    stage.send(*(
        {
            "id": f"store-{number}", "type": "store.updated", "occurred_at": "2026-10-01T00:00:00Z",
            "store_details": {"code": code, "name": f"{code} & Co", "time_zone": zone},
        }
        for number, (code, zone) in enumerate(zones.items())
    ))  # fmt: skip
    wrong = event(RECEIPTS[1] | {"minor": 9999, "staff": "s7"}, id="wrong")
    wrong["sale"]["version"] = 1
    stage.send(wrong, *(event(one) for one in RECEIPTS[7:]))
    settle(stage)
    right = event(RECEIPTS[1])
    right["sale"]["version"] = 2
    stage.send(
        right, *(event(one) for one in RECEIPTS[:7] if one["no"] != "2"), event(RECEIPTS[4], id="again")
    )
    person = {"code": HOSTILE_STAFF, "given_name": "<b>Bo</b>", "family_name": "+Tables"}
    stage.send(
        {
            "id": "staff",
            "type": "staff.updated",
            "occurred_at": "2026-10-01T00:00:00Z",
            "staff_details": person,
        }
    )
    settle(stage)


@pytest.fixture
def guest(stage: Stage) -> Iterator[httpx.Client]:
    """The owner's browser, where the receipts are told."""
    fill(stage)
    with closing(stage.client()) as client:
        yield client


def rows_of(answer: httpx.Response) -> list[dict[str, str]]:
    """A file's lines."""
    assert answer.status_code == 200, answer.text
    assert answer.content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def file(client: httpx.Client, kind: str, **params: str) -> list[dict[str, str]]:
    return rows_of(client.get(f"/reports/{kind}.csv", params=SPAN | params))


def net_of(rows: list[dict[str, str]], key: str) -> dict[str, int]:
    """Net by a column, in minor units, without what came to nothing."""
    found = {row[key]: int(Decimal(row["net_sales"]) * 100) for row in rows}
    return {name: net for name, net in found.items() if net}


@pytest.mark.parametrize("currency", ["GBP", "USD"])
def test_net_sales_agree_by_day_channel_store_staff_and_category(guest: httpx.Client, currency: str) -> None:
    asked = {"currency": currency}
    assert net_of(file(guest, "sales", **asked), "first_day") == net_by("day", currency)
    assert net_of(file(guest, "sales", table="channels", **asked), "channel") == net_by("channel", currency)
    assert net_of(file(guest, "stores", **asked), "store") == net_by("store", currency)
    staff = {
        name.removeprefix("'"): net for name, net in net_of(file(guest, "staff", **asked), "staff").items()
    }
    assert staff == {name: net for name, net in net_by("staff", currency).items() if net}
    categories = net_of(file(guest, "sales", table="categories", **asked), "category")
    assert categories == {f"Cat {number}": net for number, net in net_by("no", currency).items()}


def test_orders_returns_items_and_customers_agree(guest: httpx.Client) -> None:
    days = {row["first_day"]: row for row in file(guest, "sales", currency="GBP")}
    sold = [one for one in RECEIPTS if one.get("cur", "GBP") == "GBP" and "back" not in one]
    assert sum(int(row["orders"]) for row in days.values()) == len(sold) == 9
    assert sum(Decimal(row["items"]) for row in days.values()) == Decimal("1.5") * 9
    assert sum(int(row["returns"]) for row in days.values()) == 2
    assert sum(Decimal(row["returned"]) for row in days.values()) == Decimal("24.00")
    assert sum(int(row["identified_orders"]) for row in days.values()) == 3
    # What b brought back is taken off what identified customers bought.
    assert sum(Decimal(row["net_identified"]) for row in days.values()) == Decimal("43.00")
    clocks_went_back = days["2026-10-25"]
    assert (clocks_went_back["orders"], clocks_went_back["average_order"]) == ("4", "7.75")
    assert clocks_went_back["identified_share"] == "0.2500"


@pytest.mark.parametrize("step", ["week", "month"])
def test_weeks_and_months_are_sums_of_their_days(guest: httpx.Client, step: str) -> None:
    rows = file(guest, "sales", currency="GBP", step=step)
    days = net_by("day", "GBP")
    for row in rows:
        inside = sum(net for day, net in days.items() if row["first_day"] <= day <= row["last_day"])
        assert int(Decimal(row["net_sales"]) * 100) == inside
    assert len(rows) == {"week": 3, "month": 2}[step]


def test_the_compared_days_stand_beside(guest: httpx.Client) -> None:
    asked = {"from": "2026-11-01", "to": "2026-11-07", "currency": "GBP"}
    rows = rows_of(guest.get("/reports/sales.csv", params=asked))
    before = {row["first_day"]: Decimal(row["compared_net_sales"]) for row in rows}
    assert before["2026-11-01"] == Decimal("31.00"), "25 October, a week before"
    page = guest.get("/reports/sales", params=asked).text
    assert "25 – 31 Oct 2026" in page
    assert (
        "compared_net_sales" not in guest.get("/reports/sales.csv", params=asked | {"compare": "none"}).text
    )


def test_a_store_shows_its_own_days_and_hours(guest: httpx.Client) -> None:
    hours = file(guest, "store", store=LONDON, table="hours")
    told = {(row["weekday"], row["hour"]): row["orders"] for row in hours}
    # 00:30 and 01:30 UTC are 01:30 twice over on the day the clocks go back.
    assert told["7", "1"] == "2"
    assert told["7", "0"] == "1"
    assert told["7", "23"] == "1"
    assert told["6", "23"] == "1"
    page = guest.get("/reports/store", params=SPAN | {"store": NEW_YORK, "currency": "GBP"}).text
    assert "Busiest on Sun at 07:00." in page, "noon in London is seven in New York, the clocks gone back"
    assert guest.get("/reports/store", params={"store": "nowhere"}).status_code == 404
    assert guest.get("/reports/store").status_code == 404


def test_the_page_and_the_file_show_the_same_figures(guest: httpx.Client) -> None:
    for row in file(guest, "stores", currency="GBP"):
        page = guest.get(f"/reports/stores?{ADDRESS}&currency=GBP").text
        line = next(
            one for one in page.split("<tr data-row>")[1:] if (row["name"] or "No store") in unescape(one)
        )
        cells = [unescape(re.sub(r"<[^>]+>", "", cell)) for cell in re.findall(r"<td[^>]*>(.*?)</td>", line)]
        assert cells[0] == f"£{Decimal(row['net_sales']):,.2f}"
        assert cells[3] == f"{round(float(row['identified_share']) * 100)}%"


def test_currencies_are_never_added_and_one_is_shown(guest: httpx.Client) -> None:
    page = guest.get(f"/reports/sales?{ADDRESS}").text
    assert "GBP £84.50" in page
    assert "USD $120.00" in page
    assert "Net sales came to £84.50 in 9 orders" in page
    assert "Net sales came to $120.00 in 2 orders" in guest.get(f"/reports/sales?{ADDRESS}&currency=USD").text
    assert "No sales in this span" in guest.get(f"/reports/sales?{ADDRESS}&currency=CHF").text


def test_hostile_names_are_shown_and_not_run(guest: httpx.Client) -> None:
    for path in ("sales", "stores", f"store?store={NEW_YORK}", "staff"):
        text = guest.get(f"/reports/{path}{'&' if '?' in path else '?'}{ADDRESS}").text
        assert "<script>alert" not in text
        assert "<b>Bo" not in text
    assert "&lt;b&gt;Bo&lt;/b&gt; +Tables" in guest.get(f"/reports/staff?{ADDRESS}").text
    assert "Not told" in guest.get(f"/reports/staff?{ADDRESS}").text


def test_files_hold_no_formula_and_leave_a_line_each(stage: Stage, guest: httpx.Client) -> None:
    (row,) = [one for one in file(guest, "staff") if "cmd" in one["staff"]]
    assert row["staff"] == "'" + HOSTILE_STAFF
    for kind in ("sales", "stores", "staff"):
        for line in file(guest, kind):
            assert not any(re.match(r"[=+@\t\r]|-\D", cell) for cell in line.values())
    page = guest.get("/audit?group=reports").text
    assert page.count("Report downloaded") >= 4
    assert "2026-10-20" in page


def test_lines_are_sorted_as_asked(guest: httpx.Client) -> None:
    def order(sort: str) -> list[str]:
        page = guest.get(f"/reports/stores?{ADDRESS}&currency=GBP&sort={sort}").text
        return [re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r'<th scope="row"[^>]*>(.*?)</th>', page)]

    assert order("net") == list(reversed(order("-net")))
    assert [unescape(name) for name in order("name")] == ["No store", f"{NEW_YORK} & Co", f"{LONDON} & Co"]
    assert 'aria-sort="descending"' in guest.get(f"/reports/stores?{ADDRESS}").text


def test_a_page_says_how_fresh_it_is_and_a_sale_shows_once_added_up(
    stage: Stage, guest: httpx.Client
) -> None:
    assert re.search(r"As of <time [^>]*>\d\d:\d\d:\d\d</time>", guest.get("/reports/sales").text)
    stage.send(event(RECEIPTS[0] | {"no": "99", "minor": 12300}))
    late = guest.get(f"/reports/sales?{ADDRESS}").text
    assert "As of" in late
    assert "£84.50 in 9 orders" in late
    settle(stage)
    assert "£207.50 in 10 orders" in guest.get(f"/reports/sales?{ADDRESS}").text


def test_the_first_filling_is_told(stage: Stage, guest: httpx.Client) -> None:
    with stage.database.session(stage.workspace_id) as connection:
        connection.execute("delete from report_figure")
    Rollup(stage.database, stage.workspace_id).check()
    assert "being added up for the first time; 7 days" in guest.get("/reports/sales").text


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("from=2026-13-01", "from"),
        ("span=x", "span"),
        ("from=2026-11-02&to=2026-11-01", "to"),
        ("currency=x", "currency"),
    ],
)
def test_bad_input_is_told_with_its_field(guest: httpx.Client, query: str, field: str) -> None:
    for kind in ("sales", "stores", "staff"):
        answer = guest.get(f"/reports/{kind}?{query}")
        assert answer.status_code == 400
        assert f"<p>{field}: " in answer.text
        assert guest.get(f"/reports/{kind}.csv?{query}").status_code == 400
    assert guest.get("/reports/sales.csv?table=accounts").status_code == 400


@pytest.mark.parametrize("role", ["engineer", "associate", "privacy"])
def test_other_roles_have_no_reports(stage: Stage, role: Any) -> None:
    stage.add_account("other@example.com", role)
    with closing(stage.client(email="other@example.com")) as client:
        for path in (
            "",
            "/sales",
            "/stores",
            "/store?store=x",
            "/staff",
            "/sales.csv",
            "/stores.csv",
            "/staff.csv",
            "/store.csv",
        ):
            assert client.get(f"/reports{path}").status_code == 403, path
        assert "/reports" not in client.get("/customers").text


@pytest.mark.parametrize("role", ["marketer", "manager"])
def test_marketers_and_managers_have_them(stage: Stage, role: Any) -> None:
    stage.add_account("other@example.com", role)
    with closing(stage.client(email="other@example.com")) as client:
        for path in ("/sales", "/stores", "/staff", "/sales.csv", "/stores.csv", "/staff.csv"):
            assert client.get(f"/reports{path}").status_code == 200, path
        assert client.get("/reports").headers["location"] == "/reports/sales"
        assert 'href="/reports/sales"' in client.get("/customers").text


def test_nobody_reads_reports_without_signing_in(stage: Stage) -> None:
    with closing(stage.client(email=None)) as client:
        for path in ("/reports/sales", "/reports/staff.csv"):
            assert client.get(path).status_code == 303


@pytest.fixture
def manager(stage: Stage, guest: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> httpx.Client:
    """The same browser, whose person is limited to the store in London."""
    assert stage.console is not None
    accounts = stage.console.desk.accounts
    viewer_of = accounts.viewer

    async def limited(token: str) -> Viewer | None:
        viewer = await viewer_of(token)
        return viewer and msgspec.structs.replace(viewer, role="manager", stores=frozenset({LONDON}))

    monkeypatch.setattr(accounts, "viewer", limited)
    return guest


def test_a_limited_manager_sees_their_stores_alone(manager: httpx.Client) -> None:
    mine = [one for one in RECEIPTS if one.get("store") == LONDON]
    assert net_of(file(manager, "sales"), "first_day") == net_by("day", "GBP", mine)
    assert net_of(file(manager, "stores"), "store") == net_by("store", "GBP", mine)
    staff = {name.removeprefix("'"): net for name, net in net_of(file(manager, "staff"), "staff").items()}
    assert staff == net_by("staff", "GBP", mine)
    for path in ("sales", "stores", "staff"):
        page = manager.get(f"/reports/{path}?{ADDRESS}").text
        assert "USD" not in page
        assert "alert(1)" not in page
        assert "s9" not in page
        assert "No store" not in page
    assert manager.get("/reports/store", params={"store": LONDON}).status_code == 200
    for kind in ("sales", "store", "stores", "staff"):
        for suffix in ("", ".csv"):
            answer = manager.get(f"/reports/{kind}{suffix}", params=SPAN | {"store": NEW_YORK})
            assert answer.status_code == 404, kind
            assert "70.00" not in answer.text


def test_another_workspace_is_not_seen(stage: Stage, guest: httpx.Client, database: Database) -> None:
    other = add_workspace(database, "neighbour")
    with database.session(other) as connection:
        connection.execute(
            "insert into report_figure select %s, 'channels', 'day', '', '2026-11-01', 'store', 'GBP', 9, 9, 9, 9, 9, 9, 9, 9, 9",
            (other,),
        )
    assert "£84.50 in 9 orders" in guest.get(f"/reports/sales?{ADDRESS}").text


def test_a_fragment_answers_htmx_and_forms_do_not_change_anything(guest: httpx.Client) -> None:
    page = guest.get("/reports/sales", headers=FRAGMENT)
    assert "<html" not in page.text
    assert "Net sales" in page.text
    assert guest.post("/reports/sales", data={"csrf": token_in(guest.get("/people").text)}).status_code == 405


def test_an_empty_house_is_told_what_comes(stage: Stage, visitor: httpx.Client) -> None:
    for kind in ("sales", "stores", "staff"):
        page = visitor.get(f"/reports/{kind}")
        assert page.status_code == 200
        assert "No sales in this span" in page.text
        assert rows_of(visitor.get(f"/reports/{kind}.csv")) is not None
