"""Requests on the privacy officer's desk: each kind all the way, its clock, its proof, and who may do it."""

from __future__ import annotations

import hashlib
import json
import re
from contextlib import closing
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any, get_args
from uuid import UUID

import httpx
import pytest

from regulars.console.accounts import Role
from regulars.console.requests.book import NewRequest, Request
from regulars.intake.rebuild import Rebuilder
from regulars.store.audit import verify_chain
from tests.console.stage import Stage, details, sale, token_in
from tests.console.test_pages import FRAGMENT, check

JANE = {
    "external_id": "c-jane", "loyalty_card": "L0001", "email": "jane.doe@example.com", "phone": "+442079460018",
    "given_name": "Jane", "family_name": "Doe",
}  # fmt: skip
HOSTILE = '<script>alert("1")</script>'


def open_book(stage: Stage) -> Any:
    assert stage.console is not None
    return stage.console.desk.requests.book


def profile_of(client: httpx.Client, query: str = "L0001") -> str | None:
    found = re.search(r'href="/customers/([0-9a-f]{32})"', client.get("/customers", params={"q": query}).text)
    return found[1] if found else None


def known(stage: Stage, client: httpx.Client) -> str:
    """Jane, known to tills and web shop; the id of her profile."""
    person: dict[str, Any] = {**JANE}
    stage.send(sale("R-1", **person), sale("R-2", total_minor=1250, **person))
    stage.send(
        details("w-1", **{**JANE, "external_id": "web-7", "birth_date": "1990-02-01"}), source="webshop"
    )
    profile = profile_of(client)
    assert profile is not None
    return profile


def post(client: httpx.Client, path: str, **fields: str) -> httpx.Response:
    return client.post(path, data={"csrf": token_in(client.get("/requests/new").text), **fields})


def today(stage: Stage) -> str:
    return str(stage.run(open_book(stage).today()))


def ask(stage: Stage, client: httpx.Client, kind: str, profile: str, **more: str) -> str:
    """A request written down and its identity checked; the path of its page."""
    fields = {
        "kind": kind, "came_by": "letter", "received_on": today(stage), "customer": profile,
        "asked_by": "Jane Doe", "wording": "As is my right.", **more,
    }  # fmt: skip
    answer = post(client, "/requests", **fields)
    assert answer.status_code == 303, answer.text
    path = answer.headers["location"]
    assert "Check who asks" in client.get(path).text
    page = post(client, f"{path}/check", method="account")
    assert page.status_code == 200, page.text
    assert "Identity checked" in page.text
    return str(path)


def one(stage: Stage, path: str) -> Request:
    found: Request = stage.run(open_book(stage).one(int(path.rpartition("/")[2])))
    return found


def test_a_request_for_access_ends_with_a_copy_and_a_proof(stage: Stage, visitor: httpx.Client) -> None:
    path = ask(stage, visitor, "access", known(stage, visitor))
    refused = post(visitor, f"{path}/answer")
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
    assert "Answered" in post(visitor, f"{path}/answer").text
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
        page = post(visitor, f"{path}/erase", confirm=typed)
        assert page.status_code == 400, typed
        assert 'id="f-confirm-error"' in page.text
    assert profile_of(visitor) is not None
    assert post(visitor, f"{path}/erase", confirm=" jane  DOE ").status_code == 200
    assert profile_of(visitor) is None


