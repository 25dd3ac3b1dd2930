# Written by `make docs` from the OpenAPI document. Do not edit.
"""Requests: what `client.requests` does."""

from __future__ import annotations

from typing import Literal

from ..connection import Group
from ..listing import Listing, Page
from ..models.requests import (
    CarryOut,
    ExtensionTold,
    IdentityCheck,
    NoteAdded,
    Proof,
    RefusalTold,
    RequestReceived,
    RequestShown,
)


class RequestsRoutes(Group):
    """Requests."""

    def add(self, body: RequestReceived, *, idempotency_key: str | None = None) -> RequestShown:
        """Register a request.

        Write a request down for a customer; any id of their records will do.

        Scope privacy.

        Route: POST /v1/requests.
        """
        return self._once("POST", "/v1/requests", RequestShown, body=body, idempotency_key=idempotency_key)

    def check(
        self, request_no: str, body: IdentityCheck, *, idempotency_key: str | None = None
    ) -> RequestShown:
        """Note the identity check.

        Nothing is carried out before it.

        Scope privacy.

        Route: POST /v1/requests/{request_no}/check.
        """
        return self._once(
            "POST",
            "/v1/requests/{request_no}/check",
            RequestShown,
            (request_no,),
            body=body,
            idempotency_key=idempotency_key,
        )

    def data(self, request_no: str) -> str:
        """Fetch the data of a request.

        All that is kept of the customer, for access and portability; its hash is noted with the
        request.

        Scope privacy, and pii:read.

        Route: GET /v1/requests/{request_no}/data.
        """
        return self._call("GET", "/v1/requests/{request_no}/data", str, (request_no,))

    def execute(
        self, request_no: str, body: CarryOut | None = None, *, idempotency_key: str | None = None
    ) -> RequestShown:
        """Carry a request out.

        Erase, correct, or withdraw consent; access and portability are closed once their data was
        fetched.

        Scope privacy.

        Route: POST /v1/requests/{request_no}/execute.
        """
        return self._once(
            "POST",
            "/v1/requests/{request_no}/execute",
            RequestShown,
            (request_no,),
            body=body,
            idempotency_key=idempotency_key,
        )

    def extend(
        self, request_no: str, body: ExtensionTold, *, idempotency_key: str | None = None
    ) -> RequestShown:
        """Extend the deadline.

        Two months more, once, and within the first month. Tell the customer why.

        Scope privacy.

        Route: POST /v1/requests/{request_no}/extend.
        """
        return self._once(
            "POST",
            "/v1/requests/{request_no}/extend",
            RequestShown,
            (request_no,),
            body=body,
            idempotency_key=idempotency_key,
        )

    def list(
        self,
        *,
        state: Literal["open", "overdue", "closed", "any"] | None = None,
        kind: Literal["access", "portability", "correction", "erasure", "objection"] | None = None,
        profile_id: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Listing[RequestShown]:
        """List requests.

        Open requests by deadline, the nearest first; all others by number, the newest first.

        Scope privacy.

        `state`: Open ones, those past their deadline, closed ones, or any. `kind`: Only this kind.
        `profile_id`: Of a customer; of any state. `limit`: Most entries of a page. `cursor`: `next` of
        the page before; absent: the first.

        Route: GET /v1/requests.
        """
        return self._pages(
            "GET",
            "/v1/requests",
            Page[RequestShown],
            query={"state": state, "kind": kind, "profile_id": profile_id, "limit": limit},
            cursor=cursor,
        )

    def notes(self, request_no: str, body: NoteAdded, *, idempotency_key: str | None = None) -> RequestShown:
        """Add a note.

        Sealed with the request, and gone with the customer.

        Scope privacy.

        Route: POST /v1/requests/{request_no}/notes.
        """
        return self._once(
            "POST",
            "/v1/requests/{request_no}/notes",
            RequestShown,
            (request_no,),
            body=body,
            idempotency_key=idempotency_key,
        )

    def proof(self, request_no: str) -> Proof:
        """Show the proof of a request.

        Who did what and when, its SHA-256, and the audit lines that hold it. It names nobody.

        Scope privacy.

        Route: GET /v1/requests/{request_no}/proof.
        """
        return self._call("GET", "/v1/requests/{request_no}/proof", Proof, (request_no,))

    def refuse(
        self, request_no: str, body: RefusalTold, *, idempotency_key: str | None = None
    ) -> RequestShown:
        """Refuse a request.

        Close it without carrying it out. Tell the customer why, and where they may complain.

        Scope privacy.

        Route: POST /v1/requests/{request_no}/refuse.
        """
        return self._once(
            "POST",
            "/v1/requests/{request_no}/refuse",
            RequestShown,
            (request_no,),
            body=body,
            idempotency_key=idempotency_key,
        )

    def show(self, request_no: str) -> RequestShown:
        """Show a request.

        A request by its number.

        Scope privacy.

        Route: GET /v1/requests/{request_no}.
        """
        return self._call("GET", "/v1/requests/{request_no}", RequestShown, (request_no,))
