"""Points owed: the liability of a loyalty programme, as a page and as a file."""

from __future__ import annotations

import codecs
import csv
import io
from typing import Any, Final

from litestar import Response, get

from regulars.capabilities.loyalty.liability import Movement
from regulars.console.accounts import actor_of
from regulars.console.services.audit_export import harmless
from regulars.console.services.points_owed import PointsOwed, load_points_owed, read_span
from regulars.console.web.deps import WebRequest
from regulars.console.web.desk import AtDesk, Desk, Visit
from regulars.console.web.security import PAGE_HEADERS
from regulars.store.audit import write_line_async
from regulars.vocabulary.errors import InvalidInput, NotFound
from regulars.vocabulary.money import to_major

COHORTS_SHOWN_MAX: Final = 120
_HEADS: Final = (
    "month", "currency", "kind", "issued", "redeemed", "expired", "outstanding", "in_vouchers", "expected_breakage",
    "opening", "issued_amount", "redeemed_amount", "estimate_amount", "expired_amount", "closing",
)  # fmt: skip


@get("/reports/points-owed", include_in_schema=False)
async def points_owed(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """What is owed for points at the end of some days, and what moved it since their beginning."""
    visit = await desk.visit_to(request, "reports")
    error, found = None, None
    try:
        found = await _load(request, desk, visit)
    except InvalidInput as wrong:
        error = wrong
    return await desk.page(
        request, visit, "pages/report_points_owed.html", "reports",
        status=error.status if error else 200, owed=found, error=error, shown=COHORTS_SHOWN_MAX,
    )  # fmt: skip


@get("/reports/points-owed.csv", include_in_schema=False)
async def points_owed_file(request: WebRequest, desk: AtDesk) -> Response[bytes]:
    """Every month of issue as a line. Leaves an audit line."""
    visit = await desk.visit_to(request, "reports", acts=True)
    found = await _load(request, desk, visit)
    if found is None:
        raise NotFound("There is no loyalty programme to take part in yet. Publish one first.")
    body, name = csv_of(found), f"points-owed-{found.span.first}-{found.span.last}.csv"
    details = {
        "first_day": found.span.first.isoformat(),
        "last_day": found.span.last.isoformat(),
        "lines": len(found.report.rows),
    }
    async with desk.deps.db.write(desk.workspace_id) as conn:
        actor = actor_of(visit.viewer.user_id)
        await write_line_async(
            conn, desk.workspace_id, actor, "report.exported", "report:points-owed", details
        )
    headers = {**PAGE_HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(body, headers=headers, media_type="text/csv")


HANDLERS = (points_owed, points_owed_file)


async def _load(request: WebRequest, desk: Desk, visit: Visit) -> PointsOwed | None:
    params, now = request.query_params, desk.deps.clock()
    span = read_span(params.get("from"), params.get("to"), today=now.astimezone(desk.deps.zone).date())
    said = params.get("programme", "")
    async with desk.deps.db.read(desk.workspace_id) as conn:
        return await load_points_owed(
            conn,
            desk.workspace_id,
            span,
            programme=int(said) if said.isascii() and said.isdigit() and len(said) < 6 else None,
            point=params.get("point") or None,
            stores=visit.viewer.stores,
            now=now,
        )


def csv_of(found: PointsOwed) -> bytes:
    """The cohorts as a file for spreadsheets: UTF-8 with a byte order mark, money in major units."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_HEADS)
    for one in found.report.rows:
        in_vouchers = found.in_vouchers.get((one.currency, one.kind, one.month), 0)
        counts = (one.issued, one.redeemed, one.expired, one.outstanding, in_vouchers, one.expected_breakage)
        writer.writerow(
            (
                one.month,
                harmless(one.currency),
                one.kind.value,
                *counts,
                *_amounts(one.movement, one.currency),
            )
        )
    return codecs.BOM_UTF8 + out.getvalue().encode()


def _amounts(one: Movement, currency: str) -> list[str]:
    names = Movement.__struct_fields__
    return [f"{to_major(getattr(one, name), currency):f}" for name in names]