def test_an_erasure_takes_the_personal_content_of_all_their_requests(
    stage: Stage, visitor: httpx.Client
) -> None:
    profile = known(stage, visitor)
    other = ask(stage, visitor, "access", profile)
    path = ask(stage, visitor, "erasure", profile, wording="Forget my address 12 Mill Lane.")
    post(visitor, f"{path}/notes", note="She called from work.")
    done = post(visitor, f"{path}/erase", confirm=path.rpartition("/")[2])
    assert "The customer is erased" in done.text
    for at in (path, other):
        page = visitor.get(at)
        assert page.status_code == 200
        for text in ("Jane", "Mill Lane", "from work", "As is my right"):
            assert text not in page.text, text
        assert post(visitor, f"{at}/notes", note="late").status_code == 409
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
    assert post(visitor, f"{path}/erase", confirm="1").status_code in (404, 409)


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
    page = post(
        visitor, f"{path}/correct", given_name="Janet", email="Janet.Doe@Example.com", phone="020 7946 0999",
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
    post(visitor, f"{path}/correct", family_name="Dough", email="j.dough@example.com")
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
    assert post(visitor, f"{path}/correct", given_name="Jane").status_code == 200
    assert "<h1>Jane</h1>" in visitor.get(f"/customers/{profile}").text


def test_who_is_known_by_the_wrong_email_alone_is_not_corrected_here(
    stage: Stage, visitor: httpx.Client
) -> None:
    stage.send(sale("R-5", email="typo@example.com"))
    profile = profile_of(visitor, "typo@example.com")
    assert profile is not None
    path = ask(stage, visitor, "correction", profile)
    page = post(visitor, f"{path}/correct", email="right@example.com")
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
    page = post(visitor, f"{path}/correct", **fields)
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
    assert post(visitor, f"{path}/object").status_code == 200
    shown = visitor.get(f"/customers/{profile}").text
    assert ">Yes</span>" not in shown
    assert shown.count(">No</span>") == 3
    assert one(stage, path).proof == {"withdrawn": 3, "left_at_source": 0}


def test_the_queue_is_by_days_left_in_words(stage: Stage, visitor: httpx.Client) -> None:
    profile = UUID(known(stage, visitor))
    now = stage.run(open_book(stage).today())
    for days in (40, 1, 27):
        new = NewRequest(
            kind="access", came_by="email", received_on=now - timedelta(days=days), record_id=profile
        )
        stage.run(open_book(stage).add(new, "test"))
    assert stage.console is not None
    stage.console.desk.forget_counts()
    page = visitor.get("/requests").text
    numbers = re.findall(r'href="/requests/(\d+)"', page)
    assert numbers == ["1", "3", "2"]
    tags = re.findall(r"(\d+ days? (?:left|overdue)|Due today)", page)
    assert "overdue" in tags[0]
    assert "left" in tags[2]
    assert visitor.get("/").text.count('<span class="sr">waiting: </span>2') == 1, (
        "overdue or due within 7 days"
    )
    assert re.findall(r'href="/requests/(\d+)"', visitor.get("/requests?view=overdue").text) == ["1"]
    assert re.findall(r'href="/requests/(\d+)"', visitor.get("/requests?view=done").text) == []
    assert re.findall(r'href="/requests/(\d+)"', visitor.get("/requests?kind=erasure").text) == []
    assert (
        post(visitor, "/requests/1/refuse", reason="identity_not_proved", note="no answer").status_code == 200
    )
    assert re.findall(r'href="/requests/(\d+)"', visitor.get("/requests?view=done").text) == ["1"]


def test_pages_of_requests_follow_each_other(stage: Stage, visitor: httpx.Client) -> None:
    profile = UUID(known(stage, visitor))
    day = stage.run(open_book(stage).today())
    for n in range(55):
        received = day - timedelta(days=n % 3)
        new = NewRequest(kind="access", came_by="email", received_on=received, record_id=profile)
        stage.run(open_book(stage).add(new, "test"))
    for path in ("/requests", f"/requests?customer={profile.hex}"):
        seen, at = [], path
        for _ in range(3):
            page = visitor.get(at).text
            seen += re.findall(r'class="cover clip" href="/requests/(\d+)"', page)
            older = re.search(r'href="([^"]+)" rel="next"', page)
            if older is None:
                break
            at = unescape(older[1])
        assert len(seen) == len(set(seen)) == 55, path
    assert visitor.get("/requests?page=AAAA").status_code == 400


def test_a_customer_is_found_for_a_request_and_nobody_is_said_so(stage: Stage, visitor: httpx.Client) -> None:
    profile = known(stage, visitor)
    for query in ("JANE.DOE@example.com", "020 7946 0018", "L0001", "jane doe"):
        assert f'href="/requests/new?customer={profile}"' in post(visitor, "/requests/find", q=query).text, (
            query
        )
    page = post(visitor, "/requests/find", q=HOSTILE).text
    assert "Nobody is found" in page
    assert "<script>alert" not in page
    check(visitor.get(f"/requests/new?customer={profile}"))


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"kind": "party"}, "kind"),
        ({"came_by": "pigeon"}, "came_by"),
        ({"received_on": "soon"}, "received_on"),
        ({"received_on": "2199-01-01"}, "received_on"),
        ({"received_on": "1999-01-01"}, "received_on"),
        ({"asked_by": "x" * 4_001}, "asked_by"),
    ],
)
def test_a_wrong_request_names_its_field_and_keeps_what_was_typed(
    stage: Stage, visitor: httpx.Client, wrong: dict[str, str], field: str
) -> None:
    fields = {
        "kind": "access", "came_by": "letter", "received_on": today(stage), "customer": known(stage, visitor),
        "wording": "Keep me.",
    }  # fmt: skip
    page = post(visitor, "/requests", **{**fields, **wrong})
    assert page.status_code == 400
    assert f'href="#f-{field}"' in page.text
    assert "Keep me." in page.text


