"""The page of the programme file names every field, and its example is the programme that is shipped."""

from __future__ import annotations

from scripts.reference.programme import page, undocumented


def test_every_field_of_a_programme_has_its_meaning_on_the_page() -> None:
    assert undocumented() == []


def test_the_page_shows_default_and_example() -> None:
    text = page()
    assert "| `who` | `enrolled` | one of `enrolled`, `card`, `known` |" in text
    assert 'name = "Regulars Club"' in text
