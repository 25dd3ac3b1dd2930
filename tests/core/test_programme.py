"""Programmes: what a file may say, what is refused, where and why, and that a digest names the content."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib import resources

import pytest

from regulars.capabilities.loyalty.earning import earn, earn_for
from regulars.capabilities.loyalty.programme import ProgrammeError, Version, in_force, lint, parse
from regulars.capabilities.loyalty.tiers import tier_at

from .programmes import AT, BASE, HEAD, MEMBER, TIERS, line, programme, purchase

DEFAULT = (
    resources.files("regulars.capabilities.loyalty").joinpath("programmes", "default.toml").read_text("utf-8")
)
MULTIPLIER = '[[multiplier]]\nid = "x"\npercent = 200\n'
BONUS = '[[bonus]]\nid = "b"\npoint = "points"\npoints = 5\n'
REWARD = '[[reward]]\ncode = "r"\nname = "R"\npoint = "points"\npoints = 5\n'


@pytest.mark.parametrize(
    ("rules", "field", "says"),
    [
        ("[members]\nwho = 'some'", "members.who", "Invalid enum"),
        ("[members]\nwho = 'card'\nsales_before_days = 3", "members.sales_before_days", "'card' takes no"),
        ("colour = 1", "point[0]", "unknown field `colour`"),
        (BASE + "points = 5", "earn[0].points", "per spend' takes no 'points'"),
        (BASE + "per = 'unit'", "earn[0].points", "per unit' needs 'points'"),
        (
            BASE + "per = 'sale'\npoints = 1\nrates = { EUR = { per_minor = 1 } }",
            "earn[0].rates",
            "takes no 'rates'",
        ),
        (BASE + "rates = { USD = { per_minor = 1 } }", "earn[0].rates", "no 'USD'.*EUR, SEK"),
        (BASE + "rates = { EUR = { per_minor = 1.5 } }", "earn[0].rates[...].per_minor", "Expected `int`"),
        (BASE + BASE, "earn[1].id", "'base' is there twice"),
        (BASE.replace('"points"', '"stars"'), "earn[0].point", "no 'stars'.*there are: points"),
        (BASE + "where = { tiers = ['gold'] }", "earn[0].where.tiers", "no 'gold'"),
        (BASE + "where = { time_from = '10:00' }", "earn[0].where.time_to", "both ends"),
        (
            BASE + "where = { time_from = '10:00', time_to = '10:00' }",
            "earn[0].where.time_to",
            "not be empty",
        ),
        (BASE + "where = { time_from = '24:00', time_to = '10:00' }", "earn[0].where.time_from", "regex"),
        (BASE + "where = { weekdays = ['monday'] }", "earn[0].where.weekdays[0]", "Invalid enum"),
        (
            BASE + "where = { date_from = 2026-02-01, date_to = 2026-01-01 }",
            "earn[0].where.date_to",
            "before the first",
        ),
        (BASE + MULTIPLIER + "rules = ['other']", "multiplier[0].rules", "no 'other'"),
        (MULTIPLIER.replace("200", "50"), "multiplier[0].percent", ">= 100"),
        (BONUS + "on = 'custom'", "bonus[0].on", "regex"),
        (BONUS + "on = 'review'\nbirthday = 'purchase_on_day'", "bonus[0].birthday", "Only a birthday"),
        (
            BONUS + "on = 'review'\nwhere = { skus = ['A'] }",
            "bonus[0].where",
            "'review' comes without a sale",
        ),
        (BASE + BONUS.replace('"b"', '"base"') + "on = 'review'", "bonus[0].id", "twice"),
        (TIERS.replace("50_000", "10_000"), "tier[2].threshold", "'gold' must need more than 'silver'"),
        ("[[tier]]\ncode = 'a'\nname = 'A'\nthreshold = 5", "tier[0].threshold", "threshold is 0"),
        ("[credit]\nof = 'points'\npoint = 'stars'", "credit.point", "no 'stars'"),
        (REWARD + "kind = 'percentage'", "reward[0].percent", "'percentage' needs 'percent'"),
        (REWARD + "kind = 'product'\nsku = 'A'\npercent = 5", "reward[0].percent", "takes no 'percent'"),
        (
            REWARD + "kind = 'voucher'\nvalue_minor = { EUR = 5, USD = 5 }",
            "reward[0].value_minor",
            "no 'USD'",
        ),
        (
            REWARD + "kind = 'product'\nsku = 'A'\nvalid_days = 5",
            "reward[0].valid_days",
            "takes no 'valid_days'",
        ),
        ("[redeem]\nmax_percent = 101", "redeem.max_percent", "<= 100"),
    ],
)
def test_what_is_wrong_is_named_by_its_place_and_says_what_to_do(rules: str, field: str, says: str) -> None:
    with pytest.raises(ProgrammeError, match=says) as refused:
        programme(rules)
    assert (refused.value.code, refused.value.field) == ("invalid_programme", field)


@pytest.mark.parametrize(
    ("point", "field"),
    [
        ("expiry = { policy = 'days' }", "point[0].expiry.days"),
        ("expiry = { policy = 'months', days = 5 }", "point[0].expiry.days"),
        ("expiry = { policy = 'yearly', month_day = '02-30' }", "point[0].expiry.month_day"),
        ("expiry = { policy = 'never', grace_months = 1 }", "point[0].expiry.grace_months"),
        ("pending_days = -1", "point[0].pending_days"),
    ],
)
def test_an_expiry_says_all_its_policy_needs_and_no_more(point: str, field: str) -> None:
    with pytest.raises(ProgrammeError) as refused:
        programme(point=point)
    assert refused.value.field == field


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd", "Europe", "/etc/localtime"])
def test_a_time_zone_that_is_none_is_refused(zone: str) -> None:
    with pytest.raises(ProgrammeError, match="time zone") as refused:
        parse(HEAD.format(top="", point="").replace("Europe/Berlin", zone))
    assert refused.value.field == "time_zone"


@pytest.mark.parametrize("text", ["name = ", b"\xff\xfe", "a\n" * 3])
def test_what_is_no_toml_is_refused(text: str | bytes) -> None:
    with pytest.raises(ProgrammeError, match="TOML"):
        parse(text)


def test_a_message_with_a_percent_sign_in_its_value_is_still_a_message() -> None:
    with pytest.raises(ProgrammeError, match="'100%s'"):
        parse(HEAD.format(top="", point="").replace("Europe/Berlin", "100%s"))


def test_a_file_that_is_too_long_is_refused_before_it_is_read() -> None:
    with pytest.raises(ProgrammeError, match="at most"):
        parse("#" * 500_001)


def test_a_digest_names_the_content_not_the_layout() -> None:
    one = programme(BASE)
    assert programme("# a comment\n" + BASE).digest() == one.digest()
    assert programme(BASE + 'per = "spend"').digest() == one.digest()
    assert programme(BASE + "where = { skus = ['A'] }").digest() != one.digest()


def test_the_programme_that_is_shipped_says_what_it_promises() -> None:
    club = parse(DEFAULT)
    assert lint(club) == []
    earned = earn(club, purchase(line("1", 2_599)), MEMBER)
    assert (earned.grants[0].points, earned.credit) == (25, 2_599)
    assert earned.grants[0].expires_at == datetime(2028, 5, 31, 22, 0, tzinfo=UTC)
    assert [grant.points for grant in earn_for(club, "enrolment", AT, MEMBER).grants] == [100]
    assert tier_at(club, [(AT.date(), 30_000)], AT.date()).tier == "silver"


def test_what_is_most_likely_not_meant_is_pointed_out() -> None:
    faults = lint(programme(TIERS + MULTIPLIER, point="reminder_days = [7]"))
    assert [fault.field for fault in faults] == ["point[0]", "point[0].reminder_days", "cycle.warn_days"]
    assert faults[0].message == "No rule gives 'points'; add one or take it out."
    half = programme(
        BASE + "rates = { EUR = { per_minor = 100 } }", point="expiry = { policy = 'days', days = 9 }"
    )
    assert [fault.field for fault in lint(half)] == ["earn[0].rates", "point[0].reminder_days"]
    fixed = BASE + "per = 'sale'\npoints = 5\n" + MULTIPLIER + "rules = ['base']"
    assert [fault.field for fault in lint(programme(fixed))] == ["multiplier[0].rules"]


def test_h11_the_version_in_force_at_the_time_of_a_sale_counts_it_whenever_it_arrives() -> None:
    first, second = programme(), programme(BASE + "where = { skus = ['A'] }")
    versions = [Version(2, AT, second), Version(1, AT - timedelta(days=30), first), Version(3, AT, first)]
    assert in_force(versions, AT - timedelta(days=31)) is None
    before, after = in_force(versions, AT - timedelta(seconds=1)), in_force(versions, AT)
    assert (before and before.number, after and after.number) == (1, 3)
