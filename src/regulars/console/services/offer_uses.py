"""What is counted of promotions: with the bounds of their versions, so that the log alone says what was within them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

from msgspec import Meta, Struct

from regulars.capabilities.offers.basket import Minor
from regulars.capabilities.offers.model import Promotion
from regulars.capabilities.offers.usage import VOUCHER
from regulars.store.database import Database
from regulars.store.pipeline import Call
from regulars.store.promotion_codes import code_hash
from regulars.store.promotions import read
from regulars.store.queries import load_queries
from regulars.store.vault import Vault
from regulars.vocabulary.errors import InvalidInput, Unprocessable
from regulars.vocabulary.events import LINES_PER_SALE_MAX, Id, OfferUse, OffLine

from .quote_codes import Code, code_of_row
from .quotes import Quoted

_SQL = load_queries("regulars.store", "promotions.sql")


class SoldPromotion(Struct, forbid_unknown_fields=True, kw_only=True):
    """A promotion that a sale got, in the version of its quote, and the code that brought it.

    A voucher with a value of its own is the promotion `~voucher`, version 1, with its code. `lines`: what of it came off
    which line, by line id, so that a return gives the budget back what came off the goods; else it counts as shared out
    over all lines.
    """

    promotion: Annotated[str, Meta(min_length=1, max_length=80)]
    version: Annotated[int, Meta(ge=1, le=10**9)]
    amount_minor: Annotated[int, Meta(ge=0, le=10**12)]
    times: Annotated[int, Meta(ge=0, le=10**9)] = 1
    code: Annotated[str, Meta(min_length=1, max_length=60)] | None = None
    lines: Annotated[dict[Id, Minor], Meta(max_length=LINES_PER_SALE_MAX)] = {}


def uses_of_quote(quoted: Quoted) -> list[OfferUse]:
    """What a quote gives, to be reserved."""
    out = []
    for one in quoted.quote.applied:
        promotion = quoted.snapshot.by_id[one.promotion].promotion
        code = quoted.codes.get(one.code) if one.code is not None else None
        use = _use(promotion, one.amount_minor, one.times, code)
        use.lines = _off_lines(quoted, one.promotion)
        out.append(use)
    vouchers = quoted.quote.vouchers
    out += [_voucher(quoted.codes[one.code], one.amount_minor) for one in vouchers]
    if len(vouchers) == 1:
        out[-1].lines = _off_lines(quoted, VOUCHER)
    return out


def _off_lines(quoted: Quoted, promotion: str) -> list[OffLine]:
    """What a promotion takes off each line."""
    return [
        OffLine(line.line_id, one.amount_minor)
        for line in quoted.quote.lines
        for one in line.discounts
        if one.promotion == promotion
    ]


async def uses_of_sale(database: Database, vault: Vault, sold: Sequence[SoldPromotion]) -> list[OfferUse]:
    """What a till says a sale got.

    Raises InvalidInput for a promotion named twice, and Unprocessable (unknown_promotion) for a version that is not there.
    """
    if not sold:
        return []
    hashes = {one.code: code_hash(vault, one.code) for one in sold if one.code is not None}
    if len({_name(one, hashes) for one in sold}) < len(sold):
        raise InvalidInput("Name each promotion once.", field="promotions")
    workspace = {"workspace_id": vault.workspace_id}
    names = sorted({one.promotion for one in sold if "\0" not in one.promotion})
    versions, codes = await database.ask(
        vault.workspace_id,
        Call(_SQL.some_versions, workspace | {"ids": names}),
        Call(_SQL.codes, workspace | {"hashes": "{" + ",".join(sorted(set(hashes.values()))) + "}"}),
    )
    texts = {(name, version): content for name, version, content in versions}
    known = {code.hash: code for code in map(code_of_row, codes)}
    out = [_told(place, one, texts, known, hashes) for place, one in enumerate(sold)]
    for place, (one, use) in enumerate(zip(sold, out, strict=True)):
        if one.lines and sum(one.lines.values()) != one.amount_minor:
            message = "The amounts of the lines must come to amount_minor."
            raise InvalidInput(message, field=f"promotions[{place}].lines")
        use.lines = [OffLine(name, minor) for name, minor in sorted(one.lines.items())]
    return out


def _told(
    place: int,
    one: SoldPromotion,
    texts: Mapping[tuple[str, int], str],
    codes: Mapping[str, Code],
    hashes: Mapping[str, str],
) -> OfferUse:
    content = texts.get((one.promotion, one.version))
    if one.promotion == VOUCHER:
        voucher = codes.get(hashes.get(one.code or "", ""))
        if voucher is None or not voucher.has_value:
            raise Unprocessable(
                "There is no such voucher. Name its code as its quote does.",
                code="unknown_promotion",
                field=f"promotions[{place}].code",
            )
        return _voucher(voucher, one.amount_minor)
    if content is None:
        raise Unprocessable(
            "There is no such version of a promotion. Name it as its quote does.",
            code="unknown_promotion",
            field=f"promotions[{place}].promotion",
        )
    code = codes.get(hashes[one.code]) if one.code is not None else None
    mine = code if code is not None and code.promotion_id == one.promotion else None
    use = _use(read(content), one.amount_minor, one.times, mine)
    use.version = one.version
    return use


def _name(one: SoldPromotion, hashes: Mapping[str, str]) -> str:
    """What may be named once: a promotion, or a voucher by its code."""
    return hashes.get(one.code or "", "") if one.promotion == VOUCHER else one.promotion


def _voucher(code: Code, amount_minor: int) -> OfferUse:
    return OfferUse(VOUCHER, 1, amount_minor, code=code.hash, code_most=code.uses_max)


def _use(promotion: Promotion, amount_minor: int, times: int, code: Code | None) -> OfferUse:
    limits = promotion.limits
    return OfferUse(
        promotion.id,
        promotion.version,
        amount_minor,
        times,
        code=code.hash if code is not None else None,
        total_most=limits.total,
        day_most=limits.day,
        member_most=limits.member,
        code_most=code.uses_max if code is not None else None,
        budget_minor=limits.budget_minor,
    )
