"""Sources and keys in the console: one look at a new key, rights that end with the role, and doors that close at once."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import httpx
import pytest

from regulars.console.accounts import Role, actor_of
from regulars.console.services.access_keys import (
    EXPIRY_DAYS,
    GIVES,
    OVERLAP_HOURS,
    may_give,
    scope_words,
    scopes_of_role,
    state_of,
)
from regulars.store.keys import KeyInfo, looks_like_key
from regulars.vocabulary.errors import Forbidden, Unauthenticated
from regulars.vocabulary.scopes import ADMIN, EVERYTHING, PII_READ, PRIVACY, SCOPES
from tests.console.stage import EMAIL, Stage, token_in
from tests.console.test_pages import FRAGMENT, check

OWNERS_ALONE = frozenset({EVERYTHING, PII_READ, ADMIN, PRIVACY})
ROLES = get_args(Role)
NOW = datetime(2026, 11, 22, 14, 5, tzinfo=UTC)
UNKNOWN = "0" * 32


def fill(client: httpx.Client, path: str, action: str | None = None, **fields: str) -> httpx.Response:
    """Open the page of a form and send it, as a browser without scripts does."""
    return client.post(action or path, data={"csrf": token_in(client.get(path).text), **fields})


def make(client: httpx.Client, *scopes: str, **fields: str) -> httpx.Response:
    """Fill in the form for a key."""
    wanted = {f"scope.{scope}": "1" for scope in scopes or ("events:write",)}
    given = {"name": "web shop", "source": "", "new_source": "web", "days": "", **fields}
    return fill(client, "/keys/new", "/keys", **given, **wanted)


def keys_in(page: httpx.Response) -> list[str]:
    """The whole keys a page shows."""
    return [one for one in dict.fromkeys(re.findall(r"rgl_[\w-]+", page.text)) if looks_like_key(one)]


def only_key(page: httpx.Response) -> str:
    assert page.status_code < 300, page.text
    (key,) = keys_in(page)
    return key


def listed(stage: Stage) -> list[KeyInfo]:
    found: list[KeyInfo] = stage.run(stage.keys.list(stage.workspace_id))
    return found


def hex_id(stage: Stage, name: str = "web shop") -> str:
    """The id, as addresses write it, of the newest key of a name."""
    return next(one.key_id.replace("-", "") for one in listed(stage) if one.name == name)


def audit_lines(stage: Stage) -> list[tuple[Any, ...]]:
    """Actor and action of what was done to keys and sources, oldest first."""
    with stage.database.session(stage.workspace_id) as conn:
        return conn.execute(
            "select actor, action from audit where split_part(object, ':', 1) in ('key', 'source') order by audit_no"
        ).fetchall()


@contextmanager
def visiting(stage: Stage, role: Role) -> Iterator[httpx.Client]:
    """The browser of a person with a role."""
    email = EMAIL if role == "owner" else f"{role}@example.com"
    if role != "owner":
        stage.add_account(email, role=role, name=f"Robin {role.title()}")
    client = stage.client(email=email)
    yield client
    client.close()


@pytest.mark.parametrize(
    "path",
    ["/keys", "/keys?show=ended", "/keys/sources", "/keys/new", "/keys?page=3", "/keys/new?source=web"],
)
def test_the_pages_hold_before_anything_is_there(stage: Stage, visitor: httpx.Client, path: str) -> None:
    check(visitor.get(path))
    check(visitor.get(path, headers=FRAGMENT), whole=False)


def test_the_pages_hold_with_keys_and_sources(stage: Stage, visitor: httpx.Client) -> None:
    check(make(visitor))
    form = {
        "csrf": token_in(visitor.get("/keys/new").text),
        "name": "x",
        "new_source": "y",
        "scope.till": "1",
    }
    check(visitor.post("/keys", data=form, headers=FRAGMENT), whole=False)
    key = hex_id(stage)
    for path in (
        "/keys",
        "/keys/sources",
        f"/keys/{key}/rotate",
        f"/keys/{key}/revoke",
        f"/keys?revoked={key}",
        "/keys/sources?changed=web",
    ):
        check(visitor.get(path))
        check(visitor.get(path, headers=FRAGMENT), whole=False)
    assert "<caption" in visitor.get("/keys").text
    assert "<caption" in visitor.get("/keys/sources").text


def test_a_new_key_is_shown_once_and_works(stage: Stage, visitor: httpx.Client) -> None:
    made = make(visitor, "events:write", "profiles:read", days="90")
    key = only_key(made)
    assert f'data-copy="{key}"' in made.text
    assert "will not be shown again" in made.text
    assert made.headers["cache-control"] == "no-store"
    assert made.headers["hx-push-url"] == "/keys"
    assert key not in str(made.url) and not made.history
    for path in ("/keys", "/keys/sources", f"/keys/{hex_id(stage)}/rotate"):
        assert key not in visitor.get(path).text
    caller = stage.run(stage.keys.verify(key))
    assert (caller.scopes, caller.source.name) == (frozenset({"events:write", "profiles:read"}), "web")
    days = (caller.expires_at - datetime.now(UTC)) / timedelta(days=1)
    assert days == pytest.approx(90, abs=0.01)


def test_a_key_is_not_written_to_the_log(
    stage: Stage, visitor: httpx.Client, capfd: pytest.CaptureFixture[str]
) -> None:
    key = only_key(make(visitor))
    out, err = capfd.readouterr()
    assert key not in out + err


def test_the_list_tells_who_made_a_key_for_what_and_when_it_was_used(
    stage: Stage, visitor: httpx.Client
) -> None:
    key = only_key(make(visitor))
    page = visitor.get("/keys").text
    for part in ("web shop", "by Olive Owner", "Send events", "never", "Active", listed(stage)[0].hint):
        assert part in page
    stage.run(stage.keys.verify(key))
    stage.run(stage.keys.close())
    assert "just now</time></td>" in visitor.get("/keys").text
    assert listed(stage)[0].created_by.startswith("user:")


def test_other_makers_are_told_in_words(stage: Stage, visitor: httpx.Client) -> None:
    for name, actor in (("one", "cli"), ("two", f"user:{UNKNOWN}"), ("three", "")):
        stage.run(
            stage.keys.create(stage.workspace_id, name=name, scopes=["till"], source="tills", actor=actor)
        )
    first = listed(stage)[0]
    stage.run(
        stage.keys.create(stage.workspace_id, name="four", scopes=["till"], actor=f"key:{first.key_id}")
    )
    page = visitor.get("/keys").text
    for part in ("by the command line", "by somebody who has left", f"by the key “{first.name}”"):
        assert part in page


def test_every_action_leaves_a_line_with_the_person_as_actor(stage: Stage, visitor: httpx.Client) -> None:
    make(visitor)
    fill(visitor, f"/keys/{hex_id(stage)}/rotate", overlap_hours="24")
    fill(visitor, f"/keys/{hex_id(stage)}/revoke")
    fill(visitor, "/keys/sources", "/keys/sources/web/off")
    fill(visitor, "/keys/sources", "/keys/sources/web/on")
    with stage.database.session(stage.workspace_id) as conn:
        found = conn.execute("select user_id from app_user").fetchone()
    assert found is not None
    assert {actor for actor, _ in audit_lines(stage)} == {actor_of(found[0])}
    assert [action for _, action in audit_lines(stage)] == [
        "source.created",
        "key.created",
        "key.created",
        "key.rotated",
        "key.revoked",
        "source.disabled",
        "source.enabled",
    ]


def test_rotating_shows_the_new_key_once_and_lets_the_old_one_work_on(
    stage: Stage, visitor: httpx.Client
) -> None:
    old = only_key(make(visitor))
    first = hex_id(stage)
    made = fill(visitor, f"/keys/{first}/rotate", overlap_hours="24")
    new = only_key(made)
    assert new != old
    assert "24 more hours" in made.text
    assert new not in visitor.get("/keys").text
    for key in (old, new):
        assert stage.run(stage.keys.verify(key)).source.name == "web"
    page = visitor.get("/keys").text
    assert "Rotated, ends soon" in page
    assert f"/keys/{first}/rotate" not in page
    again = visitor.post(f"/keys/{first}/rotate", data={"csrf": token_in(page), "overlap_hours": "24"})
    assert again.status_code == 409
    assert keys_in(again) == []


def test_rotating_without_overlap_ends_the_old_key_now(stage: Stage, visitor: httpx.Client) -> None:
    old = only_key(make(visitor))
    stage.run(stage.keys.verify(old))
    made = fill(visitor, f"/keys/{hex_id(stage)}/rotate", overlap_hours="0")
    assert "The old key has ended" in made.text
    with pytest.raises(Unauthenticated):
        stage.run(stage.keys.verify(old))
    stage.run(stage.keys.verify(only_key(made)))


def test_a_revoked_key_is_refused_at_once(stage: Stage, visitor: httpx.Client) -> None:
    key = only_key(make(visitor))
    stage.run(stage.keys.verify(key))
    revoked = fill(visitor, f"/keys/{hex_id(stage)}/revoke")
    assert revoked.status_code == 303
    with pytest.raises(Unauthenticated):
        stage.run(stage.keys.verify(key))
    assert "has ended" in visitor.get(revoked.headers["location"]).text
    assert "No keys in use" in visitor.get("/keys").text
    assert "Revoked" in visitor.get("/keys?show=ended").text
    assert fill(visitor, f"/keys/{hex_id(stage)}/revoke").status_code == 303
    assert [action for _, action in audit_lines(stage)].count("key.revoked") == 1


def test_asking_to_revoke_changes_nothing_yet(stage: Stage, visitor: httpx.Client) -> None:
    key = only_key(make(visitor))
    assert "Revoke “web shop”?" in visitor.get(f"/keys/{hex_id(stage)}/revoke").text
    stage.run(stage.keys.verify(key))


def test_a_source_that_is_off_refuses_its_keys_at_once_and_takes_them_again(
    stage: Stage, visitor: httpx.Client
) -> None:
    key = only_key(make(visitor))
    stage.run(stage.keys.verify(key))
    off = fill(visitor, "/keys/sources", "/keys/sources/web/off")
    with pytest.raises(Forbidden):
        stage.run(stage.keys.verify(key))
    known = stage.run(stage.register.find(stage.workspace_id, "web"))
    assert known.disabled_at is not None
    assert "“web” is off" in visitor.get(off.headers["location"]).text
    assert "Source is off" in visitor.get("/keys").text
    assert "web (off)" in visitor.get("/keys/new").text
    on = fill(visitor, "/keys/sources", "/keys/sources/web/on")
    assert "“web” is on" in visitor.get(on.headers["location"]).text
    stage.run(stage.keys.verify(key))
    fill(visitor, "/keys/sources", "/keys/sources/web/on")
    assert [action for _, action in audit_lines(stage)].count("source.enabled") == 1


def test_what_a_role_may_give_is_settled() -> None:
    everything = frozenset(scope.name for scope in SCOPES)
    assert GIVES["owner"] == everything
    assert GIVES["engineer"] == everything - OWNERS_ALONE
    assert set(GIVES) == {"owner", "engineer"}
    assert scopes_of_role("marketer") == []
    assert not may_give("marketer", ["till"])
    assert [scope.name for scope in scopes_of_role("owner")] == [scope.name for scope in SCOPES]
    for scope in SCOPES:
        assert scope_words(scope.name) != scope.name


@pytest.mark.parametrize("scope", sorted(OWNERS_ALONE))
def test_an_owner_gives_every_right(stage: Stage, visitor: httpx.Client, scope: str) -> None:
    caller = stage.run(stage.keys.verify(only_key(make(visitor, scope))))
    assert caller.scopes == {scope}


def test_an_engineer_gives_no_more_than_the_role_may_even_by_a_forged_form(stage: Stage) -> None:
    with visiting(stage, "engineer") as client:
        form = client.get("/keys/new").text
        offered = set(re.findall(r'name="scope\.([^"]+)"', form))
        assert offered == GIVES["engineer"]
        for scope in OWNERS_ALONE:
            refused = make(client, "events:write", scope)
            assert refused.status_code == 403, scope
            assert keys_in(refused) == []
        assert listed(stage) == []
        assert stage.run(stage.keys.verify(only_key(make(client, *offered)))).scopes == offered


def test_an_engineer_cannot_get_at_a_stronger_key_by_rotating_it(stage: Stage, visitor: httpx.Client) -> None:
    strong = only_key(make(visitor, "*"))
    path = f"/keys/{hex_id(stage)}"
    with visiting(stage, "engineer") as client:
        page = client.get("/keys").text
        assert f"{path}/rotate" not in page
        assert f"{path}/revoke" in page
        assert client.get(f"{path}/rotate").status_code == 403
        forged = client.post(f"{path}/rotate", data={"csrf": token_in(page), "overlap_hours": "0"})
        assert forged.status_code == 403
        assert keys_in(forged) == []
        stage.run(stage.keys.verify(strong))
        assert fill(client, f"{path}/revoke").status_code == 303
    with pytest.raises(Unauthenticated):
        stage.run(stage.keys.verify(strong))


@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_do_all_of_it_or_nothing(stage: Stage, role: Role) -> None:
    stage.run(stage.keys.create(stage.workspace_id, name="web shop", scopes=["till"], source="web"))
    key = hex_id(stage)
    allowed = role in {"owner", "engineer"}
    with visiting(stage, role) as client:
        token = token_in(client.get("/customers").text)
        assert ('href="/keys"' in client.get("/customers").text) is allowed
        for path in (
            "/keys",
            "/keys/new",
            "/keys/sources",
            f"/keys/{key}/rotate",
            f"/keys/{key}/revoke",
        ):
            assert client.get(path).status_code == (200 if allowed else 403), path
        forms = {
            "/keys": {"name": "x", "new_source": "web", "scope.till": "1"},
            f"/keys/{key}/rotate": {"overlap_hours": "24"},
            f"/keys/{key}/revoke": {},
            "/keys/sources/web/off": {},
            "/keys/sources/web/on": {},
        }
        for path, fields in forms.items():
            answer = client.post(path, data={"csrf": token, **fields})
            assert (answer.status_code < 400) is allowed, path
            assert allowed or answer.status_code == 403
    assert (len(listed(stage)) == 1) is not allowed


def test_nobody_comes_in_without_signing_in(stage: Stage) -> None:
    with stage.client(email=None) as client:
        for path in ("/keys", "/keys/sources", "/keys/new"):
            assert client.get(path).headers["location"].startswith("/sign-in")
        assert client.post("/keys", data={"name": "x"}).headers["location"] == "/sign-in"


@pytest.mark.parametrize("token", [{}, {"csrf": "no"}])
def test_a_form_without_our_token_does_nothing(
    stage: Stage, visitor: httpx.Client, token: dict[str, str]
) -> None:
    key = only_key(make(visitor))
    id_ = hex_id(stage)
    lines = audit_lines(stage)
    forms = {
        "/keys": {"name": "x", "new_source": "web", "scope.till": "1"},
        f"/keys/{id_}/rotate": {"overlap_hours": "0"},
        f"/keys/{id_}/revoke": {},
        "/keys/sources/web/off": {},
        "/keys/sources/web/on": {},
    }
    for path, fields in forms.items():
        assert visitor.post(path, data={**fields, **token}).status_code == 403, path
        assert visitor.get(f"{path}?csrf=x&overlap_hours=0").status_code in {200, 405}, path
    assert audit_lines(stage) == lines
    stage.run(stage.keys.verify(key))


def test_hostile_names_are_shown_as_text(stage: Stage, visitor: httpx.Client) -> None:
    name = '"><script>alert(1)</script>%(n)s{{ 7*7 }}'
    made = make(visitor, name=name)
    for page in (
        made,
        visitor.get("/keys"),
        visitor.get(f"/keys/{hex_id(stage, name)}/rotate"),
        visitor.get(f"/keys/{hex_id(stage, name)}/revoke"),
        make(visitor, name=name, new_source="<b>"),
    ):
        assert "<script>alert" not in page.text
        assert name in html.unescape(page.text)
    refused = make(visitor, new_source='"><img src=x>')
    assert refused.status_code == 400
    assert "<img" not in refused.text


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({"name": "  "}, "name", "Give the key a name"),
        ({"name": "x" * 201}, "name", "Give the key a name"),
        ({"name": "a\x00b"}, "name", "Give the key a name"),
        ({"new_source": ""}, "new_source", "Pick a source above"),
        ({"new_source": "Web Shop"}, "new_source", "Use lower-case letters"),
        ({"source": "tills"}, "new_source", "not both"),
    ],
)
def test_a_form_that_cannot_be_used_comes_back_with_its_faults(
    stage: Stage, visitor: httpx.Client, fields: dict[str, str], field: str, said: str
) -> None:
    stage.source("tills")
    page = make(visitor, "till", **fields)
    assert page.status_code == 400
    assert f'href="#f-{field}"' in page.text
    assert page.text.count(said) == 2
    assert re.search(rf'id="f-{field}"[^>]*aria-invalid="true"', page.text)
    assert re.search(r'name="scope\.till" value="1" checked', page.text)
    assert listed(stage) == []


def test_a_key_without_rights_is_not_made(stage: Stage, visitor: httpx.Client) -> None:
    page = fill(visitor, "/keys/new", "/keys", name="x", source="", new_source="web", days="")
    assert page.status_code == 400
    assert "Tick at least one right" in page.text
    assert listed(stage) == []


@pytest.mark.parametrize("fields", [{"scope.root": "1"}, {"days": "7"}, {"days": "²"}, {"source": "nowhere"}])
def test_what_the_form_does_not_offer_is_refused(
    stage: Stage, visitor: httpx.Client, fields: dict[str, str]
) -> None:
    assert make(visitor, **fields).status_code == 400
    assert listed(stage) == []


def test_an_overlap_that_is_not_offered_is_refused(stage: Stage, visitor: httpx.Client) -> None:
    key = only_key(make(visitor))
    for hours in ("", "-1", "24.5", "9999"):
        assert fill(visitor, f"/keys/{hex_id(stage)}/rotate", overlap_hours=hours).status_code == 400
    stage.run(stage.keys.verify(key))
    assert len(listed(stage)) == 1
    assert OVERLAP_HOURS == (0, 24, 168)
    assert EXPIRY_DAYS == (30, 90, 365)


@pytest.mark.parametrize(
    "path",
    [
        "/keys/{id}/rotate",
        "/keys/{id}/revoke",
        "/keys/sources/{id}/off",
        "/keys/sources/{id}/on",
        "/keys/{id}",
    ],
)
@pytest.mark.parametrize("id_", [UNKNOWN, "nonsense", "%3Cb%3E"])
def test_what_is_unknown_is_not_found(visitor: httpx.Client, path: str, id_: str) -> None:
    path = path.format(id=id_)
    token = token_in(visitor.get("/keys").text)
    answers = [visitor.post(path, data={"csrf": token, "overlap_hours": "0"})]
    if not path.endswith(("/on", "/off")):
        answers.append(visitor.get(path))
    for answer in answers:
        assert answer.status_code == 404
        assert "Not found" in answer.text
        assert "<b>" not in answer.text.split("<main")[1]


def _key(**changed: Any) -> KeyInfo:
    given: dict[str, Any] = {
        "key_id": UNKNOWN, "name": "k", "hint": "rgl_1_abcd", "scopes": ["till"], "source": "web", "created_at": NOW,
        "created_by": "cli", "expires_at": None, "revoked_at": None, "last_used_at": None, "replaced_by": None,
    }  # fmt: skip
    return KeyInfo(**{**given, **changed})


@pytest.mark.parametrize(
    ("changed", "off", "state"),
    [
        ({}, False, "active"),
        ({}, True, "off"),
        ({"expires_at": NOW + timedelta(days=90)}, False, "active"),
        ({"expires_at": NOW + timedelta(days=13)}, False, "soon"),
        ({"expires_at": NOW}, False, "expired"),
        ({"expires_at": NOW}, True, "expired"),
        ({"expires_at": NOW + timedelta(hours=1), "replaced_by": "x"}, False, "replaced"),
        ({"revoked_at": NOW, "expires_at": NOW + timedelta(days=9)}, True, "revoked"),
    ],
)
def test_the_state_of_a_key(changed: dict[str, Any], off: bool, state: str) -> None:
    assert state_of(_key(**changed), NOW, source_off=off) == state


def test_many_keys_are_shown_page_by_page(
    stage: Stage, visitor: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("regulars.console.services.access_keys.KEYS_SHOWN", 2)
    for n in range(3):
        stage.run(stage.keys.create(stage.workspace_id, name=f"key {n}", scopes=["till"], source="web"))
    first, second = visitor.get("/keys").text, visitor.get("/keys?page=2").text
    assert [f"key {n}" in first for n in range(3)] == [False, True, True]
    assert [f"key {n}" in second for n in range(3)] == [True, False, False]
    assert 'href="/keys?page=2" rel="next"' in first
    assert 'rel="next"' not in second
    assert visitor.get("/keys?page=x").status_code == 400
