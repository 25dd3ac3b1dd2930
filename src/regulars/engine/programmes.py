"""Loyalty programmes of a workspace: drafts, versions, and the event from which a version holds."""

from __future__ import annotations

from datetime import datetime

import msgspec
from msgspec import Struct

from regulars.capabilities.loyalty.programme import Programme, parse
from regulars.store.queries import load_queries
from regulars.store.session import Call, Session
from regulars.store.vault import Vault
from regulars.vocabulary.errors import Conflict, InvalidInput, NotFound
from regulars.vocabulary.events import PUBLISHED, Event, Loyalty

from .audit_lines import audit_line

_SQL = load_queries("regulars.store", "programmes.sql")
PROGRAMMES_MAX = 20
DRAFTED, SAID = "programme.drafted", "programme.published"


class Draft(Struct, frozen=True):
    """A programme in the making: its number, and its text as parsed."""

    number: int
    programme: Programme


def save_draft(
    session: Session, vault: Vault, content: str, *, number: int | None, actor: str, now: datetime
) -> Draft:
    """Keep a draft, of a programme that is there or of a new one (`number` None). Nothing changes for members.

    Raises ProgrammeError for a text that is no programme, NotFound for a number that is not there, and Conflict for
    one programme too many.
    """
    programme = parse(content)
    workspace = {"workspace_id": vault.workspace_id}
    values = {
        "name": programme.name,
        "content": content,
        "digest": programme.digest(),
        "now": now,
        "actor": actor,
    }
    try:
        session.begin(vault.workspace_id)
        if number is None:
            made = session.run([Call(_SQL.add_programme, workspace | values | {"most": PROGRAMMES_MAX})])[0]
            if not made:
                raise Conflict("There are %(most)s programmes already.", most=PROGRAMMES_MAX)
            number = int(made[0][0])
        elif not session.run([Call(_SQL.rename, workspace | values | {"programme": number})])[0]:
            raise NotFound("There is no programme %(number)s.", number=number)
        session.run([Call(_SQL.save_draft, workspace | values | {"programme": number})])
        details = {"name": programme.name, "digest": programme.digest()}
        audit_line(session, vault.workspace_id, actor, DRAFTED, f"programme:{number}", details, now)
        session.commit()
    except BaseException:
        session.rollback()
        raise
    return Draft(number, programme)


def publication(
    session: Session,
    vault: Vault,
    number: int,
    *,
    effective_from: datetime | None,
    actor: str,
    reason: str,
    now: datetime,
) -> bytes:
    """Make the draft the next version; returns the event, of the program's own source, that puts it in force.

    `effective_from`: None for now. Only the first version of a programme may begin in the past, since points that were
    given stay as the version of their time gave them. Raises NotFound without a draft, InvalidInput for such a time.
    """
    begins = effective_from or now
    workspace = {"workspace_id": vault.workspace_id, "programme": number}
    try:
        session.begin(vault.workspace_id)
        held, made = session.run(
            [
                Call(_SQL.is_in_force, workspace),
                Call(_SQL.add_version, workspace | {"now": now, "actor": actor, "reason": reason}),
            ]
        )
        if not made:
            raise NotFound("Programme %(number)s has no draft to publish.", number=number)
        if held[0][0] and begins < now:
            raise InvalidInput(
                "A version of this programme holds already; the next one can begin now or later.",
                field="effective_from",
            )
        version = int(made[0][0])
        details = {"version": version, "effective_from": begins.isoformat(), "reason": reason}
        audit_line(session, vault.workspace_id, actor, SAID, f"programme:{number}", details, now)
        session.commit()
    except BaseException:
        session.rollback()
        raise
    said = Loyalty(programme=number, version=version, active_from=begins, actor=actor, reason=reason)
    return msgspec.json.encode(
        Event(id=f"{PUBLISHED}-{number}-{version}", type=PUBLISHED, occurred_at=now, loyalty=said)
    )
