"""Form tokens, addresses to return to, the throttle: the small defences on their own."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.console.web.security import comes_from_elsewhere, csrf_holds, csrf_token, safe_path
from regulars.console.web.throttle import (
    ACCOUNT_FAILURES_MAX,
    ADDRESS_FAILURES_MAX,
    ENTRIES_MAX,
    PAIR_FAILURES_MAX,
    WINDOW_SECONDS,
    Throttle,
)


@pytest.mark.parametrize("target", ["/customers?q=jane&page=2", "/", "/events/12#x"])
def test_a_path_of_ours_is_returned_to(target: str) -> None:
    assert safe_path(target) == target


@pytest.mark.parametrize(
    "target",
    [
        None, "", "customers", "//evil.example", "/\\evil.example", "https://evil.example", "/\t/evil.example",
        "javascript:alert(1)", "/a\r\nSet-Cookie: x=1", "\\\\evil.example", "/x\\..\\..", "/" + "a" * 3000,
    ],
)  # fmt: skip
def test_no_other_place_is_returned_to(target: str | None) -> None:
    assert safe_path(target) == "/"


def test_a_form_token_fits_its_session_alone_and_never_looks_the_same() -> None:
    one, other = csrf_token("session"), csrf_token("session")
    assert one != other
    assert csrf_holds("session", one)
    assert csrf_holds("session", other)
    assert not csrf_holds("another session", one)


@settings(deadline=None)
@given(st.one_of(st.none(), st.text(max_size=120)))
def test_a_made_up_form_token_never_fits(token: str | None) -> None:
    assert not csrf_holds("session", token)


def test_a_form_of_another_site_is_known_by_what_the_browser_says() -> None:
    ours = frozenset({"https://shop.example"})
    assert comes_from_elsewhere({"sec-fetch-site": "cross-site"}, ours)
    assert comes_from_elsewhere({"origin": "https://evil.example"}, ours)
    assert not comes_from_elsewhere({"origin": "https://shop.example"}, ours)
    assert not comes_from_elsewhere(
        {"sec-fetch-site": "same-origin", "origin": "https://proxy.example"}, ours
    )
    assert not comes_from_elsewhere({}, ours)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_person_is_slowed_after_five_failures_and_let_in_again_after_a_while() -> None:
    clock = Clock()
    throttle = Throttle(clock)
    for _ in range(PAIR_FAILURES_MAX):
        assert throttle.admit("olive", "10.0.0.1") == 0
    assert throttle.admit("olive", "10.0.0.1") > 0
    assert throttle.admit("olive", "10.0.0.2") == 0
    assert throttle.admit("peter", "10.0.0.1") == 0
    clock.now += WINDOW_SECONDS
    assert throttle.admit("olive", "10.0.0.1") == 0


def test_many_accounts_from_one_address_and_many_addresses_on_one_account_are_slowed() -> None:
    throttle = Throttle(Clock())
    assert [throttle.admit(f"a{n}", "10.0.0.1") == 0 for n in range(ADDRESS_FAILURES_MAX + 1)].count(
        False
    ) == 1
    throttle = Throttle(Clock())
    assert [throttle.admit("olive", f"10.0.{n}.1") == 0 for n in range(ACCOUNT_FAILURES_MAX + 1)].count(
        False
    ) == 1


def test_signing_in_often_slows_nobody() -> None:
    throttle = Throttle(Clock())
    for _ in range(10 * ACCOUNT_FAILURES_MAX):
        assert throttle.admit("olive", "10.0.0.1") == 0
        throttle.succeeded("olive", "10.0.0.1")


def test_the_memory_of_failures_is_bounded() -> None:
    throttle = Throttle(Clock())
    for n in range(ENTRIES_MAX):
        throttle.admit(f"a{n}", f"10.{n}")
    assert len(throttle._counts) <= ENTRIES_MAX
