"""The colours: text is readable on every ground it stands on, in both themes, and no colour is named elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

CSS = Path(__file__).resolve().parents[2] / "src" / "regulars" / "console" / "static" / "css"
PAIR = re.compile(r"--([a-z0-9-]+):\s*light-dark\((#[0-9a-f]{3,6}), (#[0-9a-f]{3,6})\)")
TEXT_MIN, MARK_MIN = 4.5, 3.0
GROUNDS = ("bg", "surface", "surface-2")


def tokens(theme: str) -> dict[str, str]:
    found = PAIR.findall((CSS / "tokens.css").read_text(encoding="utf-8"))
    return {name: light if theme == "light" else dark for name, light, dark in found}


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_is_readable_on_every_ground(theme: str) -> None:
    colour = tokens(theme)
    pairs = [(name, ground) for name in ("text", "muted") for ground in GROUNDS]
    pairs += [(tone, f"{tone}-soft") for tone in ("brand", "ok", "warn", "bad", "info", "gold")]
    pairs += [("text", f"{tone}-soft") for tone in ("brand", "ok", "warn", "bad", "info", "gold")]
    pairs += [
        ("on-brand", "brand"),
        ("brand", "surface"),
        ("brand", "bg"),
        ("bad", "surface"),
        ("bg", "text"),
    ]
    weak = {pair: round(contrast(colour[pair[0]], colour[pair[1]]), 2) for pair in pairs}
    assert {pair: value for pair, value in weak.items() if value < TEXT_MIN} == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_controls_and_marks_stand_out(theme: str) -> None:
    colour = tokens(theme)
    pairs = [(name, "surface") for name in ("control", "c1", "c2", "c3", "c4", "c5")]
    weak = {pair: round(contrast(colour[pair[0]], colour[pair[1]]), 2) for pair in pairs}
    assert {pair: value for pair, value in weak.items() if value < MARK_MIN} == {}


def test_colours_are_named_in_the_tokens_alone() -> None:
    for path in CSS.glob("*.css"):
        if path.name != "tokens.css":
            assert not re.findall(r"#[0-9a-f]{3,8}\b|\brgb\(|\bhsl\(", path.read_text(encoding="utf-8")), (
                path.name
            )
