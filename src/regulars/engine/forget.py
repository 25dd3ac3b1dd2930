"""Forget a person for good, and keep them forgotten when a backup comes back.

`forget` erases, notes it in the register outside the database, and clears the files. `restore` brings a
backup back and erases again whom the register names.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from regulars.store.backup import Manifest, backups_taken
from regulars.store.expunge import expunge
from regulars.store.opening import Store
from regulars.store.queries import load_queries
from regulars.store.register import Entry, Register, read_register
from regulars.store.restore import restoring
from regulars.store.rows import uuids
from regulars.store.session import Call, Session
from regulars.store.vault import Vault
from regulars.store.workspaces import list_workspaces
from regulars.vocabulary.errors import RegularsError

from .erase import Eraser, Erasure
from .turn import utc_now

_ERASE = load_queries("regulars.store", "erase.sql")
_EXPUNGE = load_queries("regulars.store", "expunge.sql")
_TURN = load_queries("regulars.store", "turn.sql")
RESTORE = "restore"


class ErasedAgain(Struct, frozen=True):
    """An erasure of the register that had to be repeated, and how many records came back before it."""

    erasure_id: str
    at: datetime
    records: int


class Restored(Struct):
    """What a restore did. `warning` is for the operator: read it."""

    manifest: Manifest
    erasures: int = 0
    erased_again: list[ErasedAgain] = field(default_factory=list)
    warning: str | None = None


def forget(store: Store, vault: Vault, profile_id: str, *, actor: str, reason: str = "") -> Erasure:
    """Erase the person of a profile or record id; the proof of the answer is complete.

    Raises NotFound when there is none. After the erasure itself nothing is raised any more: a file that could
    not be cleared is told in the proof.
    """
    session = Session(store.database)
    try:
        erasure = Eraser(session, vault, utc_now).erase(profile_id, actor=actor, reason=reason)
        erasure.proof |= {"clear_also_at": _source_names(session, erasure)}
    finally:
        session.close()
    entry = Entry(
        erasure_id=erasure.erasure_id,
        workspace_id=erasure.workspace_id,
        at=erasure.at,
        clean_after=utc_now(),
        actor=actor,
        marks=erasure.marks,
        master_key=store.master.fingerprint(),
        quarantined=erasure.quarantined,
        proof=erasure.proof,
    )
    Register(store.home).append([entry])
    erasure.proof = erasure.proof | _backups(store, entry) | {"storage": _expunge(store)}
    return erasure


def restore(
    store: Store,
    directory: Path,
    *,
    force: bool = False,
    register: Path | None = None,
    report: Callable[[str], None] = lambda _: None,
) -> Restored:
    """Put a backup in the place of what is in the database, and erase again whom the register names.

    The register is the home's own, joined with the file `register` when that is given. See
    `store.restore.restoring` for what is raised; killed at any moment, the same call does it again. The store
    must not have been migrated: an interrupted restore is refused there.
    """
    brought = read_register(register) if register is not None else []
    own = Register(store.home)
    own.append(brought)
    with restoring(store, directory, force=force, report=report) as manifest:
        report("Erasing again who was erased since")
        restored = Restored(manifest)
        entries = [entry for entry in own.read() if entry.master_key == manifest.master_key]
        restored.erasures = len(entries)
        restored.erased_again = reapply(store, entries)
        expunge(store)
    if not entries:
        restored.warning = (
            f"No erasure register was found in {own.path}. If people were erased since "
            f"{manifest.began_at:%d %b %Y, %H:%M} UTC, restore again with the register of the old home."
        )
    return restored


def reapply(store: Store, entries: Sequence[Entry]) -> list[ErasedAgain]:
    """Erase exactly the records that the entries mark, and remember the marks. Repeats change nothing."""
    done: list[ErasedAgain] = []
    for workspace_id, _ in list_workspaces(store.database):
        mine = [entry for entry in entries if entry.workspace_id == workspace_id]
        if mine:
            done += _reapply_one(store, Vault(store.master, workspace_id), mine)
    return done


def _reapply_one(store: Store, vault: Vault, entries: list[Entry]) -> list[ErasedAgain]:
    session = Session(store.database)
    try:
        eraser = Eraser(session, vault, utc_now)
        found = set(eraser.find_marked({mark for entry in entries for mark in entry.marks}))
        marks = {vault.tombstone("record", record_id) for record_id in found}
        eraser.erase_again(found, actor=RESTORE, reason="erased before; a restore brought it back")
        _remember(session, vault, entries)
    finally:
        session.close()
    counts = [(entry, len(marks.intersection(entry.marks))) for entry in entries]
    return [ErasedAgain(entry.erasure_id, entry.at, count) for entry, count in counts if count]


def _remember(session: Session, vault: Vault, entries: Sequence[Entry]) -> None:
    """Put marks, proofs and the removal of rejected messages back, for erasures the database does not know."""
    workspace = {"workspace_id": vault.workspace_id}
    try:
        session.begin(vault.workspace_id)
        session.run([Call(_TURN.lock_workspace, workspace)])
        known = {row[0] for row in session.run([Call(_ERASE.list_erasures, workspace)])[0]}
        calls = []
        for entry in entries:
            saved = workspace | {"now": entry.at, "marks": uuids(entry.marks), "actor": entry.actor}
            calls.append(Call(_ERASE.save_tombstones, saved))
            gone = uuids(entry.quarantined)
            calls.append(Call(_ERASE.delete_quarantine, workspace | {"ids": gone}))
            if entry.erasure_id not in known:
                proof = {"id": entry.erasure_id, "proof": json.dumps(entry.proof)}
                calls.append(Call(_ERASE.save_erasure, saved | proof))
        session.run(calls)
        session.commit()
    except BaseException:
        session.rollback()
        raise


def _source_names(session: Session, erasure: Erasure) -> list[str]:
    """The sources that knew the person: whoever runs them has data of their own to clear."""
    session.begin(erasure.workspace_id)
    try:
        asked = {"workspace_id": erasure.workspace_id, "ids": erasure.sources}
        return [row[0] for row in session.run([Call(_EXPUNGE.source_names, asked)])[0]]
    finally:
        session.rollback()


def _backups(store: Store, entry: Entry) -> dict[str, Any]:
    """From when on backups are clean, and which of those taken are not."""
    unclean = [taken for taken in backups_taken(store.home) if taken.began_at <= entry.clean_after]
    return {
        "backups_clean_from": entry.clean_after.isoformat(),
        "last_backup_before": unclean[-1].began_at.isoformat() if unclean else None,
        "backups_to_let_expire": [taken.directory for taken in unclean],
    }


def _expunge(store: Store) -> dict[str, Any]:
    try:
        done = expunge(store)
    except RegularsError as error:
        return {"cleared": False, "code": error.code}
    return {"cleared": True, "rewritten": done.rewritten, "write_ahead_log": done.log}
