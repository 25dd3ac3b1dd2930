"""Why a record is hard to match: the names under which the demo counts what a matcher gets right and wrong."""

from __future__ import annotations

from typing import Final

HOUSEHOLD: Final = "household"
TWINS: Final = "twins"
NAMESAKES: Final = "father and son"
SHARED_EMAIL: Final = "shared e-mail"
SHARED_PHONE: Final = "shared phone"
JOINT_CARD: Final = "joint card"
RECYCLED: Final = "recycled number"
FILLER: Final = "filler"
KIOSK: Final = "kiosk"
SHARED: Final = (
    HOUSEHOLD, TWINS, NAMESAKES, SHARED_EMAIL, SHARED_PHONE, JOINT_CARD, RECYCLED, FILLER, KIOSK,
)  # fmt: skip
"""Two people look like one: they have something in common that others think belongs to one."""

MOVED: Final = "moved"
MARRIED: Final = "married"
GUEST: Final = "guest"
NICKNAME: Final = "nickname"
INITIAL: Final = "initial"
NAME_TYPO: Final = "name typo"
NAME_ORDER: Final = "name order"
NO_FAMILY_NAME: Final = "no family name"
SPELLING: Final = "spelling"
ACCENTS: Final = "accents"
EMAIL_TYPO: Final = "e-mail typo"
PHONE_TYPO: Final = "phone typo"
DATE_TYPO: Final = "date typo"
CHANGED: Final = (
    MOVED, MARRIED, GUEST, NICKNAME, INITIAL, NAME_TYPO, NAME_ORDER, NO_FAMILY_NAME, SPELLING, ACCENTS, EMAIL_TYPO,
    PHONE_TYPO, DATE_TYPO,
)  # fmt: skip
"""One person looks like two: this record was written otherwise, or earlier, than the others."""
