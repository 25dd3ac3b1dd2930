"""A retailer's colour on the console: the shades of both themes made from it, each measured before it is used.

Contrast is that of WCAG 2.2: (L1 + 0.05) / (L2 + 0.05) of relative luminances. The colour that is given is the one of
the light theme. Text has it, so it must reach `CONTRAST_MIN` on every ground of that theme. The dark theme takes it
as it is where it is readable there, else its nearest lighter shade. Grounds are those of `static/css/tokens.css`.
"""

from __future__ import annotations

import colorsys
import hashlib
import re
from functools import cache, lru_cache
from importlib import resources
from typing import Final, Literal

from msgspec import Struct

from regulars.console.i18n import _
from regulars.vocabulary.errors import InvalidInput

CONTRAST_MIN: Final = 4.5
Theme = Literal["light", "dark"]
GROUNDS: Final = (
    "bg", "surface", "surface-2", "ok-soft", "warn-soft", "bad-soft", "info-soft", "gold-soft",
)  # fmt: skip
"""The tokens that text in the colour stands on: pages, cards, and links in notes."""
_HUE: Final = re.compile(r"#?([0-9a-fA-F]{6})")
_TOKEN: Final = re.compile(r"--([a-z0-9-]+):\s*light-dark\((#[0-9a-f]{3,6}), (#[0-9a-f]{3,6})\)")
_STEPS: Final = 512
# How light and how full the shades begin; each moves on from there until it can be read.
_SOFT: Final = {"light": (0.93, 0.55), "dark": (0.14, 0.45)}
_ON_LIGHT_BRAND: Final = 0.08


class Shades(Struct, frozen=True):
    """The three tokens of one theme: the colour, a quiet ground for it, and text on it."""

    brand: str
    soft: str
    on: str


class Brand(Struct, frozen=True):
    """A colour that can be used, with its shades. `sheet` is the style sheet that puts them in force."""

    hue: str
    light: Shades
    dark: Shades
    sheet: str
    digest: str

    @property
    def path(self) -> str:
        """Where its style sheet is served: the name holds all that the sheet is made from."""
        return f"/brand/{self.hue.removeprefix('#')}-{self.digest}.css"


class TooWeak(InvalidInput):
    """The colour cannot be read on the ground named; `nearest` can."""

    code = "contrast"

    def __init__(self, hue: str, measured: float, nearest: str) -> None:
        super().__init__(
            _(
                "%(hue)s has a contrast of %(ratio)s to 1 on the ground of the pages, and text needs %(least)s to 1. "
                "The nearest darker shade that can be read is %(nearest)s.",
                hue=hue,
                ratio=floored(measured),
                least=CONTRAST_MIN,
                nearest=nearest,
            ),
            field="hue",
        )
        self.measured = measured
        self.nearest = nearest


def brand_of(text: str) -> Brand:
    """The shades of a colour such as `#0b6b58`. Raises InvalidInput for no colour, TooWeak for one hard to read."""
    found = _HUE.fullmatch(text.strip())
    if found is None:
        raise InvalidInput(_("Write the colour as # and six digits, such as #0b6b58."), field="hue")
    return _brand("#" + found[1].lower())


def contrast(one: str, other: str) -> float:
    """How well one colour is read on the other, 1 to 21."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    """The relative luminance of WCAG, 0 to 1."""
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in _parts(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def weakest(colour: str, theme: Theme) -> float:
    """The least contrast the colour has on the grounds of a theme."""
    return min(contrast(colour, tokens(theme)[ground]) for ground in GROUNDS)


def floored(ratio: float) -> str:
    """A ratio with one decimal, never rounded up to one that would pass."""
    return f"{int(ratio * 10) / 10:.1f}"


@cache
def tokens(theme: Theme) -> dict[str, str]:
    """The colours of a theme by the name of their token."""
    css = resources.files("regulars.console").joinpath("static", "css", "tokens.css").read_text("utf-8")
    return {name: light if theme == "light" else dark for name, light, dark in _TOKEN.findall(css)}


@lru_cache(maxsize=64)
def _brand(hue: str) -> Brand:
    measured = weakest(hue, "light")
    if measured < CONTRAST_MIN:
        raise TooWeak(hue, measured, _moved(hue, "light"))
    light = _shades(hue, "light")
    dark = _shades(_moved(hue, "dark"), "dark")
    pairs = ((f"--{name}", getattr(light, part), getattr(dark, part)) for name, part in _NAMES)
    said = "".join(f"{name}:light-dark({one},{other});" for name, one, other in pairs)
    sheet = f"@layer tokens{{:root{{{said}}}}}"
    return Brand(hue, light, dark, sheet, hashlib.sha256(sheet.encode()).hexdigest()[:12])


_NAMES: Final = (("brand", "brand"), ("brand-soft", "soft"), ("on-brand", "on"))


def _moved(hue: str, theme: Theme) -> str:
    """The colour itself, or its nearest shade towards black (or white, in the dark) that can be read."""
    _hue, lightness, fullness = colorsys.rgb_to_hls(*_parts(hue))
    end = 0.0 if theme == "light" else 1.0
    for step in range(_STEPS + 1):
        shade = hue if step == 0 else _shade(_hue, lightness + (end - lightness) * step / _STEPS, fullness)
        if weakest(shade, theme) >= CONTRAST_MIN:
            return shade
    raise AssertionError("black is read on light grounds, white on dark ones")


def _shades(brand: str, theme: Theme) -> Shades:
    """A quiet ground on which the colour and plain text are read, and text that is read on the colour."""
    hue, _lightness, fullness = colorsys.rgb_to_hls(*_parts(brand))
    text = tokens(theme)["text"]
    start, full = _SOFT[theme]
    soft = _towards(hue, start, min(fullness, full), 1.0 if theme == "light" else 0.0, (brand, text))
    on = "#ffffff" if theme == "light" else _towards(hue, _ON_LIGHT_BRAND, min(fullness, full), 0.0, (brand,))
    return Shades(brand, soft, on)


def _towards(hue: float, start: float, fullness: float, end: float, read: tuple[str, ...]) -> str:
    """The first shade from the lightness `start` to `end` on which all of `read` can be read."""
    for step in range(_STEPS + 1):
        shade = _shade(hue, start + (end - start) * step / _STEPS, fullness)
        if all(contrast(shade, other) >= CONTRAST_MIN for other in read):
            return shade
    raise AssertionError("what is read on the grounds of a theme is read on white or black")


def _shade(hue: float, lightness: float, fullness: float) -> str:
    parts = colorsys.hls_to_rgb(hue, lightness, fullness)
    return "#" + "".join(f"{round(part * 255):02x}" for part in parts)


def _parts(colour: str) -> tuple[float, float, float]:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    red, green, blue = (int(digits[start : start + 2], 16) / 255 for start in (0, 2, 4))
    return red, green, blue
