"""The proof of a request: what is kept of it for ever, its fingerprint, and where the audit chain holds that.

A proof names nobody: who asked is a keyed hash. The line that closes a request holds the SHA-256 of the proof, and
every line after it seals that line, so a proof changed later does not fit any more.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from msgspec import Struct

from .book import Request


class ProofLine(Struct, frozen=True):
    """A line of the audit trail about the request."""

    no: int
    at: datetime
    actor: str
    action: str
    details: dict[str, Any]
    hash: str


class Proof(Struct, frozen=True):
    """A proof. `sealed_in`: the number of the audit line that holds its fingerprint; None while it is open."""

    document: dict[str, Any]
    sha256: str
    sealed_in: int | None
    lines: list[ProofLine]


def document_of(request: Request, erasure: Mapping[str, Any]) -> dict[str, Any]:
    """What a proof says, as plain JSON. `erasure` is the proof of the erasure that ended it, if one did."""
    return {
        "request": request.no,
        "kind": request.kind,
        "customer": request.subject.hex,
        "came_by": request.came_by,
        "received_on": _text(request.received_on),
        "due_on": _text(request.due_on),
        "extended": _text(request.extended_at),
        "extension": request.extension,
        "identity_checked_by": request.check_method,
        "identity_checked": _text(request.checked_at),
        "identity_checker": request.checked_by,
        "outcome": request.outcome,
        "closed": _text(request.closed_at),
        "closed_by": request.closed_by,
        "erasure_id": request.erasure_id.hex if request.erasure_id else None,
        "erasure": dict(erasure),
        "carried_out": request.proof,
    }


def fingerprint(request: Request, erasure: Mapping[str, Any]) -> str:
    """SHA-256 of the proof's canonical JSON: keys in order, no blanks, UTF-8."""
    document = document_of(request, erasure)
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def proof_of(request: Request, erasure: Mapping[str, Any], lines: Sequence[tuple[Any, ...]]) -> Proof:
    """A proof with its lines; it is found in the chain by computing it anew."""
    sha256 = fingerprint(request, erasure)
    told = [
        ProofLine(no, at, actor, action, details, hash_) for no, at, actor, action, _, details, hash_ in lines
    ]
    sealed = [line.no for line in told if line.details.get("proof_sha256") == sha256]
    return Proof(document_of(request, erasure), sha256, sealed[-1] if sealed else None, told)


def _text(when: datetime | date | None) -> str | None:
    if isinstance(when, datetime):
        return when.astimezone(UTC).isoformat(timespec="microseconds")
    return when.isoformat() if when else None
