"""What hostile input reaches: names that are markup, addresses that lead elsewhere, fields nobody asked for, logs."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from html import unescape
from typing import Any

import httpx
import pytest
import structlog

from regulars.observe import configure_logging, get_logger
from tests.console.crawl import Markup, Walk, walk
from tests.console.stage import EMAIL, PASSWORD, Stage, details, sale, sign_in, token_in
from tests.console.test_live import watching
from tests.console.test_pages import FRAGMENT
from tests.console.test_people import id_of, post

ATTACKS = (
    "' autofocus onfocus=alert(3) x='",
    '"><img src=x onerror=alert(2)>{{ 7 * 191 }}${7 * 191}',
    "<hx-partial hx-target='#page'>gone</hx-partial>",
    "javascript:alert(5)</title><svg/onload=alert(4)>",
    "<script>alert(1)</script>",
)
"""Names as somebody would type them who wants the console to run them."""
BROWSER_ATTRIBUTES = re.compile(r"on[a-z]+|style|srcdoc|formaction", re.IGNORECASE)


def invade(stage: Stage) -> None:
    """Every text that a source may send and a screen shows is an attack."""
    now = datetime.now(UTC).isoformat()
    for n, attack in enumerate(ATTACKS):
        code = attack[:40]
        customer: dict[str, Any] = {
            "given_name": attack, "family_name": attack, "external_id": attack, "loyalty_card": f"L{n}{attack}",
            "address": {"line1": attack, "city": attack},
        }  # fmt: skip
        bought = sale(f"{attack}{n}", store=code, channel="store", **customer)
        bought["sale"]["lines"][0] |= {"name": attack, "category": attack, "sku": code}
        stage.send(
            {"id": f"s{n}", "type": "store.updated", "occurred_at": now, "store_details": {"code": code, "name": attack}},
            bought,
            details(f"d{n}", **customer, email=f"a{n}@example.com", phone=f"+44207946{n:04d}"),
            {
                "id": f"v{n}", "type": "page.viewed", "occurred_at": now, "customer": customer,
                "properties": {"name": attack, "title": attack}, "channel": code,
            },
            {
                "id": f"c{n}", "type": "consent.given", "occurred_at": now, "customer": customer,
                "consent": {"channel": "email", "purpose": attack, "address": f"a{n}@example.com"},
            },
            {"id": attack, "type": attack, "occurred_at": attack, "customer": customer},
            attack.encode(),
        )  # fmt: skip
        stage.send(details(f"o{n}", email=f"a{n}@example.com", given_name=attack), source="other")
    with closing(stage.client()) as owner:
        for n, attack in enumerate(ATTACKS):
            post(owner, "/people/invite", email=f"p{n}@example.com", name=attack, role="associate")
            fields = {"name": attack, "source": "other", "scope.events:write": "1"}
            made = owner.post("/keys", data={"csrf": token_in(owner.get("/keys/new").text), **fields})
            assert made.status_code == 200


@pytest.fixture(scope="module")
def invaded(quiet: Stage) -> Walk:
    """All pages an owner can open in a house full of hostile names."""
    invade(quiet)
    with closing(quiet.client()) as client:
        seen = walk(client)
        for address in list(seen.pages):
            seen.pages[f"fragment of {address}"] = client.get(address, headers=FRAGMENT)
    return seen


@pytest.fixture(scope="module")
def owner(quiet: Stage) -> Iterator[httpx.Client]:
    """The owner's browser."""
    with closing(quiet.client()) as client:
        yield client


def assert_harmless(text: str, where: str) -> None:
    """Nothing in the page is run, or was made by a name."""
    for tag, attributes in Markup(text).elements:
        assert tag not in {"img", "iframe", "object", "base"}, where
        assert tag not in {"script", "hx-partial"} or "src" in attributes or "/live" in where, where
        for name, value in attributes.items():
            assert not BROWSER_ATTRIBUTES.fullmatch(name), f"{name} in {where}"
            assert not unescape(value).strip().lower().startswith("javascript:") or name not in {
                "href",
                "src",
                "action",
            }
    assert "1337" not in text, f"a name was taken for a template in {where}"


