"""How fast one source is asked: slots, rate, breaker."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from regulars.delivery.pace import FAILURES_MAX, REST_SECONDS, REST_SECONDS_MAX, Pace


def test_slots_bound_what_is_under_way() -> None:
    pace = Pace(concurrency=4, calls_per_second=100)
    assert pace.free(0) == 4
    pace.busy = 3
    assert pace.free(0) == 1
    pace.busy = 9
    assert pace.free(0) == 0


def test_the_rate_bounds_calls_and_debt_is_paid_back() -> None:
    pace = Pace(concurrency=50, calls_per_second=2)
    for _ in range(4):
        pace.spend(0)
    assert pace.free(0) == 0
    assert pace.ready_at(0) == 1.5
    assert pace.free(1.4) == 0
    assert pace.free(1.5) == 1
    assert pace.free(100) == 2, "what was not used does not pile up"


def test_a_source_slower_than_one_call_a_second_is_asked_at_all() -> None:
    pace = Pace(calls_per_second=0.1)
    assert pace.free(0) == 1
    pace.spend(0)
    assert pace.free(9.9) == 0
    assert pace.free(10.1) == 1


def test_failures_in_a_row_open_the_breaker_and_one_success_closes_it() -> None:
    pace = Pace()
    for _ in range(FAILURES_MAX - 1):
        pace.failed(0)
    assert pace.free(0) == 4
    pace.failed(0)
    assert pace.free(0) == 0
    assert pace.ready_at(0) == REST_SECONDS
    assert pace.free(REST_SECONDS) == 1, "one call is tried"
    pace.failed(REST_SECONDS)
    assert pace.ready_at(REST_SECONDS) == REST_SECONDS * 3, "and the rest grows when it fails"
    pace.succeeded()
    assert pace.free(REST_SECONDS * 3) == 4


def test_a_vendor_that_names_a_delay_is_left_alone_for_that_long() -> None:
    pace = Pace()
    pace.rest(10, 30)
    pace.rest(10, 5)
    assert pace.free(39.9) == 0
    assert pace.free(40) == 4


def test_wrong_credentials_are_tried_rarely_and_one_at_a_time() -> None:
    pace = Pace()
    pace.refused(0)
    assert pace.free(REST_SECONDS_MAX - 1) == 0
    assert pace.free(REST_SECONDS_MAX) == 1


def test_options_set_the_pace_and_odd_ones_are_passed_over() -> None:
    pace = Pace()
    pace.adjust({"fetch_concurrency": "9", "fetch_per_second": "20"})
    assert pace.free(100) == 9
    for odd in ("0", "-1", "many", "nan", "inf", "1e9"):
        pace.adjust({"fetch_concurrency": odd, "fetch_per_second": odd})
        assert pace.free(200) == 4


@given(st.lists(st.tuples(st.sampled_from("fsrx"), st.floats(0, 100)), max_size=40))
def test_whatever_happens_the_source_is_asked_again_within_a_bounded_time(
    steps: list[tuple[str, float]],
) -> None:
    pace, now = Pace(), 0.0
    for what, passed in steps:
        now += passed
        if what == "s":
            pace.succeeded()
        else:
            {"f": pace.failed, "r": pace.refused, "x": pace.spend}[what](now)
        assert 0 <= pace.free(now) <= 4
        assert pace.ready_at(now) <= now + REST_SECONDS_MAX + 40
    assert pace.free(max(now + REST_SECONDS_MAX + 40, pace.ready_at(now))) >= 1
