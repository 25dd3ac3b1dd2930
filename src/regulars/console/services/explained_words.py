"""What matching found, in words: fields, how two values compare, why a pair is one person or is not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from regulars.capabilities.identity import kinds
from regulars.capabilities.identity.explaining import Reason, Tie
from regulars.capabilities.identity.matcher import Part
from regulars.capabilities.identity.withdrawing import Withdrawn
from regulars.console.i18n import _, later, ngettext

from .explaining import Explained

_FIELDS: Final[Mapping[str, str]] = {
    "name": later("name"),
    "given_name": later("given name"),
    "middle_name": later("middle name"),
    "family_name": later("family name"),
    "full_name": later("full name"),
    "suffix": later("name suffix"),
    "birth_date": later("birth date"),
    "email": later("e-mail"),
    "phone": later("phone"),
    "payment_token": later("payment card"),
    "loyalty_card": later("loyalty card"),
    "external_id": later("customer number"),
    "anonymous_id": later("browser or app"),
    "device": later("device"),
    "address": later("address"),
    "street": later("street"),
    "house_number": later("house number"),
    "city": later("city"),
    "region": later("region"),
    "postcode": later("postcode"),
    "country": later("country"),
}

_LEVELS: Final[Mapping[str, str]] = {
    "same": later("the same"),
    "nickname": later("nicknames of one name"),
    "jaro_winkler": later("spelt much alike"),
    "swapped": later("given and family name swapped"),
    "initial": later("an initial that fits"),
    "prefix": later("one begins with the other"),
    "words": later("one is part of the other"),
    "day_month": later("day and month swapped"),
    "one_digit": later("one character differs"),
    "same_day": later("the same day of another year"),
    "year_start": later("the same year, the day is not known"),
    "year": later("the same year"),
    "month": later("the same month"),
    "mailbox": later("the same before the @"),
    "mailbox_similar": later("much alike before the @"),
    "start": later("they begin alike"),
    "else": later("different"),
    "missing": later("not known of both"),
}

_REASONS: Final[Mapping[Reason, str]] = {
    "same_person": later("They are one person."),
    "held_apart": later("Somebody said that these are two people."),
    "group_held_apart": later("But somebody held other records of these two customers apart."),
    "two_verified": later("But the two have different loyalty cards: somebody should look."),
    "not_compared": later("But the two have too little in common to have been compared."),
    "average_low": later("But the records of the two customers as a whole do not fit."),
    "too_many": later(
        "But they are part of a chain of too many records, which only stronger links may join."
    ),
    "to_review": later("That is not certain enough: somebody should look."),
    "contradicts": later("What they share would do, but something else contradicts it."),
    "generic": later("What they share is shared by too many to name anybody."),
    "several_names": later(
        "What they share is used under several given names, so it does not say whose it is."
    ),
    "several_accounts": later(
        "What they share was used by several accounts, so it does not say whose it is."
    ),
    "too_little": later("Too little is the same."),
    "nothing": later("Nothing is known of both that could be compared."),
}

_FITTING: Final = frozenset(
    {"two_verified", "not_compared", "average_low", "group_held_apart", "to_review", "too_many"}
)
BY_HAND: Final = "by_hand"
NOTHING: Final = "nothing"
VERY_STRONG_BITS, STRONG_BITS = 16.0, 5.0


def field_words(field: str) -> str:
    """A field in small letters; a trait by its name."""
    return _(_FIELDS[field]) if field in _FIELDS else field.removeprefix("traits.").replace("_", " ")


def kind_words(kind: int) -> str:
    """A kind of identifier in small letters."""
    return field_words(kinds.NAMES[kind])


def part_words(part: Part) -> str:
    """What a comparison looks at."""
    return field_words(part.fields[0]) if part.fields else _("where every pair starts")


def level_words(part: Part) -> str:
    """How the two values of a comparison compare."""
    when, _blank, at = part.level.partition(" ")
    if when == "edits":
        letters = round(float(at))
        return ngettext("%(n)s letter apart", "at most %(n)s letters apart", letters)
    return _(_LEVELS[when]) if when in _LEVELS else part.level


def says(part: Part) -> str:
    """A comparison as a phrase: 'e-mail: the same'."""
    return _("%(what)s: %(how)s", what=part_words(part), how=level_words(part))


def strength_words(bits: float) -> str:
    """How much some bits say."""
    if bits == 0:
        return _("says nothing")
    if bits > 0:
        return (
            _("very strong sign") if bits >= VERY_STRONG_BITS else
            _("strong sign") if bits >= STRONG_BITS else _("weak sign")
        )  # fmt: skip
    return (
        _("rules it out") if bits <= -VERY_STRONG_BITS else
        _("strong doubt") if bits <= -STRONG_BITS else _("slight doubt")
    )  # fmt: skip


def strongest(tie: Tie) -> list[Part]:
    """What speaks for one person, the strongest first."""
    return sorted((part for part in tie.parts[1:] if part.bits > 0), key=lambda part: -part.bits)


def most(tie: Tie) -> str:
    """What says most of a pair: BY_HAND, the name of an identifier or field, or 'nothing'."""
    if tie.decided is not None:
        return BY_HAND
    if tie.sure:
        return kinds.NAMES[tie.sure[0]]
    names = [*(part.fields[0] for part in strongest(tie)), *(kinds.NAMES[one.kind] for one in tie.silent)]
    return names[0] if names else NOTHING


def summary(explained: Explained) -> str:
    """An explanation in a sentence or two."""
    if explained.two:
        return _("These are two people. %(why)s", why=_why_two(explained))
    count = len(explained.parts)
    if explained.records == 1:
        return _("One record: no other fits well enough to be the same person.")
    if not explained.inside.tree:
        return ngettext("%(n)s record is one person.", "%(n)s records are one person.", count)
    by = dict.fromkeys(most(tie) for tie in explained.inside.tree)
    words = sorted(_("a decision by hand") if name == BY_HAND else field_words(name) for name in by)
    return ngettext(
        "%(n)s record is one person, linked by %(what)s.",
        "%(n)s records are one person, linked by %(what)s.",
        explained.records,
        what=", ".join(words),
    )


def _why_two(explained: Explained) -> str:
    nearest = explained.apart[0] if explained.apart else None
    if explained.generics and (nearest is None or nearest.reason in ("nothing", "too_little")):
        return generic_words(explained.generics[0].kind)
    return reason_words(nearest) if nearest else _(_REASONS["nothing"])


def link_words(tie: Tie) -> str:
    """Why a pair is one person."""
    if tie.decided is not None and tie.decided.together:
        return _("Somebody said that these are one person.")
    if tie.sure:
        return _("Both carry the same %(what)s.", what=kind_words(tie.sure[0]))
    signs = strongest(tie)[:2]
    return capital("; ".join(says(part) for part in signs)) + "." if signs else _("They belong to one group.")


def reason_words(tie: Tie) -> str:
    """Why a pair is not one person."""
    words = _(_REASONS[tie.reason])
    shared = capital("; ".join(says(part) for part in strongest(tie)[:2]))
    if tie.reason == "contradicts" and tie.against is not None:
        return _("%(shared)s. But %(against)s.", shared=shared, against=says(tie.against))
    if tie.reason in _FITTING and shared:
        return _("%(shared)s. %(why)s", shared=shared, why=words)
    if tie.silent and tie.reason in {silent.reason for silent in tie.silent}:
        return _("%(what)s: %(why)s", what=capital(kind_words(tie.silent[0].kind)), why=words)
    return words


def generic_words(kind: int) -> str:
    """Why a generic value links nothing."""
    return _(
        "%(what)s: it is shared by too many to name anybody, so it links nothing.",
        what=capital(kind_words(kind)),
    )


def withdrawn_words(withdrawn: Withdrawn) -> str:
    """What is thought away."""
    match withdrawn:
        case Withdrawn(kind="value", value=(kind, _hash)):
            return _("If this %(what)s counted for nothing", what=kind_words(kind))
        case Withdrawn(kind="field", field=field) if field is not None:
            return _("If no %(what)s were known", what=field_words(field))
        case Withdrawn(kind="record"):
            return _("Without this record")
        case _:
            return _("If somebody said that these two are different people")


def capital(text: str) -> str:
    """With its first letter large."""
    return text[:1].upper() + text[1:]
