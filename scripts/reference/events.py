"""The page of events: the types, and every field with its type and limits."""

from __future__ import annotations

import inspect
import types
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from regulars.vocabulary import events
from scripts.reference.markdown import cell, code, first_line, rest, table

HEAD = f"""# Events

What `POST /v1/events` takes, one at a time or up to {events.EVENTS_PER_REQUEST_MAX} in `{{"events": [...]}}`.
Amounts are integers in the minor unit of the currency, times carry an offset, quantities are decimals. An event
that happened more than {events.OCCURRED_AHEAD_SECONDS_MAX // 60} minutes in the future is rejected. Fields that
are not listed are ignored and kept, sealed, in the log.

## Types

"""

_SIMPLE = {
    str: "text",
    int: "integer",
    bool: "true or false",
    Decimal: "decimal",
    date: "date",
    datetime: "time",
}
_OURS = events.Decision
"""Said by the program itself alone, so it is not on the page."""
_LIMITS = {"min_length": "at least {} long", "max_length": "at most {} long", "ge": "from {}", "le": "to {}"}


def page() -> str:
    """The types, then a table for each part of an event."""
    parts = [HEAD, *(f"- `{name}`\n" for name in sorted(events.TYPES))]
    parts.append(f"- `{events.CUSTOM_PREFIX}<name>`, for what is your own\n")
    parts += [_section(struct) for struct in _structs()]
    return "".join(parts)


def _structs() -> list[type[msgspec.Struct]]:
    found = [
        item
        for _, item in inspect.getmembers(events, inspect.isclass)
        if issubclass(item, msgspec.Struct) and item.__module__ == events.__name__ and item is not _OURS
    ]
    return sorted(found, key=lambda struct: (struct is not events.Event, struct.__name__))


def _section(struct: type[msgspec.Struct]) -> str:
    hints = get_type_hints(struct, include_extras=True)
    fields = msgspec.structs.fields(struct)
    rows = [
        (code(f.name), "yes" if f.required else "", describe(hints[f.name]))
        for f in fields
        if _OURS not in get_args(hints[f.name])
    ]
    text = " ".join(filter(None, [first_line(struct.__doc__), rest(struct.__doc__)]))
    return f"\n## {struct.__name__}\n\n{text}\n\n" + table(("Field", "Required", "Value"), rows)


def describe(hint: Any) -> str:
    """A type in words, with its limits."""
    origin, args = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return ", ".join([describe(args[0]), *_limits(hint.__metadata__)])
    if origin in (Union, types.UnionType):
        return describe(next(arg for arg in args if arg is not type(None)))
    if origin in (list, tuple, frozenset):
        return f"list of {describe(args[0])}"
    if origin in (dict, Literal):
        return "object" if origin is dict else f"one of {', '.join(map(code, args))}"
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return f"[{hint.__name__}](#{hint.__name__.lower()})"
    return _SIMPLE[hint]


def _limits(metadata: tuple[Any, ...]) -> list[str]:
    found = []
    for meta in metadata:
        found += [
            words.format(value)
            for name, words in _LIMITS.items()
            if (value := getattr(meta, name)) is not None
        ]
        if meta.pattern:
            found.append(f"matching {code(cell(meta.pattern))}")
        if meta.tz:
            found.append("with an offset")
    return found
