"""JSON for reading: indented, its parts marked by class, everything escaped."""

from __future__ import annotations

import json
from typing import Any

from markupsafe import Markup, escape

_DEPTH_MAX = 24
_ITEMS_MAX = 500


def json_markup(value: Any) -> Markup:
    """The value as indented JSON. Long lists and deep nests are cut with a note of what is missing."""
    return Markup("").join(_lines(value, 0))


def _lines(value: Any, depth: int) -> list[Markup]:
    if isinstance(value, dict) and value:
        return _block("{", "}", [_pair(key, item, depth) for key, item in list(value.items())[:_ITEMS_MAX]], value, depth)
    if isinstance(value, list) and value:
        return _block("[", "]", [_lines(item, depth + 1) for item in value[:_ITEMS_MAX]], value, depth)
    return [_scalar(value)]


def _pair(key: str, item: Any, depth: int) -> list[Markup]:
    return [Markup('<span class="k">{}</span>: ').format(json.dumps(key, ensure_ascii=False)), *_lines(item, depth + 1)]


def _block(opening: str, closing: str, items: list[list[Markup]], value: Any, depth: int) -> list[Markup]:
    if depth >= _DEPTH_MAX:
        return [escape(f"{opening} … {closing}")]
    pad = Markup("\n" + "  " * (depth + 1))
    out: list[Markup] = [Markup(opening)]
    for i, item in enumerate(items):
        out += [pad, *item, Markup("," if i < len(value) - 1 else "")]
    if len(value) > len(items):
        out += [pad, escape(f"… {len(value) - len(items)} more")]
    out += [Markup("\n" + "  " * depth), Markup(closing)]
    return out


def _scalar(value: Any) -> Markup:
    kind = "s" if isinstance(value, str) else "b" if value is None or isinstance(value, bool) else "n"
    if isinstance(value, (dict, list)):
        kind = "n"
    return Markup('<span class="{}">{}</span>').format(kind, json.dumps(value, ensure_ascii=False, default=str))
