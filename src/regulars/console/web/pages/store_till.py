"""The pretend till: any basket for any customer, and what a confirm would give. Nothing is posted."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from litestar import Response, get, post
from msgspec import Struct, field
from msgspec.structs import replace

from regulars.capabilities.loyalty.programme import in_force
from regulars.console.api.till.refusals import refused
from regulars.console.i18n import _
from regulars.console.receipts.slip import Slip
from regulars.console.services.common import row, rows, uuid_of
from regulars.console.services.lookups import by_record
from regulars.console.services.member_books import programmes
from regulars.console.services.members import Taking, Wanted, load_taking
from regulars.console.services.pretend_till import (
    LINES_MAX,
    Basket,
    BasketLine,
    Outcome,
    most_points,
    quantity_of,
    sale_event,
    try_sale,
)
from regulars.console.services.promotion_words import member_words, reason_words
from regulars.console.services.quote_shapes import CODES_MAX, REWARDS_MAX
from regulars.console.services.register_lists import product_page
from regulars.console.services.registers import REGISTERS, Product, product_of
from regulars.console.services.slips import points_of, slip_of
from regulars.console.services.store_card import Card, load_card
from regulars.console.services.store_find import Hit, find
from regulars.console.services.till_quote import Priced, Wished, price
from regulars.console.services.vouchers import Voucher, load_vouchers
from regulars.console.web.deps import WebRequest
from regulars.console.web.desk import AtDesk, Desk, Visit
from regulars.console.web.slip import slip_page
from regulars.observe import mask as mask_text
from regulars.store.database import AsyncConnection
from regulars.vocabulary.errors import InvalidInput, NotFound, RegularsError
from regulars.vocabulary.money import to_minor

from .store import store_page

TENDERS: Final = ("card", "cash")
CHOICES_MAX: Final = 10
STORES_MAX: Final = 500
_POINTS: Final = re.compile(r"[0-9]{1,9}")


class _Till(Struct):
    """What stands on the page."""

    lines: list[BasketLine] = field(default_factory=list)
    currency: str = ""
    card: Card | None = None
    taking: Taking | None = None
    points: int = 0
    tender: str = TENDERS[0]
    articles: Sequence[Product] = ()
    hits: Sequence[Hit] = ()
    most: int = 0
    outcome: Outcome | None = None
    error: RegularsError | None = None
    clear: bool = False
    stores: Sequence[tuple[str, str]] = ()
    store: str = ""
    programmes: Sequence[tuple[int, str]] = ()
    programme: int | None = None
    codes: list[str] = field(default_factory=list)
    rewards: list[str] = field(default_factory=list)
    vouchers: Sequence[Voucher] = ()
    priced: Priced | None = None

    @property
    def basket(self) -> Basket:
        """The basket as it is."""
        lines = self.priced.lines if self.priced is not None else self.lines
        rewards = self.priced.rewards if self.priced is not None else []
        return Basket(lines, self.currency, self.points, self.tender, self.store or None, rewards)

    @property
    def reasons(self) -> list[tuple[str, str]]:
        """What did not apply, and why."""
        if self.priced is None:
            return []
        names = self.priced.names
        return [
            (one.code or names.get(one.promotion or "", one.promotion or ""), reason_words(one.reason))
            for one in self.priced.quote.skipped
        ]


@get("/store/till", include_in_schema=False)
async def till_page(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """An empty basket."""
    visit, till = await desk.visit_to(request, "store"), _Till()
    await _choices(desk, visit, till, {})
    return _page(request, desk, visit, till)


@post("/store/till", include_in_schema=False)
async def till_step(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """Find an article or the customer, change the basket, or try it; a form, so that contacts stay out of addresses."""
    visit = await desk.visit_to(request, "store", acts=False)
    fields = await desk.form(request, visit.token)
    till = _Till(clear=visit.viewer.sees("contacts"))
    try:
        await _read(desk, visit, till, fields)
        if fields.get("do") == "try":
            till.outcome = _tried(desk, till)
    except (InvalidInput, NotFound) as error:
        till.error = error
    return _page(request, desk, visit, till)


@post("/store/till/slip", include_in_schema=False)
async def till_slip(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """The slip of a basket that was tried, to print. Raises InvalidInput for one that cannot be."""
    visit = await desk.visit_to(request, "store", acts=False)
    fields = await desk.form(request, visit.token)
    till = _Till(clear=visit.viewer.sees("contacts"))
    await _read(desk, visit, till, fields)
    outcome = _tried(desk, till)
    return slip_page(desk.pages, request, _slip(desk, till, outcome), back="/store/till")


HANDLERS = (till_page, till_step, till_slip)


async def _read(desk: Desk, visit: Visit, till: _Till, fields: Mapping[str, str]) -> None:
    """Make the page of what was sent: the basket first, so that a mistake elsewhere loses none of it."""
    do, now = fields.get("do", ""), desk.deps.clock()
    await _choices(desk, visit, till, fields)
    till.tender = fields.get("tender") if fields.get("tender") in TENDERS else TENDERS[0]  # type: ignore[assignment]
    async with desk.deps.db.read(desk.workspace_id) as conn:
        await _lines(conn, desk, till, fields, without=do.removeprefix("remove:"))
        await _article(conn, desk, till, do, fields.get("article", ""))
    profile = fields.get("profile", "") if do != "forget" else ""
    if do.startswith("customer:"):
        profile = do.removeprefix("customer:")
    elif fields.get("customer", "").strip():
        profile = await _customer(desk, visit, till, fields["customer"]) or profile
    found = await _open(desk, visit, till, uuid_of(profile, "customer"), now) if profile else None
    if till.lines:
        wished = Wished(
            till.currency or "EUR", till.store or None, till.programme, found, till.codes, till.rewards
        )
        till.priced = await price(desk.quotes, desk.deps.vault, till.lines, wished, now)
    if till.taking is not None and till.lines:
        till.most = most_points(desk.deps.vault, till.taking, till.basket, now)
    said = fields.get("points", "").strip()
    if said and not _POINTS.fullmatch(said):
        raise InvalidInput(_("Points are a whole number."), field="points")
    till.points = int(said) if said and till.taking is not None else 0


async def _choices(desk: Desk, visit: Visit, till: _Till, fields: Mapping[str, str]) -> None:
    """The shop, the programme, codes and rewards; what cannot be chosen is left out."""
    asked = {"workspace_id": desk.workspace_id, "after": "", "only": None, "limit": STORES_MAX}
    async with desk.deps.db.read(desk.workspace_id) as conn:
        stores = await rows(conn, REGISTERS.stores, asked)
    own = visit.viewer.stores
    till.stores = [(one[0], one[1] or one[0]) for one in stores if own is None or one[0] in own]
    till.store = fields.get("store", "") if fields.get("store") in dict(till.stores) else ""
    held = await programmes(desk.deps.db, desk.workspace_id)
    now = desk.deps.clock()
    holding = [(number, in_force(versions, now)) for number, versions in sorted(held.items())]
    till.programmes = [(number, one.programme.name) for number, one in holding if one is not None]
    number = fields.get("programme", "")
    till.programme = next((one for one, _name in till.programmes if str(one) == number), None)
    do = fields.get("do", "")
    till.codes = list(dict.fromkeys(fields.get("codes", "").split()))[:CODES_MAX]
    if do.startswith("code:") and do.removeprefix("code:") not in till.codes:
        till.codes.append(do.removeprefix("code:"))
    till.rewards = list(dict.fromkeys(fields.get("rewards", "").split()))[:REWARDS_MAX]
    turned = do.removeprefix("reward:") if do.startswith("reward:") else ""
    if turned in till.rewards:
        till.rewards.remove(turned)
    elif turned:
        till.rewards.append(turned)


async def _lines(
    conn: AsyncConnection, desk: Desk, till: _Till, fields: Mapping[str, str], *, without: str
) -> None:
    faults: list[InvalidInput] = []
    for number in range(1, LINES_MAX + 1):
        sku = fields.get(f"sku.{number}", "")
        product = await _product(conn, desk, till, sku) if sku and str(number) != without else None
        if product is None:
            continue
        line = _line(product)
        till.currency = till.currency or product.currency or ""
        try:
            price = to_minor(
                fields.get(f"price.{number}", "").replace(",", "."), till.currency or "EUR", field="price"
            )
            if price < 0:
                raise InvalidInput(_("A price is 0 or more."), field="price")
            line = replace(
                line,
                price_minor=price,
                quantity=quantity_of(fields.get(f"quantity.{number}", ""), "quantity"),
            )
        except InvalidInput as error:
            faults.append(error)
        till.lines.append(line)
    if faults:
        raise faults[0]


async def _article(conn: AsyncConnection, desk: Desk, till: _Till, do: str, text: str) -> None:
    """Add the article that is meant, or offer those that may be."""
    sku = do.removeprefix("add:") if do.startswith("add:") else text.strip()
    if not sku:
        return
    product = await _product(conn, desk, till, sku)
    if product is None:
        page = await product_page(conn, desk.deps.vault, after="", query=sku)
        if not page.lines:
            raise InvalidInput(_("No article begins with this."), field="article")
        if len(page.lines) > 1:
            till.articles = [_seen(till, one) for one in page.lines[:CHOICES_MAX]]
            return
        product = _seen(till, page.lines[0])
    if till.lines and (product.currency or till.currency) != till.currency:
        raise InvalidInput(_("This article has a price in another currency."), field="article")
    till.currency = till.currency or product.currency or ""
    for place, line in enumerate(till.lines):
        if line.sku == product.sku:
            till.lines[place] = replace(line, quantity=line.quantity + 1)
            return
    if len(till.lines) == LINES_MAX:
        raise InvalidInput(_("A basket has at most %(n)s articles here.", n=LINES_MAX), field="article")
    till.lines.append(_line(product))


async def _product(conn: AsyncConnection, desk: Desk, till: _Till, sku: str) -> Product | None:
    found = await row(conn, REGISTERS.product, {"workspace_id": desk.workspace_id, "code": sku[:200]})
    return _seen(till, product_of(desk.deps.vault, found)) if found is not None else None


def _seen(till: _Till, product: Product) -> Product:
    """A product without the contacts its name may hold, for those who see none."""
    return product if till.clear else replace(product, name=mask_text(product.name or product.sku))


def _line(product: Product) -> BasketLine:
    return BasketLine(
        product.sku,
        product.name or product.sku,
        quantity_of("1", "quantity"),
        product.price_minor or 0,
        product.category,
        product.brand,
    )


async def _customer(desk: Desk, visit: Visit, till: _Till, text: str) -> str | None:
    """The customer who is meant, or those who may be."""
    found = await find(
        desk.deps.db,
        desk.deps.vault,
        text,
        region=desk.deps.region,
        sources=await desk.deps.sources.known(desk.workspace_id),
        clear=visit.viewer.sees("contacts"),
    )
    if found.opens is not None:
        return found.opens.hex
    till.hits = found.hits
    if not found.hits:
        raise InvalidInput(_("Nobody found"), field="customer")
    return None


async def _open(desk: Desk, visit: Visit, till: _Till, record_id: UUID, now: datetime) -> UUID:
    """Take the customer; their profile. Raises NotFound."""
    async with desk.deps.db.read(desk.workspace_id) as conn:
        found = await by_record(conn, desk.deps.vault, record_id)
        if found is None:
            raise NotFound(_("There is no such customer any more."))
        till.card = await load_card(conn, desk.deps.vault, record_id, visit.viewer)
        records = [part.record_id for part in found.parts]
        till.vouchers = await load_vouchers(conn, desk.deps.vault, records, now=now)
    till.taking = await load_taking(desk.deps.db, desk.workspace_id, found, Wanted(till.programme), now)
    if till.taking is not None and till.taking.person.enrolled_at is None:
        till.taking = None
    return found.profile_id


def _tried(desk: Desk, till: _Till) -> Outcome | None:
    """What a confirm would do; None for a customer without points. Raises InvalidInput for an empty basket."""
    if not till.lines:
        raise InvalidInput(_("Put something into the basket first."), field="article")
    if till.taking is None:
        return None
    outcome = try_sale(desk.deps.vault, till.taking, till.basket, now=desk.deps.clock())
    if outcome.refused is not None:
        why = refused(outcome.refused, available=outcome.available)
        raise InvalidInput(why.template, code=outcome.refused, field="points", **why.values)
    return outcome


def _slip(desk: Desk, till: _Till, outcome: Outcome | None) -> Slip:
    now, deps = desk.deps.clock(), desk.deps
    points = None
    if outcome is not None and till.card is not None:
        points = points_of(
            outcome.programme,
            outcome.point,
            card=till.card.card or "",
            before=outcome.before,
            earned=outcome.points_earned,
            used=outcome.burned,
            after=outcome.after,
            pending=outcome.pending_earned(now),
            base_minor=outcome.base_minor,
            currency=till.currency,
            tier=outcome.tier_after,
            offers=tuple(one.name for one in outcome.rewards),
        )
    return slip_of(
        outcome.event if outcome is not None else sale_event(till.basket, now=now),
        shop=deps.workspace_name,
        zone=str(deps.zone),
        points=points,
        message=_("A trial: nothing was sold and nothing is posted."),
    )


def _page(request: WebRequest, desk: Desk, visit: Visit, till: _Till) -> Response[Any]:
    status = till.error.status if till.error else 200
    return store_page(
        request,
        desk,
        visit,
        "store/till.html",
        pushed="/store/till",
        status=status,
        till=till,
        tenders=TENDERS,
        member_words=member_words,
        reason_words=reason_words,
    )