def test_a_request_follows_its_customer_through_a_merge(stage: Stage, visitor: httpx.Client) -> None:
    stage.send(
        sale("R-1", loyalty_card="L1", given_name="Ann", at=datetime.now(UTC) - timedelta(days=3)),
        sale("R-2", email="ann@example.com", given_name="Ann"),
    )
    second = profile_of(visitor, "ann@example.com")
    assert second is not None
    path = ask(stage, visitor, "access", second)
    stage.send(details("m-1", loyalty_card="L1", email="ann@example.com", given_name="Ann"))
    first = profile_of(visitor, "L1")
    assert first != second
    assert f'href="/customers/{first}"' in visitor.get(path).text
    assert '"/requests/1"' in visitor.get(f"/requests?customer={first}").text


@pytest.mark.parametrize("role", get_args(Role))
def test_only_owners_and_privacy_officers_work_here(stage: Stage, visitor: httpx.Client, role: Role) -> None:
    profile = known(stage, visitor)
    path = ask(stage, visitor, "erasure", profile)
    stage.add_account(f"{role}@roles.example", role, role)
    allowed = role in ("owner", "privacy")
    with closing(stage.client(email=f"{role}@roles.example")) as client:
        csrf = token_in(client.get("/customers").text)
        for page in ("/requests", "/requests/new", "/requests/consent", path, f"{path}/proof"):
            assert client.get(page).status_code == (200 if allowed else 403), page
        if not allowed:
            for form in (
                "check",
                "extend",
                "notes",
                "refuse",
                "erase",
                "correct",
                "object",
                "answer",
                "file",
                "print",
            ):
                assert (
                    client.post(f"{path}/{form}", data={"csrf": csrf, "confirm": "1"}).status_code == 403
                ), form
            for form in ("/requests", "/requests/find", "/requests/consent", f"/customers/{profile}/consent"):
                assert client.post(form, data={"csrf": csrf}).status_code == 403, form
            assert "Record what the customer told you" not in client.get(f"/customers/{profile}").text
    assert profile_of(visitor) == profile


def test_a_form_without_its_token_does_nothing(stage: Stage, visitor: httpx.Client) -> None:
    profile = known(stage, visitor)
    path = ask(stage, visitor, "erasure", profile)
    for form in (
        "check",
        "extend",
        "notes",
        "refuse",
        "erase",
        "correct",
        "object",
        "answer",
        "file",
        "print",
    ):
        assert visitor.post(f"{path}/{form}", data={"confirm": "Jane Doe"}).status_code == 403, form
    for form in ("/requests", "/requests/find", "/requests/consent", f"/customers/{profile}/consent"):
        assert visitor.post(form, data={"customer": profile}).status_code == 403, form
    assert profile_of(visitor) == profile
    assert one(stage, path).state == "checked"


def test_unknown_requests_are_not_found(visitor: httpx.Client) -> None:
    for number in ("0", "99", "x", "9" * 30, "-1"):
        assert visitor.get(f"/requests/{number}").status_code == 404, number
        assert post(visitor, f"/requests/{number}/check", method="card").status_code == 404, number


