# Written by `make docs` from the OpenAPI document. Do not edit.
"""Reports: what `client.reports` does."""

from __future__ import annotations

from ..connection import Group
from ..models.reports import LinesReport, LoyaltyAlerts, PointsOwedReport, SalesReport


class ReportsRoutes(Group):
    """Reports."""

    def loyalty(
        self,
        *,
        from_: str | None = None,
        to: str | None = None,
        programme: int | None = None,
        point: str | None = None,
    ) -> PointsOwedReport:
        """Report of points owed.

        What is owed for points by IFRS 15, from month of issue to month of issue; this month so far
        without days.

        404 for a programme or points that are not there. A key that is limited to stores is refused:
        points belong to none.

        Scope reports:read.

        `from_`: First day, instead of a span. `to`: Last day; today when absent. `programme`: Absent:
        the first. `point`: A type of points; absent: the first.

        Route: GET /v1/reports/loyalty.
        """
        return self._call(
            "GET",
            "/v1/reports/loyalty",
            PointsOwedReport,
            query={"from": from_, "to": to, "programme": programme, "point": point},
        )

    def loyalty_alerts(self) -> LoyaltyAlerts:
        """What is worth a look in loyalty.

        Unusual adjustments, and members beyond a programme's limits, of the last 30 days.

        Scope admin.

        Route: GET /v1/reports/loyalty/alerts.
        """
        return self._call("GET", "/v1/reports/loyalty/alerts", LoyaltyAlerts)

    def sales(
        self,
        *,
        span: str | None = None,
        from_: str | None = None,
        to: str | None = None,
        compare: str | None = None,
        step: str | None = None,
        currency: str | None = None,
        store: str | None = None,
    ) -> SalesReport:
        """Report of sales.

        Sales by period, channel and category, in one currency. A few days compare with the same days a
        week before.

        Scope reports:read.

        `span`: today, 7d, 28d (the usual), 90d or year (this one). `from_`: First day, instead of a
        span. `to`: Last day; today when absent. `compare`: previous (the usual), year or none. `step`:
        day, week or month. `currency`: ISO 4217; absent: the one of most orders. `store`: Only this
        store.

        Route: GET /v1/reports/sales.
        """
        return self._call(
            "GET",
            "/v1/reports/sales",
            SalesReport,
            query={
                "span": span,
                "from": from_,
                "to": to,
                "compare": compare,
                "step": step,
                "currency": currency,
                "store": store,
            },
        )

    def staff(
        self,
        *,
        span: str | None = None,
        from_: str | None = None,
        to: str | None = None,
        compare: str | None = None,
        currency: str | None = None,
        store: str | None = None,
    ) -> LinesReport:
        """Report of staff.

        One line a member of staff, in one currency; the line with an empty name is of receipts that
        tell none.

        Scope reports:read.

        `span`: today, 7d, 28d (the usual), 90d or year (this one). `from_`: First day, instead of a
        span. `to`: Last day; today when absent. `compare`: previous (the usual), year or none.
        `currency`: ISO 4217; absent: the one of most orders. `store`: Only this store.

        Route: GET /v1/reports/staff.
        """
        return self._call(
            "GET",
            "/v1/reports/staff",
            LinesReport,
            query={
                "span": span,
                "from": from_,
                "to": to,
                "compare": compare,
                "currency": currency,
                "store": store,
            },
        )

    def stores(
        self,
        *,
        span: str | None = None,
        from_: str | None = None,
        to: str | None = None,
        compare: str | None = None,
        currency: str | None = None,
        store: str | None = None,
    ) -> LinesReport:
        """Report of stores.

        One line a store, in one currency.

        Scope reports:read.

        `span`: today, 7d, 28d (the usual), 90d or year (this one). `from_`: First day, instead of a
        span. `to`: Last day; today when absent. `compare`: previous (the usual), year or none.
        `currency`: ISO 4217; absent: the one of most orders. `store`: Only this store.

        Route: GET /v1/reports/stores.
        """
        return self._call(
            "GET",
            "/v1/reports/stores",
            LinesReport,
            query={
                "span": span,
                "from": from_,
                "to": to,
                "compare": compare,
                "currency": currency,
                "store": store,
            },
        )
