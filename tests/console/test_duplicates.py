"""Duplicates: the queue, deciding on a pair or on many, undoing, merging and taking apart by hand."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from regulars.console.web.nav import MAY_OPEN
from regulars.store.audit import verify_chain
from tests.console.stage import Stage, details, token_in

HOSTILE = "<script>alert(1)</script>"
WHY = "Both said so"


def lookalikes(stage: Stage, family: str, count: int = 2, **more: Any) -> list[str]:
    """Customers of one name and address with e-mails of their own: too little to link them. Their records' ids."""
    told = [
        details(f"{family}-{n}", external_id=f"{family}-{n}", given_name="Anna", family_name=family,
                email=f"{family}{n}@example.com".lower(), address={"line1": "1 High St", "city": "London", "postcode": "N1 1AA"}, **more)
        for n in range(count)
    ]  # fmt: skip
    return [str(result.profile_id) for result in stage.send(*told)]


def post(
    client: httpx.Client, path: str, page: str = "/customers/duplicates", **fields: str
) -> httpx.Response:
    """A form of a page, with its token."""
    return client.post(path, data={"csrf": token_in(client.get(page).text), **fields})


def pairs_in(page: str) -> list[str]:
    return re.findall(r'name="pair" value="([0-9a-f.]{65})"', page)


def profiles_of(stage: Stage, *records: str) -> set[str]:
    with stage.database.session(stage.workspace_id) as connection:
        rows = connection.execute("select record_id, profile_id from record").fetchall()
    now = {record.hex: profile.hex for record, profile in rows}
    return {now[record] for record in records}


def test_a_pair_is_shown_side_by_side_and_merged_and_undone(stage: Stage, visitor: httpx.Client) -> None:
    one, other = lookalikes(stage, HOSTILE)
    page = visitor.get("/customers/duplicates").text
    assert HOSTILE not in page
    assert "&lt;script&gt;" in page
    (pair,) = pairs_in(page)
    assert page.count("Differs") >= 1
    assert page.count(">Same<") >= 1
    merged = post(visitor, "/customers/duplicates/decide", pair=pair, answer="together", reason=WHY)
    assert "They are one customer now." in merged.text
    assert len(profiles_of(stage, one, other)) == 1
    (undo,) = re.findall(r'action="(/customers/duplicates/decisions/[0-9a-f]{32}/undo)"', merged.text)
    back = post(visitor, undo, reason="No", **{"from": "queue"})
    assert back.headers["location"] == "/customers/duplicates"
    assert len(profiles_of(stage, one, other)) == 2
    assert pairs_in(visitor.get("/customers/duplicates").text) == [pair]
    with stage.database.session(stage.workspace_id) as connection:
        assert verify_chain(connection, stage.workspace_id)[0]
    trail = visitor.get("/audit").text
    assert "Customers merged" in trail
    assert "Decision on records undone" in trail


def test_two_customers_who_are_two_do_not_wait_any_more(stage: Stage, visitor: httpx.Client) -> None:
    one, other = lookalikes(stage, "Apart")
    (pair,) = pairs_in(visitor.get("/customers/duplicates").text)
    kept = post(visitor, "/customers/duplicates/decide", pair=pair, answer="apart", reason=WHY)
    assert "They stay two customers." in kept.text
    assert "Nothing waits" in kept.text
    assert len(profiles_of(stage, one, other)) == 2
    late = post(visitor, "/customers/duplicates/decide", pair=pair, answer="together", reason=WHY)
    assert "Somebody else decided on this pair meanwhile." in late.text
    assert len(profiles_of(stage, one, other)) == 2


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"answer": "together", "reason": "  "}, 400),
        ({"answer": "together", "reason": "x" * 501}, 400),
        ({"answer": "perhaps"}, 400),
        ({"answer": "apart", "pair": "nonsense"}, 400),
        ({"answer": "apart", "pair": ""}, 400),
    ],
)
def test_what_makes_no_decision_changes_nothing(
    stage: Stage, visitor: httpx.Client, fields: dict[str, str], status: int
) -> None:
    lookalikes(stage, "Wrong")
    (pair,) = pairs_in(visitor.get("/customers/duplicates").text)
    answer = post(visitor, "/customers/duplicates/decide", **({"pair": pair, "reason": WHY} | fields))
    assert answer.status_code == status
    assert pairs_in(visitor.get("/customers/duplicates").text) == [pair]


def test_many_pairs_are_merged_after_a_look_at_what_would_change(stage: Stage, visitor: httpx.Client) -> None:
    people = [lookalikes(stage, family) for family in ("Oakes", "Pines", "Roses")]
    page = visitor.get("/customers/duplicates?least=0.5").text
    assert len(pairs_in(page)) == 3
    seen = visitor.get("/customers/duplicates/many?least=0.5").text
    assert "Merge 3 pairs?" in seen
    assert "6 customers become 3." in " ".join(seen.split())
    (pairs,) = re.findall(r'name="pairs" value="([^"]*)"', seen)
    lacking = post(visitor, "/customers/duplicates/many", pairs=pairs, answer="together", reason="")
    assert lacking.status_code == 400
    assert 'aria-invalid="true"' in lacking.text
    done = post(visitor, "/customers/duplicates/many", pairs=pairs, answer="together", reason=WHY)
    assert "3 decisions were made." in done.text
    assert [len(profiles_of(stage, *two)) for two in people] == [1, 1, 1]
    again = post(visitor, "/customers/duplicates/many", pairs=pairs, answer="together", reason=WHY)
    assert "Somebody else decided on these pairs meanwhile." in again.text
    assert "No pair of so many bits waits." in visitor.get("/customers/duplicates/many?least=99").text


