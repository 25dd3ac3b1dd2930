"""The palette offers each person what their role may open, and masks what they may not see."""

from __future__ import annotations

import httpx
import pytest

from regulars.console.accounts import Role
from tests.console.stage import Stage, sale


def as_role(stage: Stage, role: Role) -> httpx.Client:
    """The browser of somebody with a role."""
    email = f"{role}@shops.example"
    stage.add_account(email, role)
    return stage.client(email=email)


def test_nobody_who_is_not_signed_in_finds_anything(stage: Stage) -> None:
    assert stage.client(email=None).get("/palette?q=ada", follow_redirects=False).status_code in (303, 401)


@pytest.mark.parametrize(
    ("role", "there", "absent"),
    [
        ("owner", ["/people#invite", "/audit", "/keys/new"], []),
        ("engineer", ["/keys/new", "/events/rejected"], ["/people", "/audit"]),
        ("associate", ["/customers"], ["/keys", "/people", "/audit", "/events"]),
    ],
)
def test_only_what_a_role_may_open_is_offered(
    stage: Stage, role: Role, there: list[str], absent: list[str]
) -> None:
    text = as_role(stage, role).get("/palette").text
    assert all(f'href="{path}"' in text for path in there)
    assert not any(f'href="{path}' in text for path in absent)


def test_contacts_are_masked_where_a_role_may_not_see_them(stage: Stage) -> None:
    stage.send(sale("R-1", email="ada@example.com", given_name="Ada", family_name="<b>Byron"))
    owner, marketer = (as_role(stage, role).get("/palette?q=ada").text for role in ("owner", "marketer"))
    assert "ada@example.com" in owner
    assert "ada@example.com" not in marketer
    assert "a•••@example.com" in marketer
    assert "<b>" not in owner


def test_words_that_fit_nothing_and_ids_that_are_none_are_answered_kindly(stage: Stage) -> None:
    guest = stage.client()
    assert "Nothing fits" in guest.get("/palette?q=zzzzzz").text
    assert guest.get("/palette?recent=../x," + "f" * 32 + "," + "z" * 32).status_code == 200
