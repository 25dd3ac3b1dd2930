"""Events as the JSON texts that the gate takes, with ids that repeat when the file is read again."""

from __future__ import annotations

from hashlib import blake2b
from typing import Final

import msgspec
from msgspec import Struct

from regulars.vocabulary.events import Event

JSON: Final = msgspec.json.Encoder(decimal_format="number")
NO_ID: Final = "-"
"""Stands in an event for the id that it gets when it is complete."""

_NO_ID_JSON: Final = b'{"id":"-"'


class Prepared(Struct, frozen=True, gc=False):
    """An event ready for the gate, and the line of the file that it begins on."""

    body: bytes
    line: int


def prepare(event: Event, line: int) -> Prepared:
    """Encode an event whose id still is NO_ID.

    The id is a hash of everything the event says. The same content is the same event for ever; a receipt
    that was changed in the file is another event about the same sale.
    """
    body = JSON.encode(event)
    digest = blake2b(body, digest_size=16, person=b"regulars-import").hexdigest()
    return Prepared(b'{"id":"import-%b"' % digest.encode() + body[len(_NO_ID_JSON) :], line)