def test_conflicts_stand_alone_and_are_never_merged_with_the_crowd(
    stage: Stage, visitor: httpx.Client
) -> None:
    stage.send(*(
        details(f"card-{n}", external_id=f"card-{n}", loyalty_card=f"C-{n}", given_name="Cora",
                family_name="Card", birth_date="1980-03-04")
        for n in (1, 2)
    ))  # fmt: skip
    lookalikes(stage, "Crowd")
    (conflict,) = pairs_in(visitor.get("/customers/duplicates?only=conflicts").text)
    assert len(pairs_in(visitor.get("/customers/duplicates").text)) == 2
    seen = visitor.get("/customers/duplicates/many?least=-50").text
    assert conflict not in seen
    assert "Merge 1 pair?" in seen


def test_the_queue_says_what_it_is_worth_and_pages(stage: Stage, visitor: httpx.Client) -> None:
    lookalikes(stage, "Many", 6)
    sale = {
        "id": "s-1", "type": "sale.completed", "occurred_at": details("x")["occurred_at"],
        "customer": {"external_id": "Many-1"},
        "sale": {"receipt": "R-1", "currency": "EUR", "total_minor": 123_456,
                 "lines": [{"sku": "A", "name": "A", "total_minor": 123_456}]},
    }  # fmt: skip
    stage.send(sale)
    first = visitor.get("/customers/duplicates").text
    assert "1,234.56" in first
    (older,) = re.findall(r'href="(/customers/duplicates\?page=[^"]+)"', first)
    second = visitor.get(older).text
    assert "customer" in first
    assert not set(pairs_in(first)) & set(pairs_in(second))
    assert len(pairs_in(first)) + len(pairs_in(second)) == 15
    for mark in ("nonsense", "MXwyfDM"):
        assert visitor.get(f"/customers/duplicates?page={mark}").status_code == 400


def test_records_are_taken_out_after_a_look_and_come_back_by_an_undo(
    stage: Stage, visitor: httpx.Client
) -> None:
    told = [details(f"t-{n}", external_id=f"t-{n}", loyalty_card="L-1", given_name="Tom") for n in range(3)]
    records = [str(result.profile_id) for result in stage.send(*told)]
    with stage.database.session(stage.workspace_id) as connection:
        ids = [row[0].hex for row in connection.execute("select record_id from record order by 1").fetchall()]
    (profile,) = profiles_of(stage, *ids)
    page = f"/customers/{profile}/take-apart"
    out = next(one for one in ids if one != profile)
    chosen = {f"record.{out}": "1"}
    seen = post(visitor, page, page, step="look", reason=WHY, **chosen)
    assert "What would change" in seen.text
    assert len(profiles_of(stage, *ids)) == 1
    lacking = post(visitor, page, page, step="do", reason="", **chosen)
    assert lacking.status_code == 400
    nobody = post(visitor, page, page, step="do", reason=WHY)
    assert nobody.status_code == 400
    done = post(visitor, page, page, step="do", reason=WHY, **chosen)
    assert done.headers["location"] == f"/customers/{profile}#decisions"
    assert len(profiles_of(stage, *ids)) == 2
    listed = visitor.get("/customers/duplicates/decisions").text
    (undo,) = re.findall(r'href="(/customers/duplicates/decisions/[0-9a-f]{32}/undo)"', listed)
    assert "Kept apart" in listed
    assert "2 customers become 1." in " ".join(visitor.get(undo).text.split())
    assert post(visitor, undo, undo, reason="").status_code == 400
    assert post(visitor, undo, undo, reason="Wrong").status_code == 303
    assert len(profiles_of(stage, *records)) == 1


def test_two_customers_are_found_compared_and_merged(stage: Stage, visitor: httpx.Client) -> None:
    one, other = lookalikes(stage, "Found")
    page = f"/customers/{one}/merge"
    assert "Nobody else found" in visitor.get(page, params={"q": "zzzz"}).text
    assert other in visitor.get(page, params={"q": "found1@example.com"}).text
    seen = visitor.get(page, params={"with": other}).text
    assert "Side by side" in seen
    assert post(visitor, page, f"{page}?with={other}", reason="", **{"with": other}).status_code == 400
    assert visitor.get(page, params={"with": one}).status_code == 400
    assert visitor.get(page, params={"with": "0" * 32}).status_code == 404
    assert post(visitor, page, f"{page}?with={other}", reason=WHY, **{"with": other}).status_code == 303
    assert len(profiles_of(stage, one, other)) == 1


def test_a_role_that_does_not_see_contacts_compares_them_masked(stage: Stage) -> None:
    lookalikes(stage, "Masked")
    stage.add_account("mark@example.com", "marketer", "Mark")
    client = stage.client(email="mark@example.com")
    page = client.get("/customers/duplicates").text
    assert "masked0@example.com" not in page
    assert "m•••@example.com" in page
    assert "Differs" in page


def test_associates_see_nothing_of_it(stage: Stage) -> None:
    stage.add_account("sam@example.com", "associate", "Sam")
    client = stage.client(email="sam@example.com")
    assert "/customers/duplicates" not in client.get("/customers").text
    assert client.get("/customers/duplicates").status_code == 403
    assert MAY_OPEN["duplicates"] == {"owner", "engineer", "marketer", "manager", "privacy"}


def test_a_form_without_its_token_is_refused(stage: Stage, visitor: httpx.Client) -> None:
    one, other = lookalikes(stage, "Token")
    (pair,) = pairs_in(visitor.get("/customers/duplicates").text)
    fields = {"pair": pair, "answer": "together", "reason": WHY}
    assert visitor.post("/customers/duplicates/decide", data=fields).status_code == 403
    assert len(profiles_of(stage, one, other)) == 2