def test_no_name_is_run_on_any_page(invaded: Walk) -> None:
    for address, page in invaded.pages.items():
        assert page.status_code == 200, address
        assert_harmless(page.text, address)


@pytest.mark.parametrize(
    "kind",
    [r"/customers", r"/customers/[0-9a-f]{32}", r"/customers/[0-9a-f]{32}/events/\d+", r"/events", r"/events/\d+",
     r"/events/rejected", r"/", r"/people", r"/people/[0-9a-f]{32}/stores", r"/keys", r"/audit"],
)  # fmt: skip
def test_the_attacks_reached_the_pages_that_show_names(invaded: Walk, kind: str) -> None:
    """Without this the test before would hold for pages that show nothing."""
    pages = [
        unescape(re.sub("</?span[^>]*>", "", page.text))
        for address, page in invaded.pages.items()
        if re.fullmatch(kind, address.partition("?")[0])
    ]
    assert any(attack in text for attack in ATTACKS for text in pages)


def test_no_name_is_run_by_the_stream(quiet: Stage, owner: httpx.Client) -> None:
    for topic in ("events", "home"):
        with watching(owner, f"/live?topics={topic}") as watcher:
            for n, attack in enumerate(ATTACKS):
                quiet.send(details(f"{topic}{n}", external_id=f"{topic}{n}", given_name=attack))
            told = ""
            while "&lt;" not in told:  # the first may be told alone, and it has no mark
                _, told = watcher.message()
                assert_harmless(told, "/live")


def test_the_search_shows_what_was_asked_for_as_text(owner: httpx.Client) -> None:
    for attack in ATTACKS:
        assert_harmless(owner.get("/customers", params={"q": attack}).text, "/customers?q")


@pytest.mark.parametrize(
    "path", ["/", "/customers", "/nope", "/people/x/stores", "/static/nope", "/events/999999"]
)
def test_no_page_can_be_framed(owner: httpx.Client, path: str) -> None:
    for headers in ({}, FRAGMENT):
        answer = owner.get(path, headers=headers)
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"], path
        assert answer.headers["x-content-type-options"] == "nosniff", path


def test_no_page_that_was_opened_can_be_framed(invaded: Walk) -> None:
    for address, page in invaded.pages.items():
        assert "frame-ancestors 'none'" in page.headers["content-security-policy"], address
        assert "'unsafe" not in page.headers["content-security-policy"], address


def test_neither_can_what_a_stranger_sees_nor_a_refusal(quiet: Stage) -> None:
    quiet.add_account("a@roles.example", "associate", "A")
    with (
        closing(quiet.client(email=None)) as stranger,
        closing(quiet.client(email="a@roles.example")) as associate,
    ):
        answers = [
            stranger.get("/sign-in"),
            stranger.get("/invitation?token=x"),
            sign_in(stranger, EMAIL, "wrong"),
        ]
        answers += [associate.get("/people"), associate.post("/people/invite")]
        assert [one.status_code for one in answers] == [200, 200, 401, 403, 403]
        for answer in answers:
            assert "frame-ancestors 'none'" in answer.headers["content-security-policy"], answer.url


ELSEWHERE = (
    "https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil.example", "///evil.example",
    "/\tevil.example", "/%5cevil.example", "javascript:alert(1)", "/x\r\nSet-Cookie: a=b", "/x\nLocation: //evil.example",
    "http:evil.example", "/@evil.example/..//evil.example", "\u2215\u2215evil.example",
)  # fmt: skip


