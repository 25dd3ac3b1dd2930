"""The loyalty card of a customer, what moved their points, and why the balance is what it is."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from regulars.console.accounts import Role
from regulars.store.workspaces import add_workspace
from regulars.vocabulary.events import ADJUSTED, HELD, OPENED
from tests.console.stage import Stage, details
from tests.members import PROGRAMME, join, publish, say, sell

EVIL = "<script>alert(1)</script>"


def card(page: str) -> str:
    """The card's markup."""
    found = re.search(r'<section class="card" id="loyalty">.*?</section>', page, re.DOTALL)
    assert found is not None
    return found[0]


def member(stage: Stage) -> str:
    """Ada with 84 points of sales, 20 that come later, 30 that end soon, 10 held and a tier nearly lost."""
    publish(stage, PROGRAMME + "[cycle]\nwarn_days = 366\n")
    ada = join(stage, stage.source("tills"), "ada")
    sell(stage, stage.source("tills"), "ada", 8_450, receipt="S-ADA")
    now = datetime.now(UTC)
    say(
        stage,
        OPENED,
        ada,
        amount=20,
        active_from=now + timedelta(days=2),
        expires_at=now + timedelta(days=40),
    )
    say(stage, OPENED, ada, amount=30, expires_at=now + timedelta(days=5))
    say(stage, HELD, ada, amount=10)
    return ada


def test_the_card_says_balance_pending_ends_and_the_next_tier(stage: Stage) -> None:
    ada = member(stage)
    shown = card(stage.client().get(f"/customers/{ada}").text)
    text = re.sub(r"<[^>]+>", " ", shown)
    assert '<div class="kpi-value">114</div>' in shown
    for words in (
        "Corner Club",
        "worth £1.14",
        "Pending 20",
        "Reserved at a till 10",
        "£15.50 more",
        "To Gold",
    ):
        assert words in re.sub(r"\s+", " ", text), words
    assert shown.count("#calendar-event") == 3  # every day on which points end
    assert "<b>" not in text
    assert "Gold &lt;b&gt;" in shown


@pytest.mark.parametrize(("role", "spend"), [("owner", True), ("marketer", True), ("associate", False)])
def test_what_is_missing_for_a_tier_shows_to_those_only_who_see_spend(
    stage: Stage, role: Role, spend: bool
) -> None:
    ada = member(stage)
    stage.add_account(f"{role}@shops.example", role)
    shown = card(stage.client(email=f"{role}@shops.example").get(f"/customers/{ada}").text)
    assert ("£15.50 more" in shown) is spend
    assert ("Next tier" in shown) is not spend


def test_who_takes_part_in_nothing_is_told_so_and_a_shop_without_programme_has_no_card(stage: Stage) -> None:
    bob = str(stage.send(details("b-1", external_id="bob"))[0].profile_id)
    client = stage.client()
    assert 'id="loyalty"' not in client.get(f"/customers/{bob}").text
    publish(stage)
    assert "takes part in no programme" in card(client.get(f"/customers/{bob}").text)
    assert client.get(f"/customers/{bob}/points").status_code == 404
    assert client.get(f"/customers/{'0' * 32}/points").status_code == 404


def test_movements_are_paged_and_filtered_and_hostile_words_stay_words(stage: Stage) -> None:
    ada = member(stage)
    for n in range(28):
        say(stage, ADJUSTED, ada, amount=n + 1, reason=EVIL, actor="cli")
    client = stage.client()
    first = client.get(f"/customers/{ada}/points").text
    assert first.count("<tr>") == 1 + 25
    assert "<script>alert" not in first
    assert EVIL.replace("<", "&lt;").replace(">", "&gt;") in first
    older = re.search(r'href="([^"]+)"[^>]*rel="next"', first)
    assert older is not None
    assert client.get(older[1].replace("&amp;", "&")).text.count("<tr>") == 1 + 6
    earned = client.get(f"/customers/{ada}/points?kind=earned").text
    assert re.findall(r'class="end">([^<]+)</td>', earned) == ["+84"]
    assert "S-ADA" in earned
    assert "Nothing of this kind" in client.get(f"/customers/{ada}/points?kind=spent").text
    assert client.get(f"/customers/{ada}/points?page=x").status_code == 400


def test_the_balance_is_explained_by_the_books_and_by_the_sales_and_rules_that_gave_it(stage: Stage) -> None:
    ada = member(stage)
    base = f"/customers/{ada}"
    client = stage.client()
    why = re.search(rf'href="({base}/points/why[^"]*)"', client.get(base).text)
    assert why is not None
    page = client.get(why[1].replace("&amp;", "&")).text
    assert "The books come to this" in page
    assert re.findall(r'<dd class="num[^"]*">([^<]+)</dd>', page) == ["+84", "+50", "-20", "114"]
    assert "S-ADA" in page
    assert "<code>base</code>" in page
    assert re.findall(r'<td class="end">(\d+)</td>', page) == ["30", "20", "84"]  # the soonest to end first


def test_points_of_another_workspace_are_not_there(stage: Stage) -> None:
    ada = member(stage)
    other = add_workspace(stage.database, "other")
    with stage.database.session(other) as conn:
        assert conn.execute("select count(*) from loyalty_lot").fetchone() == (0,)
    with stage.database.session(stage.workspace_id) as conn:
        assert conn.execute("select count(*) from loyalty_lot where record_id = %s", (ada,)).fetchone() == (
            3,
        )
