# Written by `make docs` from the OpenAPI document. Do not edit.
"""Loyalty and till: what `client.members` does."""

from __future__ import annotations

from ..connection import Group
from ..models.members import Adjusted, Adjustment, CardChange, Enrolment, Matches, Member, MemberSearch


class MembersRoutes(Group):
    """Loyalty and till."""

    def adjustments(
        self, member_id: str, body: Adjustment, *, idempotency_key: str | None = None
    ) -> Adjusted:
        """Give or take points.

        At once up to the programme's limit for one person, above it once a second person approves.

        `member_id` is the id of the profile or of any of its records. 422 `insufficient_points` where
        more is to be taken than there is.

        Scope admin.

        Route: POST /v1/members/{member_id}/adjustments.
        """
        return self._once(
            "POST",
            "/v1/members/{member_id}/adjustments",
            Adjusted,
            (member_id,),
            body=body,
            idempotency_key=idempotency_key,
        )

    def cards(self, member_id: str, body: CardChange, *, idempotency_key: str | None = None) -> Member:
        """Issue, replace or block a card.

        Give a member a card, another one for one they lost (the old one still finds them), or block
        one.

        A blocked card is refused at look-up, and no points of its member can be spent until it is
        replaced or unblocked. A repeat changes nothing.

        Scope till.

        Route: POST /v1/members/{member_id}/cards.
        """
        return self._once(
            "POST",
            "/v1/members/{member_id}/cards",
            Member,
            (member_id,),
            body=body,
            idempotency_key=idempotency_key,
        )

    def enrol(self, body: Enrolment, *, idempotency_key: str | None = None) -> Member:
        """Enrol a member.

        Enter a customer with what they agreed to, and have them join the programme.

        Somebody who joined already stays the same member, whatever is sent again. 409 `member_blocked`
        for a blocked card.

        Scope till.

        Route: POST /v1/members.
        """
        return self._once("POST", "/v1/members", Member, body=body, idempotency_key=idempotency_key)

    def find(
        self,
        *,
        card: str | None = None,
        phone: str | None = None,
        email: str | None = None,
        token: str | None = None,
        country: str | None = None,
        programme: int | None = None,
        point: str | None = None,
    ) -> Matches:
        """Find members.

        Give one of card, phone, email or token. Nobody is an empty list; of several the cashier picks
        one.

        Customers who have not joined are found as well, so that they can be. Contacts end up in
        proxies' logs this way: `POST /v1/members/search` takes the same in its body. 409
        `member_blocked` for a card that was blocked.

        Scope till.

        `card`: Loyalty card, also one that was replaced. `phone`: Phone number. `email`: E-mail, in any
        case. `token`: Token of a payment card. `country`: Where a phone without prefix is read.
        `programme`: Number of a programme; absent: the first. `point`: A type of points; absent: the
        programme's first.

        Route: GET /v1/members.
        """
        return self._call(
            "GET",
            "/v1/members",
            Matches,
            query={
                "card": card,
                "phone": phone,
                "email": email,
                "token": token,
                "country": country,
                "programme": programme,
                "point": point,
            },
        )

    def search(self, body: MemberSearch) -> Matches:
        """Find members, contacts in the body.

        As `GET /v1/members`, with nothing personal in the address.

        Scope till.

        Route: POST /v1/members/search.
        """
        return self._call("POST", "/v1/members/search", Matches, body=body, repeat=True)

    def show(self, member_id: str, *, programme: int | None = None, point: str | None = None) -> Member:
        """Show a member.

        Balance, every day on which points end, tier, open holds and consent of one customer.

        Scope till.

        `programme`: Number of a programme; absent: the first. `point`: A type of points; absent: the
        programme's first.

        Route: GET /v1/members/{member_id}.
        """
        return self._call(
            "GET",
            "/v1/members/{member_id}",
            Member,
            (member_id,),
            query={"programme": programme, "point": point},
        )
