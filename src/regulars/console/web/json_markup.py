"""JSON for reading: indented, its parts marked by class, everything escaped."""

from __future__ import annotations

import json
from html import escape
from typing import Any

_DEPTH_MAX = 24
_ITEMS_MAX = 500


class Html(str):
    """Text that is HTML already; templates take it as it is."""

    __slots__ = ()

    def __html__(self) -> str:
        """What the template engine asks for."""
        return self


def json_markup(value: Any) -> Html:
    """The value as indented JSON. Long lists and deep nests are cut with a note of what is missing."""
    return Html("".join(_parts(value, 0)))


def _parts(value: Any, depth: int) -> list[str]:
    if isinstance(value, dict) and value:
        shown = [[_key(key), *_parts(item, depth + 1)] for key, item in list(value.items())[:_ITEMS_MAX]]
        return _block("{", "}", shown, len(value), depth)
    if isinstance(value, list) and value:
        shown = [_parts(item, depth + 1) for item in value[:_ITEMS_MAX]]
        return _block("[", "]", shown, len(value), depth)
    return [_scalar(value)]


def _key(key: str) -> str:
    return f'<span class="k">{_text(key)}</span>: '


def _block(opening: str, closing: str, items: list[list[str]], count: int, depth: int) -> list[str]:
    if depth >= _DEPTH_MAX:
        return [f"{opening} … {closing}"]
    pad = "\n" + "  " * (depth + 1)
    out = [opening]
    for i, item in enumerate(items):
        out += [pad, *item, "," if i < count - 1 else ""]
    if count > len(items):
        out += [pad, f"… {count - len(items)} more"]
    return [*out, "\n" + "  " * depth, closing]


def _scalar(value: Any) -> str:
    kind = "s" if isinstance(value, str) else "b" if value is None or isinstance(value, bool) else "n"
    return f'<span class="{kind}">{_text(value)}</span>'


def _text(value: Any) -> str:
    return escape(json.dumps(value, ensure_ascii=False, default=str))
