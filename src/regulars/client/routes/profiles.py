# Written by `make docs` from the OpenAPI document. Do not edit.
"""Identity and Privacy and Profiles: what `client.profiles` does."""

from __future__ import annotations

from datetime import datetime

from ..connection import Group
from ..listing import Listing, Page
from ..models.profiles import (
    Erased,
    EraseRequest,
    Explanation,
    Export,
    Household,
    Merge,
    Profile,
    ProfileSearch,
    TimelineEntry,
    Unmerge,
)
from ..models.shared import Decided


class ProfilesRoutes(Group):
    """Identity and Privacy and Profiles."""

    def erase(
        self, profile_id: str, body: EraseRequest | None = None, *, idempotency_key: str | None = None
    ) -> Erased:
        """Erase a person.

        Destroy the keys and hashes of a person, for good. Receipts stay for the shop's books, as
        nobody's.

        Any id of the person's records will do. Replays and imports do not bring the person back, nor do
        backups: the erasure is noted outside the database and repeated after a restore. It takes some
        seconds.

        Scope privacy or admin.

        Route: POST /v1/profiles/{profile_id}/erase.
        """
        return self._once(
            "POST",
            "/v1/profiles/{profile_id}/erase",
            Erased,
            (profile_id,),
            body=body,
            idempotency_key=idempotency_key,
        )

    def explain(self, profile_id: str, *, other: str | None = None) -> Explanation:
        """Explain a profile.

        The records of a profile, what links them, what keeps others apart, generic values, and what
        would split it.

        `links` has those that hold the profile together and the strongest others, `not_links` the
        strongest 200 pairs with records of others. With `other` of another profile the answer is about
        pairs of the two alone; with a record of the same one, `path` leads from the one to the other.

        Scope profiles:read.

        `other`: Say what is between this record or profile and another: why they are one, or why two.

        Route: GET /v1/profiles/{profile_id}/explain.
        """
        return self._call(
            "GET", "/v1/profiles/{profile_id}/explain", Explanation, (profile_id,), query={"other": other}
        )

    def export(self, profile_id: str) -> Export:
        """Export all that is kept of a person.

        For access requests: profile, records, consents, receipts, points, events, and rejected messages
        that name them.

        Scope privacy or admin, and pii:read.

        Route: GET /v1/profiles/{profile_id}/export.
        """
        return self._call("GET", "/v1/profiles/{profile_id}/export", Export, (profile_id,))

    def find(
        self,
        *,
        email: str | None = None,
        phone: str | None = None,
        loyalty_card: str | None = None,
        payment_token: str | None = None,
        external_id: str | None = None,
        anonymous_id: str | None = None,
        name: str | None = None,
        receipt: str | None = None,
        source: str | None = None,
        store: str | None = None,
        country: str | None = None,
        former: bool | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Listing[Profile]:
        """Find profiles.

        Give one of email, phone, loyalty_card, payment_token, external_id, anonymous_id, name or
        receipt.

        Without any, the known customers are listed, the newest first. Contacts end up in proxies' logs
        this way: `POST /v1/profiles/search` takes the same in its body. Names and contacts are masked
        without pii:read.

        Scope profiles:read.

        `email`: Present e-mail, in any case. `phone`: Present phone number. `loyalty_card`: Loyalty
        card. `payment_token`: Token of a payment card. `external_id`: A source's own id of the
        customer. `anonymous_id`: A browser's or app's id. `name`: Words of the name, or their
        beginnings. `receipt`: Number of a receipt. `source`: The source the id or receipt is of.
        `store`: The store of the receipt. `country`: Where a phone without prefix is read. `former`:
        Find by replaced values too. `limit`: Most entries of a page. `cursor`: `next` of the page
        before; absent: the first.

        Route: GET /v1/profiles.
        """
        return self._pages(
            "GET",
            "/v1/profiles",
            Page[Profile],
            query={
                "email": email,
                "phone": phone,
                "loyalty_card": loyalty_card,
                "payment_token": payment_token,
                "external_id": external_id,
                "anonymous_id": anonymous_id,
                "name": name,
                "receipt": receipt,
                "source": source,
                "store": store,
                "country": country,
                "former": former,
                "limit": limit,
            },
            cursor=cursor,
        )

    def household(self, profile_id: str) -> Household:
        """Show the household of a profile.

        Who shares an address with a like family name, an e-mail or a phone with the profile, directly
        or through others.

        An address, e-mail or phone of more than 12 profiles ties nobody.

        Scope profiles:read.

        Route: GET /v1/profiles/{profile_id}/household.
        """
        return self._call("GET", "/v1/profiles/{profile_id}/household", Household, (profile_id,))

    def merge(self, body: Merge, *, idempotency_key: str | None = None) -> Decided:
        """Merge profiles.

        Say that two or more customers are one person, or see what that would do.

        Every record keeps what it knows; the ids of all lead to the merged profile. Undo it with the
        decision's id.

        Scope profiles:write or admin.

        Route: POST /v1/profiles/merge.
        """
        return self._once("POST", "/v1/profiles/merge", Decided, body=body, idempotency_key=idempotency_key)

    def search(self, body: ProfileSearch) -> Listing[Profile]:
        """Find profiles, contacts in the body.

        As `GET /v1/profiles`, with nothing personal in the address.

        Scope profiles:read.

        Route: POST /v1/profiles/search.
        """
        return self._pages(
            "POST", "/v1/profiles/search", Page[Profile], body=body, repeat=True, cursor=body.cursor
        )

    def show(self, profile_id: str) -> Profile:
        """Show a profile.

        The profile of an id. The id of any record that ever was part of it leads to it, whatever was
        merged.

        Scope profiles:read.

        Route: GET /v1/profiles/{profile_id}.
        """
        return self._call("GET", "/v1/profiles/{profile_id}", Profile, (profile_id,))

    def timeline(
        self,
        profile_id: str,
        *,
        types: str | None = None,
        before: datetime | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Listing[TimelineEntry]:
        """Show the timeline of a profile.

        Events of all records of a profile, by when they happened.

        Scope profiles:read.

        `types`: Types wanted, in full (`sale.completed`) or up to the dot (`sale`), with commas
        between. `before`: Only events that happened before this time. `limit`: Most entries of a page.
        `cursor`: `next` of the page before; absent: the first.

        Route: GET /v1/profiles/{profile_id}/timeline.
        """
        return self._pages(
            "GET",
            "/v1/profiles/{profile_id}/timeline",
            Page[TimelineEntry],
            (profile_id,),
            query={"types": types, "before": before, "limit": limit},
            cursor=cursor,
        )

    def unmerge(self, profile_id: str, body: Unmerge, *, idempotency_key: str | None = None) -> Decided:
        """Take records out of a profile.

        Say that records of a profile are somebody else than the rest of it, or see what that would do.

        Scope profiles:write or admin.

        Route: POST /v1/profiles/{profile_id}/unmerge.
        """
        return self._once(
            "POST",
            "/v1/profiles/{profile_id}/unmerge",
            Decided,
            (profile_id,),
            body=body,
            idempotency_key=idempotency_key,
        )