@pytest.mark.parametrize("target", ELSEWHERE)
def test_no_answer_leads_to_another_site_or_brings_a_header(quiet: Stage, target: str) -> None:
    with closing(quiet.client(email=None)) as client:
        answers = [sign_in(client, EMAIL, target=target), client.get("/sign-in", params={"next": target})]
        token = token_in(client.get("/").text)
        answers.append(client.post("/theme", data={"csrf": token, "theme": "dark", "next": target}))
        answers.append(client.get("/audit/check", params={"next": target, target: target}))
        answers.append(client.get(f"/customers/{'a' * 32}", params={target: target}))
    for answer in answers[:4]:
        assert answer.status_code == 303
    for answer in answers:
        where = httpx.URL(quiet.url).join(answer.headers.get("location", "/"))
        assert where.host == "127.0.0.1", where
        assert "a" not in answer.cookies
        assert set(answer.headers) & {"set-cookie2", "refresh"} == set()


def test_the_query_of_a_moved_customer_brings_no_header(quiet: Stage, owner: httpx.Client) -> None:
    quiet.send(sale("R-1", loyalty_card="L5", email="kim@example.com", given_name="Kim"))
    quiet.send(details("c-1", external_id="77", email="kim@example.com", given_name="Kim"), source="web")
    with quiet.database.session(quiet.workspace_id) as conn:
        found = conn.execute("select record_id from record where record_id <> profile_id").fetchall()
    moved = owner.get(f"/customers/{found[0][0].hex}?topic=a%0d%0aSet-Cookie:%20evil=1%0d%0a%0d%0a<script>")
    assert moved.status_code in (301, 302, 303)
    assert "evil" not in moved.cookies
    assert moved.headers["location"].startswith("/customers/")
    assert not re.search(r"[\r\n]", moved.headers["location"])


def test_the_name_of_a_file_is_ours_whatever_is_asked(owner: httpx.Client) -> None:
    answer = owner.get("/audit.csv?object=x%0d%0aSet-Cookie:%20evil=1&actor=%22%3b%20filename%3devil.exe")
    assert answer.status_code == 200
    assert re.fullmatch(
        r'attachment; filename="audit-log-\d{4}-\d\d-\d\d\.csv"', answer.headers["content-disposition"]
    )
    assert "evil" not in answer.cookies


@pytest.mark.parametrize(
    "path",
    ["/static/../security.py", "/static/..%2f..%2fweb%2fsecurity.py", "/static/%2e%2e/%2e%2e/templates/layout.html",
     "/static//etc/passwd", "/static/%2fetc%2fpasswd", "/static/css/tokens.css", "/static/vendor/vendor.toml",
     "/static/mark.svg", "/static/..\\..\\security.py", "/static/%00", "/static/" + "a" * 5000],
)  # fmt: skip
def test_static_gives_its_own_files_and_no_other(quiet: Stage, path: str) -> None:
    """The path goes out as it is written: a client that tidies it would test nothing."""
    with closing(quiet.client(email=None)) as client:
        url = httpx.URL(quiet.url).copy_with(raw_path=path.encode())
        answer = client.send(httpx.Request("GET", url, headers={"accept": "text/html"}))
    assert answer.status_code in (400, 404)
    for secret in ("root:", "def csrf_token", "{% block", "--brand", "[[file"):
        assert secret not in answer.text


def test_a_form_sets_only_what_it_shows(quiet: Stage, owner: httpx.Client) -> None:
    more = {
        "workspace_id": "2", "user_id": "0" * 32, "password": "p" * 12, "password_hash": "x", "disabled_at": "",
        "stores": "london-1", "sessions": "1", "created_at": "2020-01-01", "id": "0" * 32,
    }  # fmt: skip
    asked = {"email": "anna@example.com", "name": "Anna", "role": "associate"}
    assert post(owner, "/people/invite", **asked, **more).status_code == 200
    with quiet.database.session(quiet.workspace_id) as conn:
        found = conn.execute(
            "select workspace_id, role, stores, disabled_at, left(password_hash, 1), created_at > now() - interval '1 hour'"
            " from app_user order by created_at desc limit 1"
        ).fetchone()
    assert found == (quiet.workspace_id, "associate", None, None, "!", True)
    with closing(quiet.client(email=None)) as client:
        assert sign_in(client, "anna@example.com", "p" * 12).status_code == 401
    member = id_of(owner, "anna@example.com")
    for verb in ("link", "sign-out", "disable", "enable"):
        assert post(owner, f"/people/{member}/{verb}", **more, role="owner", email=EMAIL).status_code == 200
    with quiet.database.session(quiet.workspace_id) as conn:
        roles = conn.execute(
            "select role from app_user where role = 'owner' or user_id = %(id)s", {"id": member}
        )
        assert sorted(roles.fetchall()) == [("associate",), ("owner",)]


