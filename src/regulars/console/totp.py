"""One-time passwords by time (RFC 6238): SHA-1, six digits, a new one every 30 seconds, as every telephone knows them."""

from __future__ import annotations

import base64
import hmac
import io
from datetime import datetime
from typing import Final
from urllib.parse import quote

import segno
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.hotp import HOTP

SECRET_BYTES: Final = 20
STEP_SECONDS: Final = 30
DIGITS: Final = 6
WINDOW_STEPS: Final = 1
"""How many periods a telephone's clock may be early or late."""


def code_at(secret: bytes, step: int) -> str:
    """The code of a period; periods are counted from the beginning of Unix time."""
    return HOTP(secret, DIGITS, SHA1(), enforce_key_length=False).generate(step).decode()  # noqa: S303


def step_at(now: datetime) -> int:
    """The period a moment lies in."""
    return int(now.timestamp()) // STEP_SECONDS


def step_of(secret: bytes, code: str, now: datetime, after: int) -> int | None:
    """The period a code belongs to, if it is near enough and later than `after`; else None."""
    said, here = code.encode(), step_at(now)
    near = range(here - WINDOW_STEPS, here + WINDOW_STEPS + 1)
    fitting = [step for step in near if hmac.compare_digest(code_at(secret, step).encode(), said)]
    return next((step for step in fitting if step > after), None)


def secret_text(secret: bytes) -> str:
    """The secret as people type it: groups of four letters and digits."""
    plain = base64.b32encode(secret).decode().rstrip("=")
    return " ".join(plain[at : at + 4] for at in range(0, len(plain), 4))


def secret_uri(secret: bytes, account: str, issuer: str) -> str:
    """The address that hands a secret to an app."""
    # Spaces as %20: apps show a plus sign as it is.
    plain, named = base64.b32encode(secret).decode().rstrip("="), quote(issuer, safe="")
    path = f"{named}:{quote(account, safe='')}"
    return f"otpauth://totp/{path}?secret={plain}&issuer={named}&algorithm=SHA1&digits={DIGITS}&period={STEP_SECONDS}"


def qr_svg(text: str) -> str:
    """A QR code as an SVG element to be put into a page: dark on light in every theme, for cameras want it so."""
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(
        out, kind="svg", xmldecl=False, svgns=False, svgclass="qr", lineclass=None, omitsize=True, border=4,
        dark="#000", light="#fff",
    )  # fmt: skip
    return out.getvalue().decode()
