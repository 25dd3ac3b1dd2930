# Written by `make docs` from the OpenAPI document. Do not edit.
"""Loyalty: what `client.programmes` does."""

from __future__ import annotations

from ..connection import Group
from ..models.programmes import (
    Basket,
    DaysToCount,
    LoyaltyProgramme,
    LoyaltyProgrammeList,
    NewProgramme,
    OpenedProgramme,
    ProgrammeComparison,
    ProgrammeVersion,
    ProgrammeVersionList,
    Publication,
    SalesSimulation,
    SavedProgramme,
    TriedBasket,
)


class ProgrammesRoutes(Group):
    """Loyalty."""

    def add(self, body: NewProgramme, *, idempotency_key: str | None = None) -> SavedProgramme:
        """Draft a loyalty programme.

        Check a programme and keep it as the draft of a new one. Nothing changes for members; `field` of
        an error names the place.

        Scope admin.

        Route: POST /v1/programmes.
        """
        return self._once(
            "POST", "/v1/programmes", SavedProgramme, body=body, idempotency_key=idempotency_key
        )

    def comparison(self, number: str) -> ProgrammeComparison:
        """Compare a draft with what holds.

        What publishing the draft would change, in sentences.

        Scope profiles:read or admin.

        Route: GET /v1/programmes/{number}/comparison.
        """
        return self._call("GET", "/v1/programmes/{number}/comparison", ProgrammeComparison, (number,))

    def list(self) -> LoyaltyProgrammeList:
        """List loyalty programmes.

        All programmes, which version of each holds now, and when the next one will.

        Scope profiles:read or admin.

        Route: GET /v1/programmes.
        """
        return self._call("GET", "/v1/programmes", LoyaltyProgrammeList)

    def publish(
        self, number: str, body: Publication, *, idempotency_key: str | None = None
    ) -> ProgrammeVersion:
        """Publish a draft.

        Make the draft the next version. It holds from now on, or from `effective_from`; only a first
        one may begin in the past.

        Scope admin.

        Route: POST /v1/programmes/{number}/publish.
        """
        return self._once(
            "POST",
            "/v1/programmes/{number}/publish",
            ProgrammeVersion,
            (number,),
            body=body,
            idempotency_key=idempotency_key,
        )

    def put_draft(self, number: str, body: NewProgramme) -> SavedProgramme:
        """Change a draft.

        Check a programme and keep it as the draft. Nothing changes for members.

        Scope admin.

        Route: PUT /v1/programmes/{number}/draft.
        """
        return self._call("PUT", "/v1/programmes/{number}/draft", SavedProgramme, (number,), body=body)

    def show(self, number: str) -> LoyaltyProgramme:
        """Show a loyalty programme.

        One programme.

        Scope profiles:read or admin.

        Route: GET /v1/programmes/{number}.
        """
        return self._call("GET", "/v1/programmes/{number}", LoyaltyProgramme, (number,))

    def simulate(self, number: str, body: Basket) -> TriedBasket:
        """Try a basket.

        What a sale would give by the draft and by what holds, and why; nothing is kept. With `customer`
        it needs profiles:read.

        Scope admin.

        Route: POST /v1/programmes/{number}/simulate.
        """
        return self._call("POST", "/v1/programmes/{number}/simulate", TriedBasket, (number,), body=body)

    def simulate_sales(self, number: str) -> SalesSimulation:
        """Show counted sales.

        How far the count is, or what it found. It is kept until the next one or until the program ends.

        Scope admin.

        Route: GET /v1/programmes/{number}/simulate/sales.
        """
        return self._call("GET", "/v1/programmes/{number}/simulate/sales", SalesSimulation, (number,))

    def start_simulate_sales(
        self, number: str, body: DaysToCount, *, idempotency_key: str | None = None
    ) -> SalesSimulation:
        """Count sales under a draft.

        Begin to count the sales of the last days by the draft; read it by GET. One at a time: 409 while
        another draft is counted.

        Scope admin.

        Route: POST /v1/programmes/{number}/simulate/sales.
        """
        return self._once(
            "POST",
            "/v1/programmes/{number}/simulate/sales",
            SalesSimulation,
            (number,),
            body=body,
            idempotency_key=idempotency_key,
        )

    def versions(self, number: str, version: str) -> OpenedProgramme:
        """Show a version of a programme.

        A version by its number, the draft by `draft`, what holds now by `live`: its text and what it
        says.

        Scope profiles:read or admin.

        Route: GET /v1/programmes/{number}/versions/{version}.
        """
        return self._call(
            "GET",
            "/v1/programmes/{number}/versions/{version}",
            OpenedProgramme,
            (
                number,
                version,
            ),
        )

    def versions_many(self, number: str) -> ProgrammeVersionList:
        """List versions of a programme.

        The draft and all versions: from when on they hold, who published them when and why.

        Scope profiles:read or admin.

        Route: GET /v1/programmes/{number}/versions.
        """
        return self._call("GET", "/v1/programmes/{number}/versions", ProgrammeVersionList, (number,))
