"""What goes wrong is told in the reader's language: every form filled in badly in Spanish, and addresses of nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

import httpx
import pytest

from regulars.console.i18n import ENGLISH, languages, told, use
from regulars.console.requests.steps import STEPS
from regulars.store.database import Database
from regulars.vocabulary.errors import InvalidInput
from tests.console.access import TABLE
from tests.console.forms import FORMS, filled
from tests.console.stage import Stage
from tests.console.town import Town, open_town
from tests.fresh import fresh
from tests.servers import TestServer

ENGLISH_WORDS = re.compile(
    r"\b(?:the|this|that|is|are|has|have|of|with|and|must|at|there|your|not|was)\b", re.IGNORECASE
)
"""Words that every English sentence has one of, and no Spanish one."""
TOLD = re.compile(
    r'class="alert bad"[^>]*>(.*?)</div></div>|class="error"[^>]*>(.*?)</span>|<p>(.*?)</p>|<h1[^>]*>(.*?)</h1>',
    re.DOTALL,
)
LEAVING = {"/sign-out", "/people/view-as", "/language", "/theme", "/people/{user}/link"}
"""Forms that cannot go wrong, or that end the visit."""
NONE = "0" * 32
FIELDS = {
    "/account/password": ("old", "password", "again"),
    "/account/second-factor/confirm": ("code",),
    "/account/second-factor/off": ("password", "code"),
    "/keys": ("name", "source", "new_source", "days", "scope.x", "store:x"),
    "/people/invite": ("email", "name", "role", "store:x"),
    "/people/{user}/stores": ("store:x",),
    "/settings": ("name", "time_zone", "region", "language", "version"),
}
"""What forms take beyond what a good one needs."""
BAD = {
    "nothing": "", "too much": "x" * 5_000, "markup": "<b>", "a line too many": "a\nb", "a number": "-7",
    "an address": "http://10.0.0.8/in",
}  # fmt: skip
ADDRESSES = (
    f"/customers/{NONE}", "/customers/x", f"/customers/{NONE}/why/orders", "/events/99999", "/events/x",
    f"/events/q{NONE}", f"/keys/{NONE}/rotate", "/webhooks/99", "/webhooks/1/deliveries/99", "/requests/99",
    "/requests/x", "/requests?page=AAAA", "/requests?customer=x", "/settings/stores/edit?code=none",
    "/settings/party/new", "/reports/store?store=none", "/reports/store", "/reports/sales?from=x",
    "/reports/sales?from=2026-02-01&to=2026-01-01", "/reports/sales?from=2001-01-01&to=2026-01-01",
    "/reports/stores?sort=x", "/reports/sales?currency=x", "/reports/sales.csv?table=x", f"/people/{NONE}/stores",
    "/audit?page=AAAA", "/nowhere",
)  # fmt: skip


@pytest.fixture(scope="module")
def town(server: TestServer) -> Iterator[Town]:
    name = server.create()
    with Stage(Database(server.dsn(name), connections_max=4)).serving() as served:
        found = open_town(served)
        found.visitor("owner").client.headers["Accept-Language"] = "es"
        yield found
        found.close()
    server.drop(name)


def english_in(page: httpx.Response) -> list[str]:
    """What is told in English: in messages and at fields, what was typed left out."""
    if "text/html" not in page.headers.get("content-type", ""):
        return []
    shown = page.text.partition("<main")[2].partition("</main>")[0] or page.text
    shown = re.sub(
        r'<code lang="en">.*?</code>', "", shown, flags=re.DOTALL
    )  # a program's own words, marked so
    texts = (re.sub(r"<[^>]+>", " ", next(filter(None, found), "")) for found in TOLD.findall(shown))
    return [text for text in map(unescape, texts) if ENGLISH_WORDS.search(text)]


@pytest.mark.parametrize(
    "path", sorted(path for method, path in TABLE if method == "POST" and path not in LEAVING)
)
def test_a_form_that_is_filled_in_badly_is_answered_in_spanish(town: Town, path: str) -> None:
    owner = town.visitor("owner")
    names = {*FORMS.get(path, {}), *FIELDS.get(path, ())} - {"csrf"}
    for kind, bad in BAD.items():
        ids = town.named(path, town.own) | {"one": fresh()}
        good = filled(FORMS.get(path, {}), ids)
        for wrong in names or {""}:
            form = {**good, "csrf": owner.csrf, wrong: bad}
            page = owner.client.post(path.format(**ids), data=form, follow_redirects=True)
            assert page.status_code < 500, (kind, wrong)
            assert english_in(page) == [], (kind, wrong)
        everything = dict.fromkeys(names, bad) | {"csrf": owner.csrf}
        page = owner.client.post(path.format(**ids), data=everything, follow_redirects=True)
        assert english_in(page) == [], kind
    stale = owner.client.post(
        path.format(**town.named(path, town.own)), data={"csrf": "no"}, follow_redirects=True
    )
    assert english_in(stale) == []


@pytest.mark.parametrize("step", STEPS)
def test_a_step_that_cannot_be_taken_is_refused_in_spanish(town: Town, step: str) -> None:
    owner = town.visitor("owner")
    for kind in ("", "erase", "correct", "object", "answer"):
        address = f"/requests/{town.house.request(kind)}"
        for bad in BAD.values():
            names = (
                "method",
                "reason",
                "note",
                "confirm",
                "given_name",
                "email",
                "phone",
                "birth_date",
                "line1",
            )
            for name in names:
                form = {"csrf": owner.csrf, "step": step, name: bad}
                assert english_in(owner.client.post(address, data=form, follow_redirects=True)) == [], (
                    kind,
                    name,
                )


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_of_nothing_says_so_in_spanish(town: Town, address: str) -> None:
    page = town.visitor("owner").client.get(address)
    assert page.status_code in (200, 400, 404)
    assert english_in(page) == []


def test_what_a_role_may_not_do_is_refused_in_spanish(town: Town) -> None:
    client = town.visitor("marketer").client
    page = client.get("/people", headers={"Accept-Language": "es"})
    assert page.status_code == 403
    assert "Su rol no incluye esta página." in page.text
    assert english_in(page) == []


def test_an_error_is_told_with_its_values_and_stays_english_for_programs() -> None:
    error = InvalidInput("A name has at most %(n)s characters.", field="name", n=200)
    use(languages()["es"])
    try:
        assert told(error) == "Un nombre tiene como máximo 200 caracteres."
        assert told(InvalidInput("100% of it is new.")) == "100% of it is new."
    finally:
        use(ENGLISH)
    assert error.body() == {
        "code": "invalid_input", "message": "A name has at most 200 characters.", "field": "name",
    }  # fmt: skip
