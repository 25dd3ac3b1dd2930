"""Links by which a person sets their password: for somebody new, or who forgot it.

A link names an account and an hour, and is signed with a key of the workspace over both and the password hash the
account has. So it ends with its hour, with the first password set by it or otherwise, and nothing is stored.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import quote
from uuid import UUID

from msgspec import Struct

from regulars.store.vault import Vault

LINK_LIFE: Final = timedelta(hours=72)
UNSET: Final = "!"
"""How the password hash of an account begins that has no password yet."""
_HOUR_BYTES = 5
_MAC_CHARACTERS = 32


class Invitation(Struct, frozen=True):
    """What a link says; whether it is true is asked by `fits`."""

    user_id: UUID
    ends_at: datetime
    mac: str


def link_token(vault: Vault, user_id: UUID, password_hash: str, now: datetime) -> str:
    """The secret part of a link for an account with this password hash."""
    ends = int((now + LINK_LIFE).timestamp())
    said = user_id.bytes + ends.to_bytes(_HOUR_BYTES, "big")
    return base64.urlsafe_b64encode(said + bytes.fromhex(_mac(vault, user_id, ends, password_hash))).decode()


def link_to(base_url: str, token: str) -> str:
    """The whole link."""
    return f"{base_url}/invitation?token={quote(token)}"


def read_token(token: str) -> Invitation | None:
    """What a token says; None for what is none."""
    try:
        raw = base64.urlsafe_b64decode(token.encode("ascii", "replace"))
    except (binascii.Error, ValueError):
        return None
    if len(raw) != 16 + _HOUR_BYTES + _MAC_CHARACTERS // 2:
        return None
    ends = int.from_bytes(raw[16 : 16 + _HOUR_BYTES], "big")
    return Invitation(
        UUID(bytes=raw[:16]), datetime.fromtimestamp(min(ends, 2**36), UTC), raw[16 + _HOUR_BYTES :].hex()
    )


def fits(vault: Vault, said: Invitation, password_hash: str, now: datetime) -> bool:
    """Whether a link was made here for the account as it is, and has not ended."""
    right = _mac(vault, said.user_id, int(said.ends_at.timestamp()), password_hash)
    return hmac.compare_digest(right, said.mac) and now < said.ends_at


def _mac(vault: Vault, user_id: UUID, ends: int, password_hash: str) -> str:
    return vault.hash("account.invitation", user_id.hex, str(ends), password_hash)
