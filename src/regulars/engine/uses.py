"""Promotions in a turn: what a batch reserves, uses and gives back of them."""

from __future__ import annotations

from msgspec import Struct, field

from regulars.capabilities.offers.usage import Usage
from regulars.vocabulary.intake import OffersAnswer


class Offers(Struct):
    """What a batch does to promotions' use, and what callers are told, by event key."""

    usage: Usage = field(default_factory=Usage)
    answers: dict[str, OffersAnswer] = field(default_factory=dict)
