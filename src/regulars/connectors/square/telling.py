"""A member's balance in Square Loyalty: their account there is found or made, and adjusted to what it should hold.

Our balance is the one that counts. What Square gives or takes by itself is put right by the next write-back, and is
no movement of points here. A change is known by the state of the account it starts from: told twice it is made once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Mapping, Sequence
from typing import Final, TypeAlias, TypeVar
from urllib.parse import quote

import msgspec
from msgspec import Struct

from regulars.connectors.calls import check_status
from regulars.connectors.reading import decode, required_id
from regulars.vocabulary.connector import Request, Response, SourceConfig, Standing, Told
from regulars.vocabulary.errors import VendorBusy, VendorRefused

from . import shapes
from .fetches import get, post
from .people import OUR_REASON

IDS_MAX: Final = 30
ROUNDS_MAX: Final = 2
REFUSALS: Final = frozenset({400, 404, 405, 409, 410, 422})

T = TypeVar("T")
Steps: TypeAlias = Generator[Request, Response, T]


class Accounts(Struct):
    """The answer to a search."""

    loyalty_accounts: list[shapes.LoyaltyAccount] | None = None


class AccountAnswer(Struct):
    """The answer to a question for one account, and to making one."""

    loyalty_account: shapes.LoyaltyAccount


class Program(Struct):
    """The one loyalty programme a seller can have."""

    id: str


class ProgramAnswer(Struct):
    """The answer to the question for the programme."""

    program: Program


class Fault(Struct):
    """Why a call was refused, for programs."""

    code: str = "no code"


class Faults(Struct):
    """Why a call was refused."""

    errors: list[Fault] | None = None


class _Refused(Exception):
    """Why there is nothing to change, for the person who looks."""


def chain(standing: Standing, config: SourceConfig) -> Steps[Told]:
    """Find or make the account, then change it by the difference and look again: at most eight calls."""
    if not standing.takes_part:
        return Told(changed=False)  # what they have there is their own
    try:
        account = yield from _account(standing, config)
    except _Refused as refused:
        return Told(changed=False, why=str(refused))
    if account is None:
        return Told(changed=False)
    changed = False
    for _round in range(ROUNDS_MAX):
        if account.balance == standing.balance:
            return Told(changed=changed)
        yield from _adjust(account, standing.balance, config)
        changed = True
        account = _answer((yield get(_path(account), config)), AccountAnswer).loyalty_account
    if account.balance != standing.balance:
        raise VendorBusy("the balance at Square moved while it was set")
    return Told(changed=changed)


def _account(standing: Standing, config: SourceConfig) -> Steps[shapes.LoyaltyAccount | None]:
    """The member's account; None where there is none and no phone to make one with. Raises _Refused."""
    found = yield from _search({"customer_ids": list(standing.external_ids[:IDS_MAX])}, config)
    if not found and standing.phones:
        mappings: list[object] = [{"phone_number": phone} for phone in standing.phones[:IDS_MAX]]
        found = yield from _search({"mappings": mappings}, config)
        if any(one.customer_id not in (None, "", *standing.external_ids) for one in found):
            raise _Refused("The phone belongs to the loyalty account of another customer at Square.")
    if len(found) > 1:
        raise _Refused("The member has several loyalty accounts at Square; merge these customers there.")
    if found or not standing.phones:
        return found[0] if found else None
    return (yield from _make(standing, config))


def _search(
    query: Mapping[str, Sequence[object]], config: SourceConfig
) -> Steps[list[shapes.LoyaltyAccount]]:
    if not any(query.values()):
        return []
    asked = {"query": query, "limit": 2}
    answer = _answer((yield post("/v2/loyalty/accounts/search", asked, config)), Accounts)
    return answer.loyalty_accounts or []


def _make(standing: Standing, config: SourceConfig) -> Steps[shapes.LoyaltyAccount]:
    answer = yield get("/v2/loyalty/programs/main", config)
    if answer.status == 404:
        raise _Refused("There is no loyalty programme at Square.")
    program, phone = _answer(answer, ProgramAnswer).program.id, standing.phones[0]
    wanted = {
        "loyalty_account": {"program_id": program, "mapping": {"phone_number": phone}},
        "idempotency_key": _key("account", program, standing.member_id, phone),
    }
    made = yield post("/v2/loyalty/accounts", wanted, config)
    return _answer(made, AccountAnswer).loyalty_account


def _adjust(account: shapes.LoyaltyAccount, balance: int, config: SourceConfig) -> Steps[None]:
    held = account.balance or 0
    change = {
        "idempotency_key": _key(
            "adjust",
            account.id,
            str(held),
            str(account.lifetime_points),
            str(account.updated_at),
            str(balance),
        ),
        "adjust_points": {"points": balance - held, "reason": OUR_REASON},
    }
    check((yield post(f"{_path(account)}/adjust", change, config)))


def _path(account: shapes.LoyaltyAccount) -> str:
    return f"/v2/loyalty/accounts/{quote(required_id(account.id, 'loyalty_account.id'), safe='')}"


def _key(*parts: str) -> str:
    """The same for the same change of the same state, whoever makes it and however often."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def _answer(response: Response, shape: type[T]) -> T:
    check(response)
    return decode(response.body, shape)


def check(response: Response) -> None:
    """As `check_status`, but a refusal says Square's codes; its texts may quote what we sent."""
    if response.status in REFUSALS:
        try:
            errors = decode(response.body, Faults).errors or []
        except msgspec.MsgspecError:
            errors = []
        codes = ", ".join(sorted({error.code for error in errors})) or f"status {response.status}"
        raise VendorRefused(f"Square refused the call ({codes})")
    check_status(response)
