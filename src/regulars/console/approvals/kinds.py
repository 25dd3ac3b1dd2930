"""What a kind of approval is, and who somebody is who asks or decides."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from msgspec import Struct

from regulars.store.database import Database
from regulars.store.vault import Vault
from regulars.vocabulary.intake import Gate

OPEN: Final = "open"
APPROVED: Final = "approved"
REJECTED: Final = "rejected"
LAPSED: Final = "lapsed"
DONE: Final = "done"
"""The outcome of what was carried out; any other is the code of why it could not be."""


class Who(Struct, frozen=True):
    """Somebody who asks or decides: `actor` as the audit trail names them, with the stores they work in (None: all).

    `role` is None for an API key with the scope for it, and for the command line.
    """

    actor: str
    role: str | None = None
    stores: frozenset[str] | None = None


class Approval(Struct, frozen=True):
    """Something that waits for a second person, or waited.

    `subject`: the customer it is about, if any; `stores`: those whom it was asked in, None for the whole chain.
    `state`: open, approved, rejected, or lapsed when nobody decided until `expires_at`. `outcome`: what came of an
    approved one, None while it was not carried out.
    """

    approval_id: UUID
    kind: str
    subject: UUID | None
    asked_by: str
    asked_at: datetime
    stores: list[str] | None
    reason: str
    command: dict[str, Any]
    state: str
    decided_by: str | None
    decided_at: datetime | None
    note: str
    expires_at: datetime
    outcome: str | None


class Means(Struct, frozen=True):
    """What carrying out takes."""

    database: Database
    vault: Vault
    gate: Gate
    clock: Callable[[], datetime]


class Kind(Struct, frozen=True):
    """A kind of approval.

    `name` in the database and the API; `words` for people, untranslated; `ask` and `decide` are roles. `say` puts a
    command in words. `carry_out` does it, exactly once however often it is called, and returns DONE or why not; where a
    refusal is to be carried out as well, `refuse` does that. `lapsed` says what became of what nobody decided on.
    """

    name: str
    words: str
    ask: frozenset[str]
    decide: frozenset[str]
    say: Callable[[Mapping[str, Any]], str]
    told: Callable[[Mapping[str, Any]], dict[str, Any]]
    carry_out: Callable[[Means, Approval], Awaitable[str]]
    refuse: Callable[[Means, Approval], Awaitable[str]] | None = None
    lapsed: Callable[[Mapping[str, Any]], str] | None = None

    def may_ask(self, who: Who) -> bool:
        """Whether this is somebody who may ask for it."""
        return who.role is None or who.role in self.ask

    def may_decide(self, who: Who, stores: list[str] | None) -> bool:
        """Whether this is somebody who may decide on what was asked in some stores.

        Who works in some stores decides on what was asked in one of them.
        """
        if who.role is not None and who.role not in self.decide:
            return False
        return who.stores is None or (stores is not None and not who.stores.isdisjoint(stores))
