"""The shape of a value: what it looks like when every letter and digit is replaced.

`Jane.Doe@example.com` becomes `Aaaa.Aaa@aaa.aaa`, `+44 20 7946 0018` becomes `+99 99 9999 9999`.
"""

from __future__ import annotations

import re
from typing import Final

CHARACTERS_MAX: Final = 40
_ASCII: Final = {
    code: "9"
    if chr(code).isdigit()
    else "A"
    if chr(code).isupper()
    else "a"
    if chr(code).isalpha()
    else chr(code)
    for code in range(32, 127)
} | dict.fromkeys((*range(32), 127), "¬")
_LONG: Final = re.compile(r"a{4,}|A{4,}|9{17,}")
_SHORTER: Final = {"a": "aaa", "A": "AAA", "9": "9" * 16 + "…"}


def shape(text: str) -> str:
    """At most CHARACTERS_MAX characters. Runs of over three letters are shown as three, and no letter is itself."""
    cut = text[: CHARACTERS_MAX * 3]
    plain = cut.translate(_ASCII)
    if not cut.isascii():
        plain = "".join(one if one.isascii() else _foreign(one) for one in plain)
    short = _LONG.sub(lambda run: _SHORTER[run[0][0]], plain)
    return short if len(short) <= CHARACTERS_MAX else short[: CHARACTERS_MAX - 1] + "…"


def _foreign(one: str) -> str:
    if one == "¬":
        return one
    if one.isalpha():
        return "A" if one.isupper() else "a"
    return "9" if one.isdigit() else "_" if one.isspace() else "¤"
