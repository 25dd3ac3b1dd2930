"""A programme's file: what is wrong in it is told with its place, in a whole sentence."""

from __future__ import annotations

import pytest

from regulars.capabilities.loyalty.programme import ProgrammeError, lint, parse
from regulars.capabilities.loyalty.sentences import compare, describe
from regulars.console.services.programmes import shipped_text

TEXT = shipped_text()


@pytest.mark.parametrize(
    ("old", "new", "field", "told"),
    [
        ("Europe/Berlin", "Europe/Nowhere", "time_zone", "There is no time zone 'Europe/Nowhere'"),
        ('tiers = ["gold"]', 'tiers = ["platin"]', "multiplier[1].where.tiers", "There is no 'platin' in this programme; there are: base, silver, gold."),
        ('id = "welcome"', 'id = "base"', "bonus[0].id", "'base' is there twice"),
        ("months = 24", "days = 24", "point[0].expiry.days", "'months' takes no 'days'; take it out."),
        (", months = 24", "", "point[0].expiry.months", "'months' needs 'months'."),
        ("threshold = 100_000", "threshold = 3", "tier[2].threshold", "'gold' must need more than 'silver'."),
        ("percent = 125", "percent = 99", "multiplier[0].percent", ">= 100"),
        ("[cycle]", "[cycle]\nfoo = 1", "cycle", "unknown field"),
        ('on = "enrolment"', 'on = "enrolment"\nwhere = { skus = ["A"] }', "bonus[0].where", "'enrolment' comes without a sale"),
        ('beyond = "wait"', 'beyond = "tell"', "limits.own_card", "'tell' takes no 'own_card'"),
        ('on = "enrolment"', 'on = "sale.completed"', "bonus[0].on", "Nothing is given for events of type 'sale.completed'"),
        ('kind = "voucher"', 'kind = "product"', "reward[0].value_minor", "'product' takes no 'value_minor'"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_place(old: str, new: str, field: str, told: str) -> None:
    with pytest.raises(ProgrammeError) as caught:
        parse(TEXT.replace(old, new, 1))
    assert (caught.value.code, caught.value.field) == ("invalid_programme", field)
    assert told in caught.value.message
    assert "%(" not in caught.value.message


def test_the_shipped_programme_has_nothing_to_look_at_and_says_all_in_whole_sentences() -> None:
    programme = parse(TEXT)
    assert lint(programme) == []
    for sentence in describe(programme):
        assert "%(" not in sentence.text
    assert compare(programme, programme) == []


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("points_per_day = 5_000\ncard_uses_per_day = 10", "", None),
        ("points_per_day = 5_000\ncard_uses_per_day = 10\nadjustment_points = 1_000\nbeyond = \"wait\"\nown_card = true\nsame_referral = true", 'beyond = "wait"', "limits.beyond"),
        ('policy = "months", months = 24', 'policy = "days", days = 5', "limits.review_days"),
    ],
)  # fmt: skip
def test_what_is_most_likely_not_meant_is_told(old: str, new: str, field: str | None) -> None:
    text = TEXT.replace(old, new)
    assert text != TEXT
    assert [fault.field for fault in lint(parse(text))] == ([] if field is None else [field])
