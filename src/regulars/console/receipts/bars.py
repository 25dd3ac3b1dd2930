"""A code that scanners read: Code 128 as long as that fits on a slip, else a QR code."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Final

import segno
from msgspec import Struct

BARS_CHARS_MAX: Final = 18
"""With its quiet zones such a code has (18 + 3) × 11 + 2 + 20 = 253 modules. A pixel each, the thinnest that reads
well, they take 67 mm; of two dots each, 506 of the 512 dots that 42 columns have."""
_BARS_HEIGHT: Final = 48
_QUIET: Final = 10
_QR_QUIET: Final = 4
_QR_SCALE: Final = 3
_START_B: Final = 104
_STOP: Final = 106
_MODULUS: Final = 103

# ISO/IEC 15417: bar, space, bar, space, bar, space of each symbol, in modules; the stop has one bar more.
_SYMBOLS: Final = (
    "212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 122231 113222 "
    "123122 123221 223211 221132 221231 213212 223112 312131 311222 321122 321221 312212 322112 322211 212123 212321 "
    "232121 111323 131123 131321 112313 132113 132311 211313 231113 231311 112133 112331 132131 113123 113321 133121 "
    "313121 211331 231131 213113 213311 213131 311123 311321 331121 312113 312311 332111 314111 221411 431111 111224 "
    "111422 121124 121421 141122 141221 112214 112412 122114 122411 142112 142211 241211 221114 413111 241112 134111 "
    "111242 121142 121241 114212 124112 124211 411212 421112 421211 212141 214121 412121 111143 111341 131141 114113 "
    "114311 411113 411311 113141 114131 311141 411131 211412 211214 211232 2331112"
).split()


class Symbol(Struct, frozen=True):
    """A drawing in modules, quiet zone included: the path of its dark parts, for SVG.

    `scale` is how many pixels a module takes; a whole number, or a screen draws bars of uneven width.
    """

    width: int
    height: int
    path: str
    scale: int


def fits_bars(code: str) -> bool:
    """Whether the code is short enough, and of printable ASCII only."""
    return 0 < len(code) <= BARS_CHARS_MAX and all(" " <= char <= "~" for char in code)


def symbol(code: str) -> Symbol:
    """Bars of the code, or its QR code where they do not fit. Raises ValueError for one too long for either."""
    return _bars(code) if fits_bars(code) else _qr(code)


def code128(code: str) -> str:
    """Widths of bars and spaces in turn, in modules, of a code that `fits_bars`: set B, check and stop included."""
    values = [_START_B, *(ord(char) - 32 for char in code)]
    check = (values[0] + sum(place * value for place, value in enumerate(values))) % _MODULUS
    return "".join(_SYMBOLS[value] for value in (*values, check, _STOP))


def _bars(code: str) -> Symbol:
    widths = [int(one) for one in code128(code)]
    starts = accumulate(widths, initial=_QUIET)
    path = "".join(
        f"M{start} 0h{width}v{_BARS_HEIGHT}h-{width}z"
        for place, (start, width) in enumerate(zip(starts, widths, strict=False))
        if place % 2 == 0
    )
    return Symbol(sum(widths) + 2 * _QUIET, _BARS_HEIGHT, path, scale=1)


def _qr(code: str) -> Symbol:
    rows: Sequence[bytearray] = segno.make(code, error="m", micro=False, boost_error=False).matrix
    path = "".join(
        f"M{x + _QR_QUIET} {y + _QR_QUIET}h1v1h-1z"
        for y, row in enumerate(rows)
        for x, dark in enumerate(row)
        if dark
    )
    side = len(rows) + 2 * _QR_QUIET
    return Symbol(side, side, path, _QR_SCALE)
