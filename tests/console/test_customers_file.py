"""The list of customers under filters, and as a file: whole, guarded, masked by role, and noted."""

from __future__ import annotations

import csv
import io
import re
from html import unescape

import httpx
import pytest

from regulars.console.accounts import Role
from tests.console.stage import Stage, details, sale


def as_role(stage: Stage, role: Role) -> httpx.Client:
    email = f"{role}@shops.example"
    stage.add_account(email, role)
    return stage.client(email=email)


def lines(answer: httpx.Response) -> list[dict[str, str]]:
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.text)))


def trade(stage: Stage) -> None:
    """Two customers of the tills, one of the web shop, one of whom two sources know."""
    stage.send(
        sale("R-1", loyalty_card="L1", given_name="Ada", email="ada@example.com", store="north"),
        sale("R-2", loyalty_card="L2", given_name="=Bea()", store="south", total_minor=250),
        source="tills",
    )
    stage.send(
        details("D-1", loyalty_card="L1", given_name="Ada"),
        details("D-2", external_id="w", given_name="Cy"),
        source="web",
    )


def test_filters_by_source_and_store_narrow_the_list(stage: Stage) -> None:
    trade(stage)
    guest = stage.client()
    web = stage.source("web").source_id
    names = ("Ada", "=Bea()", "Cy")
    for address, wanted in (
        ("/customers", names),
        (f"/customers?source={web}", ("Ada", "Cy")),
        ("/customers?store=north", ("Ada",)),
        (f"/customers?store=north&source={web}&order=newest", ("Ada",)),
        ("/customers?store=nowhere", ()),
        ("/customers?source=999", ()),
        ("/customers?source=x%27", names),
    ):
        text = guest.get(address).text
        assert [name for name in names if f">{name}</a>" in text] == list(wanted), address


def test_columns_are_hidden_and_shown_again_with_the_filters_kept(stage: Stage) -> None:
    trade(stage)
    guest = stage.client()
    text = guest.get("/customers?store=north&hide=contact,spend,nonsense").text
    table = text.partition("<thead>")[2]
    assert "ada@example.com" not in table
    assert "Spend" not in table
    assert "Last seen" in table
    offered = [unescape(one) for one in re.findall(r'href="(/customers[^"]*hide=[^"]*)"', text)]
    assert "/customers?store=north&hide=spend" in offered, "shows the contact again"
    assert "/customers?store=north&hide=contact%2Corders%2Cspend" in offered


def test_the_file_holds_those_who_pass_and_no_formula(stage: Stage) -> None:
    trade(stage)
    found = lines(stage.client().get("/customers.csv"))
    assert {one["name"]: one["spend"] for one in found} == {"Ada": "8.99", "'=Bea()": "2.50", "Cy": ""}
    assert {one["sources"] for one in found} == {"tills, web", "tills", "web"}
    assert [one["name"] for one in lines(stage.client().get("/customers.csv?store=south"))] == ["'=Bea()"]


def test_every_download_leaves_an_audit_line_with_its_filters(stage: Stage) -> None:
    trade(stage)
    guest = stage.client()
    guest.get("/customers.csv?store=north")
    page = guest.get("/audit").text
    assert "Customers downloaded" in page
    assert "north" in page


@pytest.mark.parametrize(
    ("role", "email", "spend"), [("marketer", "a•••@example.com", True), ("privacy", "ada@example.com", True)]
)
def test_contacts_are_masked_in_the_file_as_on_the_page(
    stage: Stage, role: Role, email: str, spend: bool
) -> None:
    trade(stage)
    ada = next(one for one in lines(as_role(stage, role).get("/customers.csv")) if one["name"] == "Ada")
    assert ada["email"] == email
    assert ("spend" in ada) is spend


def test_somebody_limited_gets_their_stores_alone_whatever_they_ask_for(stage: Stage) -> None:
    trade(stage)
    user_id = stage.add_account("north@shops.example", "manager")
    assert stage.console is not None
    stage.run(stage.console.desk.team.set_stores(user_id, ["north"], "test"))
    guest = stage.client(email="north@shops.example")
    found = lines(guest.get("/customers.csv"))
    assert [one["name"] for one in found] == ["Ada"]
    assert "spend" not in found[0]
    assert lines(guest.get("/customers.csv?store=south")) == []
    assert 'value="south"' not in guest.get("/customers").text


def test_those_who_may_not_have_the_file_are_not_offered_it(stage: Stage) -> None:
    for role in ("associate", "engineer"):
        guest = as_role(stage, role)
        assert guest.get("/customers.csv").status_code == 403
        assert "/customers.csv" not in guest.get("/customers").text