def test_signing_in_takes_no_more_than_address_and_password(quiet: Stage) -> None:
    quiet.add_account("c@roles.example", "associate", "A")
    with closing(quiet.client(email=None)) as client:
        more = {"role": "owner", "user_id": "0" * 32, "workspace_id": "2", "stores": ""}
        fields = {
            "csrf": token_in(client.get("/sign-in").text),
            "email": "c@roles.example",
            "password": PASSWORD,
        }
        assert client.post("/sign-in", data=fields | more).status_code == 303
        assert client.get("/people").status_code == 403
        key = {"csrf": token_in(client.get("/store").text), "name": "k", "new_source": "s", "scope.*": "1"}
        assert client.post("/keys", data=key).status_code == 403


def test_a_key_has_no_scope_that_its_maker_may_not_give(quiet: Stage) -> None:
    quiet.add_account("e@roles.example", "engineer", "E")
    with closing(quiet.client(email="e@roles.example")) as client:
        fields = {"csrf": token_in(client.get("/keys/new").text), "name": "k", "new_source": "s"}
        for scope in ("*", "admin", "pii:read"):
            answer = client.post("/keys", data=fields | {f"scope.{scope}": "1", "workspace_id": "2"})
            assert answer.status_code == 403, scope
            assert "rgl_" not in answer.text


@pytest.fixture(params=[False, True], ids=["json", "human"])
def log(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before, stream = (root.handlers[:], root.level), io.StringIO()
    configure_logging("debug", stream=stream, human=request.param)
    yield stream
    root.handlers[:], root.level = before
    structlog.reset_defaults()


INJECTED = '{"level": "info", "event": "forged"}'


def test_nothing_a_visitor_sends_makes_a_line_of_the_log(
    log: io.StringIO, quiet: Stage, owner: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names, addresses, headers and forms with line ends and codes for terminals; a page fails on the way."""
    attack = f"Jane\r\n{INJECTED}\n\x1b[2J\x1b]0;owned\x07\u2028{INJECTED}"
    quiet.send(
        details("d-1", external_id="77", given_name=attack), sale(attack, loyalty_card=attack, store=attack)
    )
    owner.get("/customers", params={"q": attack, "page": attack}, headers={"user-agent": INJECTED})
    owner.get(f"/events/{attack.encode().hex()}")
    post(owner, "/people/invite", email=attack, name=attack, role=attack)
    with closing(quiet.client(email=None)) as stranger:
        sign_in(stranger, attack, attack)

    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError(attack)

    assert quiet.console is not None
    monkeypatch.setattr(quiet.console.desk.team, "members", broken)
    assert owner.get("/people").status_code == 500
    written = log.getvalue()
    assert "page failed" in written, "the log was listened to"
    assert "forged" not in written
    assert "Jane" not in written


def test_a_value_with_line_ends_and_codes_stays_on_its_line(log: io.StringIO) -> None:
    """A name of a source or store that gets into a declared field, whoever chose it."""
    get_logger("console").warning(
        "source fails", source="x\x1b[2J", reason=f"a\r\n{INJECTED}\u2028b", type="\x9b2J\x07"
    )
    lines = log.getvalue().splitlines()
    assert len(lines) == 1
    without_colours = re.sub(r"\x1b\[[0-9;]*m", "", lines[0])
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]", without_colours)
    if lines[0].startswith("{"):
        assert json.loads(lines[0])["event"] == "source fails"
