"""The steps of a request as forms take them: what each does, the audit line it leaves, and what is said after it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date
from typing import Any, Final, TypeAlias

from msgspec import Struct

from regulars.console.i18n import _, later
from regulars.console.services.people import name_of
from regulars.vocabulary.errors import InvalidInput
from regulars.vocabulary.events import Address

from .book import Request
from .carry_out import Requests
from .correction import Correction

Fields: TypeAlias = Mapping[str, str]
"""What a form sent."""
_ADDRESS: Final = ("line1", "line2", "postcode", "city", "region", "country")
_PLAIN: Final = ("given_name", "family_name", "email", "phone")


class Step(Struct, frozen=True):
    """`take` is given the register, the number of the request, the form and who sent it. `line`: its audit action."""

    line: str
    said: str
    take: Callable[[Requests, int, Fields, str], Awaitable[Request]]


async def _check(register: Requests, no: int, fields: Fields, by: str) -> Request:
    return await register.book.check(no, fields.get("method", ""), by, fields.get("note", ""))


async def _extend(register: Requests, no: int, fields: Fields, by: str) -> Request:
    return await register.book.extend(no, fields.get("reason", ""), by)


async def _note(register: Requests, no: int, fields: Fields, by: str) -> Request:
    return await register.book.note(no, fields.get("note", ""), by)


async def _refuse(register: Requests, no: int, fields: Fields, by: str) -> Request:
    return await register.refuse(no, fields.get("reason", ""), by, fields.get("note", ""))


async def _erase(register: Requests, no: int, fields: Fields, by: str) -> Request:
    """Only once the customer's name or the number of the request was typed."""
    found = await register.customer(await register.book.one(no))
    typed = _folded(fields.get("confirm", ""))
    if not typed or typed not in {_folded(name_of(found.parts) or ""), str(no)}:
        raise InvalidInput(_("Type the customer's name, or the number of the request."), field="confirm")
    return await register.erase(no, by)


async def _correct(register: Requests, no: int, fields: Fields, by: str) -> Request:
    return await register.correct(no, _correction(fields), by)


STEPS: Final[Mapping[str, Step]] = {
    "check": Step("request.checked", later("The identity check is noted."), _check),
    "extend": Step(
        "request.extended",
        later("The deadline is two months later. Tell the customer so, and why."),
        _extend,
    ),
    "notes": Step("request.noted", later("The note is added."), _note),
    "refuse": Step(
        "request.refused",
        later("The request is refused. Tell the customer why, and where they may complain."),
        _refuse,
    ),
    "erase": Step("request.done", later("The customer is erased. The proof is ready to be printed."), _erase),
    "correct": Step(
        "request.done",
        later("Corrected. Correct it in the systems it comes from as well, or they will say it again."),
        _correct,
    ),
    "object": Step(
        "request.done",
        later("Every consent is withdrawn. No marketing message goes out any more."),
        lambda register, no, _fields, by: register.object(no, by),
    ),
    "answer": Step(
        "request.done",
        later("The request is answered."),
        lambda register, no, _fields, by: register.answer(no, by),
    ),
}
"""By the name the forms give them."""


def said_after(name: str | None, request: Request, lines: Sequence[Sequence[Any]]) -> str | None:
    """What to say after a step, when it was the last thing that happened to the request; `lines` are its audit lines."""
    step = STEPS.get(name or "")
    if step is None or not lines or lines[-1][3] != step.line:
        return None
    left = request.proof.get("records_left")
    if name == "correct" and left:
        return _("Corrected. %(n)s records are known by the old contact alone and keep it.", n=left)
    return _(step.said)


def _correction(fields: Mapping[str, str]) -> Correction:
    """The values that were filled in. Raises InvalidInput with the field."""
    given: dict[str, Any] = {name: fields.get(name, "").strip() or None for name in _PLAIN}
    born = fields.get("birth_date", "").strip()
    parts = {name: fields.get(name, "").strip() or None for name in _ADDRESS}
    for name, value in {**given, **parts}.items():
        if value is not None and len(value) > 200:
            raise InvalidInput(_("At most 200 characters fit here."), field=name)
    try:
        birth_date = date.fromisoformat(born) if born else None
    except ValueError:
        raise InvalidInput(_("Give a day, such as 1990-02-01."), field="birth_date") from None
    address = Address(**parts) if any(parts.values()) else None
    return Correction(**given, birth_date=birth_date, address=address)


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
