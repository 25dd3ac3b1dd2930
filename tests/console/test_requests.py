"""Requests on the privacy officer's desk: each kind all the way, with its proof."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from regulars.intake.rebuild import Rebuilder
from regulars.store.audit import verify_chain
from tests.console.requesting import ask, known, one, post, profile_of, take
from tests.console.stage import Stage, details, sale


def test_a_request_for_access_ends_with_a_copy_and_a_proof(stage: Stage, visitor: httpx.Client) -> None:
    path = ask(stage, visitor, "access", known(stage, visitor))
    refused = take(visitor, path, "answer")
    assert refused.status_code == 409
    assert "Make the file or the printed copy first" in refused.text
    paper = post(visitor, f"{path}/print")
    for text in ("jane.doe@example.com", "R-1", "R-2", "£12.50", "As is my right.", "Print", "webshop"):
        assert text in paper.text, text
    file = post(visitor, f"{path}/file")
    assert file.headers["content-disposition"] == f'attachment; filename="request-{path[10:]}.json"'
    data = json.loads(file.content)
    assert {receipt["receipt"] for receipt in data["receipts"]} == {"R-1", "R-2"}
    assert data["requests"][0]["wording"] == "As is my right."
    assert "Answered" in take(visitor, path, "answer").text
    assert [copy["form"] for copy in one(stage, path).proof["files"]] == ["print", "json"]
    proof = visitor.get(f"{path}/proof").text
    assert "jane" not in proof.lower()
    assert "whose hash covers all lines before it" in proof


def test_the_file_of_a_request_has_the_hash_that_is_noted(stage: Stage, visitor: httpx.Client) -> None:
    path = ask(stage, visitor, "portability", known(stage, visitor))
    file = post(visitor, f"{path}/file")
    (noted,) = one(stage, path).proof["files"]
    assert noted["sha256"] == hashlib.sha256(file.content).hexdigest()


def test_the_page_tells_what_an_erasure_removes_and_what_stays(stage: Stage, visitor: httpx.Client) -> None:
    path = ask(stage, visitor, "erasure", known(stage, visitor))
    page = visitor.get(path).text
    rows = dict(re.findall(r'<th scope="row">(\w[^<]*)</th>((?:<td class="end">\d+</td>)+)', page))
    counts = {
        name: [int(n) for n in re.findall(r"\d+", cells.replace("end", ""))] for name, cells in rows.items()
    }
    assert counts["tills"][:4] == [1, 4, 2, 2]
    assert counts["webshop"][:4] == [1, 4, 1, 0]
    assert counts["In all"][:4] == [2, 8, 3, 2]
    assert "2 receipts, as nobody's" in page
    assert "£21.49" in page


def test_an_erasure_needs_the_name_or_the_number_typed(stage: Stage, visitor: httpx.Client) -> None:
    path = ask(stage, visitor, "erasure", known(stage, visitor))
    for typed in ("", "jane", "0", "Jane Doe Doe"):
        page = take(visitor, path, "erase", confirm=typed)
        assert page.status_code == 400, typed
        assert 'id="f-confirm-error"' in page.text
    assert profile_of(visitor) is not None
    assert take(visitor, path, "erase", confirm=" jane  DOE ").status_code == 200
    assert profile_of(visitor) is None


def test_an_erasure_takes_the_personal_content_of_all_their_requests(
    stage: Stage, visitor: httpx.Client
) -> None:
    profile = known(stage, visitor)
    other = ask(stage, visitor, "access", profile)
    path = ask(stage, visitor, "erasure", profile, wording="Forget my address 12 Mill Lane.")
    take(visitor, path, "notes", note="She called from work.")
    done = take(visitor, path, "erase", confirm=path.rpartition("/")[2])
    assert "The customer is erased" in done.text
    for at in (path, other):
        page = visitor.get(at)
        assert page.status_code == 200
        for text in ("Jane", "Mill Lane", "from work", "As is my right"):
            assert text not in page.text, text
        assert take(visitor, at, "notes", note="late").status_code == 409
    erased, ended = one(stage, path), one(stage, other)
    assert (erased.state, erased.outcome, ended.state, ended.outcome) == (
        "done", "erased", "done", "customer_erased",
    )  # fmt: skip
    assert erased.subject == ended.subject
    assert erased.proof["clear_also_at"] == ["tills", "webshop"]
    with stage.database.session(stage.workspace_id) as connection:
        left = connection.execute(
            "select count(*) from privacy_request where record_id is not null or sealed is not null or sealed_key is not null"
        ).fetchone()
        assert left == (0,)
        assert verify_chain(connection, stage.workspace_id)[1] is None
    proof = visitor.get(f"{path}/proof").text
    assert "Records removed" in proof
    assert "whose hash covers all lines before it" in proof
    assert take(visitor, path, "erase", confirm="1").status_code in (404, 409)


def test_an_erasure_by_another_way_ends_the_requests_too(stage: Stage, visitor: httpx.Client) -> None:
    profile = known(stage, visitor)
    path = ask(stage, visitor, "correction", profile)
    stage._forget(profile, "cli", "letter")
    found = one(stage, path)
    assert (found.state, found.outcome, found.closed_by, found.content) == (
        "done",
        "customer_erased",
        "cli",
        None,
    )
    assert "The customer is erased" in visitor.get(path).text


def test_a_correction_is_told_to_each_record_that_is_wrong(stage: Stage, visitor: httpx.Client) -> None:
    profile = known(stage, visitor)
    path = ask(stage, visitor, "correction", profile)
    page = take(
        visitor, path, "correct", given_name="Janet", email="Janet.Doe@Example.com", phone="020 7946 0999",
        birth_date="1990-02-11", line1="12 Mill Lane", city="Ely", postcode="CB7 4AA", country="GB",
    )  # fmt: skip
    assert page.status_code == 200, page.text
    assert "Corrected" in page.text
    assert profile_of(visitor) == profile, "the records are still one customer"
    shown = visitor.get(f"/customers/{profile}").text
    for text in ("Janet Doe", "janet.doe@example.com", "11 Feb 1990", "12 Mill Lane, CB7 4AA, Ely, GB"):
        assert text in shown, text
    assert profile_of(visitor, "janet.doe@example.com") == profile
    assert profile_of(visitor, "janet doe") == profile
    # The wrong e-mail is a former one: a stranger who has it and another name is not taken for her.
    stage.send(sale("R-9", email="jane.doe@example.com", given_name="Otto"))
    assert stage.console is not None
    assert one(stage, path).proof["fields"] == ["given_name", "birth_date", "address", "email", "phone"]
    assert "2 orders" in re.sub(r"<[^>]+>", " ", shown) or ">2<" in shown
    assert ">2<" in visitor.get(f"/customers/{profile}").text


def test_a_correction_goes_through_the_log(stage: Stage, visitor: httpx.Client) -> None:
    """What was corrected is an event: the log rebuilds it, and the trail names who said it."""
    profile = known(stage, visitor)
    path = ask(stage, visitor, "correction", profile)
    take(visitor, path, "correct", family_name="Dough", email="j.dough@example.com")
    assert Rebuilder(stage.database, stage.vault).verify().differences == []
    with stage.database.session(stage.workspace_id) as connection:
        (lines,) = connection.execute(
            "select count(*) from audit where action = 'customer.updated' and starts_with(actor, 'user:') and object = %(o)s",
            {"o": f"profile:{profile}"},
        ).fetchone() or (0,)
    assert lines == 2


def test_a_correction_wins_over_a_source_whose_clock_is_ahead(stage: Stage, visitor: httpx.Client) -> None:
    ahead = datetime.now(UTC) + timedelta(minutes=4)
    stage.send(details("a-1", at=ahead, external_id="x1", loyalty_card="L0001", given_name="Jnae"))
    profile = profile_of(visitor)
    assert profile is not None
    path = ask(stage, visitor, "correction", profile)
    assert take(visitor, path, "correct", given_name="Jane").status_code == 200
    assert "<h1>Jane</h1>" in visitor.get(f"/customers/{profile}").text


def test_who_is_known_by_the_wrong_email_alone_is_not_corrected_here(
    stage: Stage, visitor: httpx.Client
) -> None:
    stage.send(sale("R-5", email="typo@example.com"))
    profile = profile_of(visitor, "typo@example.com")
    assert profile is not None
    path = ask(stage, visitor, "correction", profile)
    page = take(visitor, path, "correct", email="right@example.com")
    assert page.status_code == 409
    assert "known by this e-mail or phone alone" in page.text
    assert 'value="right@example.com"' in page.text, "what was typed stays"
    assert one(stage, path).open


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "given_name"),
        ({"email": "nobody"}, "email"),
        ({"phone": "12"}, "phone"),
        ({"birth_date": "yesterday"}, "birth_date"),
        ({"birth_date": "2199-01-01"}, "birth_date"),
        ({"given_name": "x" * 201}, "given_name"),
        ({"family_name": "n/a"}, "family_name"),
    ],
)
def test_a_wrong_correction_names_its_field(
    stage: Stage, visitor: httpx.Client, fields: dict[str, str], field: str
) -> None:
    path = ask(stage, visitor, "correction", known(stage, visitor))
    page = take(visitor, path, "correct", **fields)
    assert page.status_code == 400
    assert f'href="#f-{field}"' in page.text
    assert one(stage, path).open


def test_an_objection_withdraws_every_consent(stage: Stage, visitor: httpx.Client) -> None:
    profile = known(stage, visitor)
    for channel in ("email", "sms"):
        answer = post(
            visitor,
            f"/customers/{profile}/consent",
            channel=channel,
            answer="granted",
            reason="told at the till",
        )
        assert answer.headers["location"] == f"/customers/{profile}#consent"
    push = {"channel": "push", "purpose": "news"}
    stage.send(
        {"id": "p-1", "type": "consent.given", "occurred_at": datetime.now(UTC).isoformat(),
         "customer": {"external_id": "c-jane"}, "consent": push},
    )  # fmt: skip
    assert visitor.get(f"/customers/{profile}").text.count(">Yes</span>") == 3
    path = ask(stage, visitor, "objection", profile)
    assert take(visitor, path, "object").status_code == 200
    shown = visitor.get(f"/customers/{profile}").text
    assert ">Yes</span>" not in shown
    assert shown.count(">No</span>") == 3
    assert one(stage, path).proof == {"withdrawn": 3, "left_at_source": 0}
