"""The colour of a retailer: every one that is taken can be read in both themes, every other comes with one that can."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from regulars.console.brand import Brand, Shades, TooWeak, brand_of
from regulars.vocabulary.errors import InvalidInput
from tests.console.test_tokens import GROUNDS, TEXT_MIN, contrast, tokens

NOTES = ("ok-soft", "warn-soft", "bad-soft", "info-soft", "gold-soft")
hues = st.integers(0, 2**24 - 1).map(lambda number: f"#{number:06x}")


def weakest(shades: Shades, theme: str) -> float:
    """The least contrast of all that is drawn in the shades, by the measure of the tests of the tokens."""
    colour = tokens(theme)
    pairs = [(shades.brand, colour[ground]) for ground in (*GROUNDS, *NOTES)]
    pairs += [(shades.brand, shades.soft), (colour["text"], shades.soft), (shades.on, shades.brand)]
    return min(contrast(one, other) for one, other in pairs)


def taken(hue: str) -> Brand | TooWeak:
    """The shades of a colour, or why it is refused."""
    try:
        return brand_of(hue)
    except TooWeak as error:
        return error


@given(hues)
def test_a_colour_is_read_in_both_themes_or_refused_with_one_that_is(hue: str) -> None:
    brand, wanted = taken(hue), hue
    if isinstance(brand, TooWeak):
        assert brand.measured < TEXT_MIN
        assert brand.nearest in brand.message
        wanted = brand.nearest
        brand = taken(wanted)
    assert isinstance(brand, Brand)
    assert brand.light.brand == wanted, "a colour that can be read is taken as it is"
    assert weakest(brand.light, "light") >= TEXT_MIN
    assert weakest(brand.dark, "dark") >= TEXT_MIN


@given(hues)
def test_the_style_sheet_sets_the_three_tokens_and_nothing_else(hue: str) -> None:
    brand = taken(hue)
    assume(isinstance(brand, Brand))
    assert isinstance(brand, Brand)
    colour = r"#[0-9a-f]{6}"
    token = rf"--(brand|brand-soft|on-brand):light-dark\({colour},{colour}\);"
    assert re.fullmatch(rf"@layer tokens\{{:root\{{({token}){{3}}\}}\}}", brand.sheet)


def test_the_measured_ratio_is_told_and_never_rounded_up_to_one_that_passes() -> None:
    with pytest.raises(TooWeak, match=r"#ffcc00 has a contrast of 1\.\d to 1 .* 4\.5 to 1"):
        brand_of("#ffcc00")
    greys = (f"#{level:02x}{level:02x}{level:02x}" for level in range(256))
    grey = next(one for one in greys if isinstance(taken(one), TooWeak))
    with pytest.raises(TooWeak, match=r"contrast of 4\.4 to 1"):
        brand_of(grey)


@pytest.mark.parametrize(
    "text",
    ["", "red", "#12345", "#1234567", "0b6b5g", "#fff", "url(x)", "#0b6b58;}", "\u0660" * 6, "<script>"],
)
def test_what_is_no_colour_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="six digits") as caught:
        brand_of(text)
    assert caught.value.field == "hue"