def test_hostile_words_are_only_words(stage: Stage, visitor: httpx.Client) -> None:
    stage.send(details("h-1", external_id="h", loyalty_card="L0001", given_name=HOSTILE, family_name="Doe"))
    profile = profile_of(visitor)
    assert profile is not None
    path = ask(stage, visitor, "access", profile, asked_by=HOSTILE, wording=HOSTILE)
    post(visitor, f"{path}/notes", note=HOSTILE)
    for page in ("/requests", path, f"{path}/proof", "/requests/consent"):
        check(visitor.get(page))
        check(visitor.get(page, headers=FRAGMENT), whole=False)
        assert "<script>alert" not in visitor.get(page).text
    assert "<script>alert" not in post(visitor, f"{path}/print").text


def test_the_trail_tells_each_step_and_no_content(stage: Stage, visitor: httpx.Client) -> None:
    path = ask(stage, visitor, "access", known(stage, visitor))
    post(visitor, f"{path}/notes", note="called back")
    post(visitor, f"{path}/extend", reason="complex")
    post(visitor, f"{path}/file")
    post(visitor, f"{path}/answer")
    with stage.database.session(stage.workspace_id) as connection:
        found = connection.execute(
            "select action, actor, details::text from audit where object = 'request:1' order by audit_no"
        ).fetchall()
    assert [action for action, _, _ in found] == [
        "request.received", "request.checked", "request.noted", "request.extended", "request.handed_out",
        "request.done",
    ]  # fmt: skip
    assert all(actor.startswith("user:") for _, actor, _ in found)
    assert not any(word in text for _, _, text in found for word in ("Jane", "called", "right"))
    assert "Request carried out" in visitor.get("/audit?object=request:1").text


def test_consent_is_counted_looked_up_and_recorded(stage: Stage, visitor: httpx.Client) -> None:
    profile = known(stage, visitor)
    stage.send(sale("R-7", email="other@example.com"))
    stage.send(
        {"id": "c-1", "type": "consent.given", "occurred_at": datetime.now(UTC).isoformat(),
         "consent": {"channel": "email", "address": "Jane.Doe@example.com"}},
    )  # fmt: skip
    page = re.sub(r"<[^>]+>", " ", visitor.get("/requests/consent?count=now").text)
    assert re.search(r"E-mail\s+marketing\s+1\s+0\s+1\s", page)
    assert re.search(r"SMS\s+marketing\s+0\s+0\s+1\s", page)
    looked = post(visitor, "/requests/consent", address="JANE.doe@example.com").text
    assert f'href="/customers/{profile}"' in looked
    assert "No customer has it" in post(visitor, "/requests/consent", address="who@example.com").text
    assert post(visitor, "/requests/consent", address=HOSTILE).status_code == 400
    said = {"channel": "email", "answer": "withdrawn", "reason": "letter of 3 May"}
    assert post(visitor, f"/customers/{profile}/consent", **said).status_code == 303
    page = re.sub(r"<[^>]+>", " ", visitor.get("/requests/consent?count=now").text)
    assert re.search(r"E-mail\s+marketing\s+0\s+1\s+1\s", page)
    with stage.database.session(stage.workspace_id) as connection:
        texts = connection.execute(
            "select details::text from audit where action = 'consent.withdrawn'"
        ).fetchall()
    assert len(texts) == 1
    assert "letter" not in texts[0][0]


@pytest.mark.parametrize(
    "wrong", [{"answer": "maybe"}, {"channel": "pigeon"}, {"reason": " "}, {"reason": "x" * 501}]
)
def test_a_wrong_word_for_a_customer_is_refused(
    stage: Stage, visitor: httpx.Client, wrong: dict[str, str]
) -> None:
    profile = known(stage, visitor)
    fields = {"channel": "email", "answer": "granted", "reason": "at the till", **wrong}
    assert post(visitor, f"/customers/{profile}/consent", **fields).status_code == 400
    assert "No consent is recorded" in visitor.get(f"/customers/{profile}").text
