"""The last customers somebody opened, in a cookie: ids alone, signed with the session, so it ends with it.

Nothing of a customer lies in the browser: names are looked up for each page, as far as the person may see them.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import Final
from uuid import UUID

RECENT_COOKIE: Final = "regulars_recent"
RECENT_PATH: Final = "/store"
RECENT_MAX: Final = 5
_MAC_BYTES: Final = 32
_ID_BYTES: Final = 16


def read_recent(text: str | None, token: str) -> list[UUID]:
    """The ids of a cookie, the last opened first; none of a cookie that this session did not write."""
    try:
        raw = base64.urlsafe_b64decode((text or "").encode("ascii", "replace"))
    except (binascii.Error, ValueError):
        return []
    mac, ids = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
    if len(ids) % _ID_BYTES or not hmac.compare_digest(mac, _sign(ids, token)):
        return []
    return [UUID(bytes=ids[at : at + _ID_BYTES]) for at in range(0, len(ids), _ID_BYTES)]


def add_recent(before: list[UUID], opened: UUID, token: str) -> str:
    """The cookie after one more customer was opened; it keeps `RECENT_MAX`."""
    kept = [opened, *(one for one in before if one != opened)][:RECENT_MAX]
    ids = b"".join(one.bytes for one in kept)
    return base64.urlsafe_b64encode(_sign(ids, token) + ids).decode()


def _sign(ids: bytes, token: str) -> bytes:
    return hmac.new(token.encode(), b"regulars/recent" + ids, hashlib.sha256).digest()
