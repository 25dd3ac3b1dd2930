"""A forgotten card: a sale that named nobody, or no member, is given to one."""

from __future__ import annotations

from typing import Annotated

from litestar import post
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from regulars.capabilities.loyalty.fold import EARLIEST
from regulars.capabilities.profile.receipt import row_of
from regulars.console.api.deps import AtVisit, Visit
from regulars.console.services.lookups import Found
from regulars.console.services.member_books import programmes
from regulars.console.services.members import Standing, Wanted
from regulars.console.services.till_sales import KnownSale, told_of
from regulars.vocabulary.events import Event, Id

from .after import SaleAnswer, answer_of, effects_of
from .alone import alone_with
from .naming import customer_of
from .reading import find_member, standing_of
from .refusals import refused
from .sales import UTC, own_sale
from .telling import note, tell


class Claim(Struct, forbid_unknown_fields=True, kw_only=True):
    """Whose sale it was. `programme` is the one whose rules say how old it may be, the first unless given."""

    member_id: Annotated[str, Meta(max_length=64)]
    staff: Id | None = None
    programme: Annotated[int, Meta(ge=1, le=32_767)] | None = None


@post("/v1/sales/{sale_id:str}/claim", summary="Claim a sale for a member", status_code=200)
async def claim_sale(visit: AtVisit, sale_id: FromPath[str], data: JSONBody[Claim]) -> SaleAnswer:
    """Count a sale for a member who had no card with them. It earns by the rules of its time.

    409 `sale_of_member` where it counts for another member, `claim_too_late` where it was made longer before they joined
    than the programme lets count.
    """
    sale = await own_sale(visit, sale_id)
    async with alone_with(visit, sale.sale_id.hex):
        return await _claim(visit, data, await own_sale(visit, sale_id))


async def _claim(visit: Visit, data: Claim, sale: KnownSale) -> SaleAnswer:
    wanted = Wanted(data.programme)
    found = await find_member(visit, data.member_id)
    standing = await standing_of(visit, found, wanted)
    if not standing.enrolled:
        raise refused("not_a_member", field="member_id")
    if sale.void:
        raise refused("sale_void", field="sale_id")
    if await _counts(visit, sale, found, wanted):
        return await answer_of(visit, sale, wanted, replayed=True)
    _check_age(sale, standing)
    event = await _told_anew(visit, sale, found)
    (result,) = await tell(visit, [event])
    details = {"member": found.profile_id.hex, "staff": data.staff}
    await note(visit, "sale.claimed", f"sale:{sale.sale_id.hex}", details)
    now = await own_sale(visit, sale.sale_id.hex)
    return await answer_of(visit, now, wanted, replayed=result.status == "duplicate")


async def _counts(visit: Visit, sale: KnownSale, found: Found, wanted: Wanted) -> bool:
    """Whether a sale counts for the member already. Raises Conflict (sale_of_member) where it does for another one."""
    if sale.profile_id is None:
        return False
    if sale.profile_id == found.profile_id:
        effects = await effects_of(visit, sale, wanted)
        return effects is not None and bool(effects.earnings)
    for number in await programmes(visit.api.database, visit.workspace_id):
        effects = await effects_of(visit, sale, Wanted(number))
        if effects is not None and (effects.standing.enrolled or effects.earnings):
            raise refused("sale_of_member", field="sale_id")
    return False


def _check_age(sale: KnownSale, standing: Standing) -> None:
    """Raises Conflict (claim_too_late) for a sale too long before joining."""
    joined, version = standing.enrolled_at, standing.version
    if joined is None or joined == EARLIEST or version is None:
        return
    programme = version.programme
    days = (programme.day_of(joined) - programme.day_of(sale.occurred_at)).days
    if days > programme.members.sales_before_days:
        raise refused("claim_too_late", field="sale_id")


async def _told_anew(visit: Visit, sale: KnownSale, found: Found) -> Event:
    """The sale with the member as its customer, as the next version of it. Raises NotFound where it was erased."""
    async with visit.api.database.read(visit.workspace_id) as conn:
        event = await told_of(conn, visit.vault, sale)
    if event is None or event.sale is None:
        raise refused("unknown_sale", field="sale_id")
    event.id = f"till-claim-{sale.sale_id.hex}-{sale.version + 1}"
    event.customer, event.version = customer_of(visit, found), None
    event.loyalty, event.fetches = None, []
    event.sale.version, event.sale.business_date = sale.version + 1, sale.business_date
    told = row_of(event, source=visit.caller.source, event_key="0" * 32, zone=UTC, hash_=visit.vault.hash)
    if told is None or told.sale_id != sale.sale_id.hex:  # its source tells receipts apart another way
        raise refused("unknown_sale", field="sale_id")
    return event
