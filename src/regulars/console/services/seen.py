"""An event as a person may see it: without who it names, without what another store took.

Anybody may write anything into the open parts of an event, so what may be seen is what we know of it, never what
is left after taking known parts out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec

from regulars.observe import mask
from regulars.vocabulary.events import Event

HIDDEN: Final = "•••"
# Parts of an event that tell of a person, or may, since anybody may write anything into them.
_PERSONAL: Final = ("customer", "properties", "consent", "staff_details")
_OPEN: Final = ("properties", "traits")
_MONEY: Final = ("sale", "payment", "cart")


def impersonal(body: Any) -> dict[str, Any]:
    """The parts of an event that we know and that tell of nobody; nothing of what is no event."""
    out = known(body)
    for name in (*_PERSONAL, "id"):
        out.pop(name, None)
    return {name: _masked(value) for name, value in out.items()}


def seen_event(body: Any, *, clear: bool, stores: frozenset[str] | None) -> Any:
    """An event for somebody who may or may not see contacts (`clear`), and works in some `stores` (None: in all)."""
    if clear and stores is None:
        return body
    shown = known(body) if clear else impersonal(body)
    if not shown:
        return None
    if not clear:
        shown = {"id": mask(str(body["id"])), **shown, **{part: HIDDEN for part in _PERSONAL if part in body}}
    return local(shown, body, stores)


def local(shown: Any, body: Any, stores: frozenset[str] | None) -> Any:
    """What is shown of an event to somebody who works in some `stores` (None: in all): no amounts of another store."""
    if stores is None:
        return shown
    # What a customer spent in all may stand in the open parts, as a source has counted it.
    shown = _without(shown, lambda name: name in _OPEN)
    return _without(shown, lambda name: name.endswith("_minor")) if is_abroad(body, stores) else shown


def is_abroad(body: dict[str, Any], stores: frozenset[str] | None) -> bool:
    """Whether an event is of money taken where somebody limited to some stores does not work."""
    return stores is not None and body.get("store") not in stores and any(part in body for part in _MONEY)


def known(body: Any) -> dict[str, Any]:
    """The parts of an event that we know, references of payments left out; nothing of what is no event."""
    try:
        event = msgspec.convert(body, Event)
    except msgspec.ValidationError:
        return {}
    if event.sale is not None:
        for tender in event.sale.tenders:
            tender.reference = None
    out: dict[str, Any] = msgspec.to_builtins(event)
    return out


def _masked(value: Any) -> Any:
    """The same with contacts masked in names: those of goods are free text as well."""
    if isinstance(value, dict):
        return {name: mask(one) if _is_name(name, one) else _masked(one) for name, one in value.items()}
    return [_masked(one) for one in value] if isinstance(value, list) else value


def _is_name(name: str, value: Any) -> bool:
    return name == "name" and isinstance(value, str)


def _without(value: Any, unwanted: Callable[[str], bool]) -> Any:
    if isinstance(value, dict):
        return {name: _without(one, unwanted) for name, one in value.items() if not unwanted(name)}
    return [_without(one, unwanted) for one in value] if isinstance(value, list) else value
