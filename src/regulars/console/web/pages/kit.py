"""All components on one page, for those who work on them; there in development only."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from litestar import Response, get

from regulars.console.accounts import Viewer
from regulars.console.charts import Point, columns
from regulars.console.format import money
from regulars.console.services.common import SourceName
from regulars.console.services.log import EventLine, Step, kind_of
from regulars.console.web.deps import WebRequest
from regulars.console.web.desk import AtDesk
from regulars.vocabulary.errors import NotFound

_NOBODY = Viewer(workspace_id=0, user_id=None, role="owner", name="Kit Page", email="kit@example.com")  # type: ignore[arg-type]


@get("/_kit", include_in_schema=False)
async def kit(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """Every component with sample values."""
    if not desk.deps.development:
        raise NotFound("There is no such page.")
    now = desk.deps.clock()
    points = [
        Point(f"{h:02d}", f"{h:02d}:00: {money(v, 'GBP')}", v, v - 4000) for h, v in enumerate(_SALES, 8)
    ]
    context: dict[str, Any] = {
        "trend": [4, 6, 5, 8, 7, 9, 12, 11, 14, 13, 16],
        "chart": columns(points, lambda v: money(v, "GBP", short=True)),
        "sample": {
            "id": "R-1001",
            "type": "sale.completed",
            "sale": {"total_minor": 899, "lines": [], "test": None},
        },
        "steps": [
            Step("Received", 0, "demo tills · High Street · store"),
            Step("Checked", 900, "Card numbers scrubbed, fields valid, not seen before"),
            Step("Matched", 2400, "Jane Doe"),
            Step("Changed", 4100, "Spend £8.99, receipt R-1001"),
            Step("Triggered", 6800, "Nothing outside. Committed to the log", "idle"),
        ],
        "lines": [_line(now - timedelta(seconds=n * 40), type_) for n, type_ in enumerate(_TYPES)],
        "an_hour_ago": now - timedelta(hours=1),
    }
    return desk.pages.page(
        request,
        "pages/kit.html",
        viewer=_NOBODY,
        csrf="",
        here="kit",
        path="/_kit",
        counts={"rejected": 3},
        **context,
    )


_SALES = (12_000, 18_500, 26_300, 31_000, 44_200, 39_900, 28_400, 25_100, 30_700, 35_200, 22_800, 9_400)
_TYPES = ("sale.completed", "customer.updated", "sale.refunded", "consent.given", "page.viewed")


def _line(at: Any, type_: str) -> EventLine:
    return EventLine(
        type=type_,
        kind=kind_of(type_),
        source=SourceName(1, "demo tills", "square", "demo tills"),
        received_at=at,
        occurred_at=at,
        summary="£8.99 · 1 item · R-1001",
        event_no=1,
        who="Jane Doe",
        store="High Street",
        channel="store",
        took_us=6800,
    )
