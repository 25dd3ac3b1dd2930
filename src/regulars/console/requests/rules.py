"""What the law fixes about a request: its deadline, its states, and the words that may end it.

A request is answered within one month of its receipt (GDPR, Art. 12(3)); once, and within that month, two
further months may be added. A month ends on the day of the same number, or on the last day of a shorter
month. Saturdays and holidays are not counted out: an answer is never late for being early.
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from datetime import date
from typing import Final, Literal, TypeAlias, get_args

from regulars.console.i18n import later
from regulars.vocabulary.errors import Conflict

Kind: TypeAlias = Literal["access", "portability", "correction", "erasure", "objection"]
State: TypeAlias = Literal["new", "checked", "done", "refused"]
Step: TypeAlias = Literal["check", "extend", "note", "carry_out", "refuse"]
CameBy: TypeAlias = Literal["email", "letter", "phone", "store", "web", "other"]
Method: TypeAlias = Literal["account", "contact", "card", "document", "known", "other"]
Extension: TypeAlias = Literal["complex", "many"]
Refusal: TypeAlias = Literal["identity_not_proved", "unfounded", "excessive", "kept_by_law"]
Outcome: TypeAlias = Literal[
    "answered", "erased", "customer_erased", "identity_not_proved", "unfounded", "excessive", "kept_by_law"
]

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
STATES: Final[tuple[State, ...]] = get_args(State)
STEPS: Final[tuple[Step, ...]] = get_args(Step)
OPEN: Final[tuple[State, ...]] = ("new", "checked")
SOON_DAYS: Final = 7
"""From so many days before its deadline a request is counted as waiting."""
_MONTHS: Final = 1
_MONTHS_EXTENDED: Final = 3

_NEXT: Final[Mapping[Step, Mapping[State, State]]] = {
    "check": {"new": "checked"},
    "extend": {"new": "new", "checked": "checked"},
    "note": {state: state for state in STATES},
    "carry_out": {"checked": "done"},
    "refuse": {"new": "refused", "checked": "refused"},
}
_REFUSED: Final[Mapping[Step, str]] = {
    "check": later("The identity was checked before, or the request is closed."),
    "extend": later("A closed request has no deadline to extend."),
    "note": later("This request takes no notes."),
    "carry_out": later("Check the identity first; a closed request is not carried out again."),
    "refuse": later("This request is closed already."),
}


def months_after(day: date, months: int) -> date:
    """The day of the same number so many months later; the last of the month where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def deadline(received_on: date, *, extended: bool = False) -> date:
    """The last day on which a request may be answered. The extended one counts from the receipt as well."""
    return months_after(received_on, _MONTHS_EXTENDED if extended else _MONTHS)


def after(state: State, step: Step) -> State:
    """The state after a step. Raises Conflict for a step that the state does not allow."""
    following = _NEXT[step].get(state)
    if following is None:
        raise Conflict(_REFUSED[step], code="request_state")
    return following
