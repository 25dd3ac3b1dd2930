"""Unpacks compressed bodies without being blown up: what comes out is bounded before it exists."""

from __future__ import annotations

import zlib
from typing import Final

from .errors import InvalidInput, RegularsError, TooLarge

# zlib's window bits: 47 reads gzip and zlib by their headers, -15 a bare deflate stream.
_BY_HEADER: Final = 47
_BARE: Final = -15


class UnknownEncoding(RegularsError):
    """A content encoding other than gzip, deflate or identity."""

    code = "unsupported_encoding"
    status = 415


def inflate(body: bytes, encoding: str, *, bytes_max: int) -> bytes:
    """The body as it was before compression.

    `encoding` is the Content-Encoding header, empty for none. Raises UnknownEncoding, TooLarge when more than
    `bytes_max` would come out, and InvalidInput for a damaged or cut stream.
    """
    name = encoding.strip().lower()
    if name in ("", "identity"):
        if len(body) > bytes_max:
            raise too_large(bytes_max)
        return body
    if name not in ("gzip", "x-gzip", "deflate"):
        raise UnknownEncoding("Send the body plain or with Content-Encoding gzip or deflate.")
    try:
        return _unpack(body, _BY_HEADER, bytes_max)
    except zlib.error:
        if name != "deflate":
            raise _damaged() from None
    try:
        return _unpack(body, _BARE, bytes_max)
    except zlib.error:
        raise _damaged() from None


def too_large(bytes_max: int) -> TooLarge:
    """The error for a body over its limit."""
    return TooLarge(f"The body is over the limit of {bytes_max} bytes.")


def _unpack(body: bytes, window_bits: int, bytes_max: int) -> bytes:
    parts: list[bytes] = []
    room = bytes_max
    rest = body
    # A gzip file may be several, one after the other.
    while rest:
        engine = zlib.decompressobj(window_bits)
        part = engine.decompress(rest, room + 1)
        room -= len(part)
        if room < 0:
            raise too_large(bytes_max)
        if not engine.eof:
            raise _damaged()
        parts.append(part)
        rest = engine.unused_data
    return b"".join(parts)


def _damaged() -> InvalidInput:
    return InvalidInput("The compressed body is damaged or cut off.", code="invalid_encoding")
