# Written by `make docs` from the OpenAPI document. Do not edit.
"""People: what `client.people` does."""

from __future__ import annotations

from ..connection import Group
from ..models.people import (
    Account,
    AccountList,
    EndedSessions,
    InviteRequest,
    Link,
    RoleRequest,
    StoresRequest,
)


class PeopleRoutes(Group):
    """People."""

    def disable(self, user_id: str, *, idempotency_key: str | None = None) -> Account:
        """Shut an account.

        Shut an account and end its sessions. A repeat changes nothing.

        Scope admin, and pii:read.

        Route: POST /v1/people/{user_id}/disable.
        """
        return self._once(
            "POST", "/v1/people/{user_id}/disable", Account, (user_id,), idempotency_key=idempotency_key
        )

    def enable(self, user_id: str, *, idempotency_key: str | None = None) -> Account:
        """Open an account.

        Open a shut account again. A repeat changes nothing.

        Scope admin, and pii:read.

        Route: POST /v1/people/{user_id}/enable.
        """
        return self._once(
            "POST", "/v1/people/{user_id}/enable", Account, (user_id,), idempotency_key=idempotency_key
        )

    def invite(self, body: InviteRequest, *, idempotency_key: str | None = None) -> Link:
        """Invite somebody.

        Add an account without a password; hand the link on by a way you trust.

        Scope admin, and pii:read.

        Route: POST /v1/people.
        """
        return self._once("POST", "/v1/people", Link, body=body, idempotency_key=idempotency_key)

    def link(self, user_id: str, *, idempotency_key: str | None = None) -> Link:
        """Make a password link.

        A link for somebody who lost theirs or forgot their password.

        Scope admin, and pii:read.

        Route: POST /v1/people/{user_id}/link.
        """
        return self._once(
            "POST", "/v1/people/{user_id}/link", Link, (user_id,), idempotency_key=idempotency_key
        )

    def list(self) -> AccountList:
        """List people.

        Everybody who may sign in, the oldest account first.

        Scope admin, and pii:read.

        Route: GET /v1/people.
        """
        return self._call("GET", "/v1/people", AccountList)

    def put_role(self, user_id: str, body: RoleRequest) -> Account:
        """Change a role.

        Give somebody another role; it holds from their next request on. The last owner stays one.

        Scope admin, and pii:read.

        Route: PUT /v1/people/{user_id}/role.
        """
        return self._call("PUT", "/v1/people/{user_id}/role", Account, (user_id,), body=body)

    def put_stores(self, user_id: str, body: StoresRequest) -> Account:
        """Limit somebody to stores.

        Limit a manager or an associate to some stores, or end the limit; it holds from their next
        request on.

        Scope admin, and pii:read.

        Route: PUT /v1/people/{user_id}/stores.
        """
        return self._call("PUT", "/v1/people/{user_id}/stores", Account, (user_id,), body=body)

    def reset_second_factor(self, user_id: str, *, idempotency_key: str | None = None) -> Account:
        """Reset a second factor.

        Take the second factor of somebody away who lost it. A repeat changes nothing.

        Scope admin, and pii:read.

        Route: POST /v1/people/{user_id}/reset-second-factor.
        """
        return self._once(
            "POST",
            "/v1/people/{user_id}/reset-second-factor",
            Account,
            (user_id,),
            idempotency_key=idempotency_key,
        )

    def sign_out(self, user_id: str, *, idempotency_key: str | None = None) -> EndedSessions:
        """End sessions.

        End all sessions of somebody.

        Scope admin, and pii:read.

        Route: POST /v1/people/{user_id}/sign-out.
        """
        return self._once(
            "POST",
            "/v1/people/{user_id}/sign-out",
            EndedSessions,
            (user_id,),
            idempotency_key=idempotency_key,
        )
