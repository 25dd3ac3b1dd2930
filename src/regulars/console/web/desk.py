"""The desk every page handler works at: who is visiting, and how pages are made for them."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from uuid import UUID

from litestar import Response
from litestar.di import NamedDependency
from litestar.response import Redirect
from msgspec import Struct

from regulars.console.accounts import Accounts, Viewer, actor_of
from regulars.console.approvals.catalogue import room_of
from regulars.console.approvals.kinds import Means as RoomMeans
from regulars.console.approvals.kinds import Who
from regulars.console.approvals.room import Room, Waiting
from regulars.console.own_account import OwnAccount
from regulars.console.requests.carry_out import Means, Requests
from regulars.console.second_factors import SecondFactors
from regulars.console.services.consent_figures import ConsentFigures
from regulars.console.services.newcomers import Newcomers
from regulars.console.services.quotes import Quotes
from regulars.console.services.rejected import count_open
from regulars.console.services.reviews import Worths, count_waiting
from regulars.console.single_sign_on import SingleSignOn
from regulars.console.team import Team
from regulars.vocabulary.errors import Forbidden, InvalidInput, RegularsError

from .assets import shipped
from .deps import Deps, WebRequest
from .live import LiveHub
from .nav import may_open
from .once import Once
from .security import comes_from_elsewhere, csrf_holds, csrf_token
from .templating import Pages
from .throttle import CODE_FAILURES_MAX, Throttle

if TYPE_CHECKING:
    from regulars.console.provider import Provider

COUNTS_LIFE_SECONDS = 5.0
COUNTED_MAX = 100
PROVIDER_RETURN = "/sign-in/provider/return"
"""Where a sign-on provider sends people back to; it is told this address, so it stays."""
FORM_FIELDS_MAX = 200
_LOOKING: Final = frozenset({"GET", "HEAD"})


class SignInNeeded(RegularsError):
    """Nobody is signed in, or the session ended."""

    code = "sign_in_needed"
    status = 401


class SecondFactorNeeded(RegularsError):
    """Everybody here must have a second factor, and this person has none yet."""

    code = "second_factor_needed"
    status = 403


class Visit(Struct, frozen=True):
    """A signed-in request: the person and the session's token."""

    viewer: Viewer
    token: str


@dataclass(slots=True)
class _Counts:
    at: float = -1e9
    values: dict[str, int] | None = None
    approvals: list[Waiting] = field(default_factory=list)


class Desk:
    """Everything page handlers share. One object a process."""

    def __init__(self, deps: Deps, hub: LiveHub) -> None:
        self.deps = deps
        self.hub = hub
        self.assets = shipped()
        self.pages = Pages(deps, self.assets)
        passwords = deps.passwords
        self.accounts = Accounts(deps.db, deps.vault, passwords, deps.clock)
        self.team = Team(deps.db, deps.vault, passwords, deps.clock)
        self.own = OwnAccount(deps.db, deps.vault, passwords, deps.clock)
        self.single_sign_on = SingleSignOn(deps.db, deps.vault, self.team, deps.clock)
        self.provider = _provider(deps)
        self.tickets_used = Once(time.monotonic)
        self.consent_figures = ConsentFigures(deps.db, deps.vault.workspace_id, deps.clock)
        self.worths = Worths(deps.db, deps.vault.workspace_id, deps.clock)
        self.newcomers = Newcomers(deps.vault.workspace_id)
        self.quotes = Quotes(deps.db)
        self.throttle = Throttle(time.monotonic)
        self.code_throttle = Throttle(time.monotonic, account_failures_max=CODE_FAILURES_MAX)
        self.workspace_id = deps.vault.workspace_id
        self.cookie = ("__Host-" if deps.secure else "") + "regulars_session"
        self._counts = _Counts()

    @property
    def passwords_open(self) -> bool:
        """Whether a password lets anybody in."""
        return self.provider is None or not self.provider.chosen.only

    async def has_password(self, user_id: UUID) -> bool:
        """Whether somebody has a password that lets them in."""
        return self.passwords_open and await self.own.has_password(user_id)

    @property
    def factors(self) -> SecondFactors:
        """Second factors, under the name the workspace has now."""
        return SecondFactors(self.deps.db, self.deps.vault, self.deps.clock, self.deps.workspace_name)

    @property
    def requests(self) -> Requests:
        """Requests about data, with the days of the zone the workspace has now."""
        return Requests(_means(self.deps))

    @property
    def room(self) -> Room:
        """The approvals room."""
        deps = self.deps
        return room_of(RoomMeans(deps.db, deps.vault, deps.gate, deps.clock))

    def who(self, viewer: Viewer) -> Who:
        """A signed-in person as the approvals room knows them."""
        return Who(actor_of(viewer.user_id), viewer.role, viewer.stores)

    async def visit(self, request: WebRequest, *, enrolling: bool = False, acts: bool | None = None) -> Visit:
        """Who is signed in. Raises SignInNeeded, SecondFactorNeeded but where one is set up (`enrolling`).

        Raises Forbidden for an act of an owner who looks at the console as another role. Forms act and pages do not,
        unless `acts` says otherwise: of a form that only finds, of a page that is an export.
        """
        workspace, _, token = request.cookies.get(self.cookie, "").partition(".")
        if token and workspace == str(self.workspace_id):
            viewer = await self.accounts.viewer(token)
            if viewer is not None:
                if self.deps.require_second_factor and not viewer.second_factor and not enrolling:
                    raise SecondFactorNeeded("Set up a second factor to go on.")
                if viewer.viewing and (request.method not in _LOOKING if acts is None else acts):
                    raise Forbidden(
                        "You are looking as another role, so nothing can be changed. Go back to yourself first.",
                        code="viewing",
                    )
                return Visit(viewer, token)
        raise SignInNeeded("Sign in to go on.")

    async def visit_to(self, request: WebRequest, page: str, *, acts: bool | None = None) -> Visit:
        """Who is signed in, when their role may open the page. Raises as `visit` does, and Forbidden."""
        visit = await self.visit(request, acts=acts)
        if not may_open(visit.viewer, page):
            raise Forbidden("Your role does not include this page.")
        return visit

    async def form(self, request: WebRequest, secret: str) -> dict[str, str]:
        """The fields of a form whose token fits. Raises Forbidden for a form of another site or session."""
        if comes_from_elsewhere(
            request.headers, frozenset({self.deps.base_url, str(request.base_url).rstrip("/")})
        ):
            raise Forbidden("This form was sent from another site.")
        data = await request.form()
        if len(data) > FORM_FIELDS_MAX:
            raise InvalidInput("This form has too many fields.")
        fields = {name: value for name, value in data.items() if isinstance(value, str)}
        if not csrf_holds(secret, fields.get("csrf")):
            raise Forbidden(
                "This page was open too long. Go back, reload it and try again.", code="stale_form"
            )
        return fields

    async def page(
        self, request: WebRequest, visit: Visit, template: str, here: str, **context: Any
    ) -> Response[bytes]:
        """A page of the shell for a signed-in person."""
        return self.pages.page(
            request,
            template,
            viewer=visit.viewer,
            csrf=csrf_token(visit.token),
            here=here,
            path=request.url.path + (f"?{request.url.query}" if request.url.query else ""),
            counts=await self.nav_counts(visit.viewer),
            **context,
        )

    def go(self, path: str) -> Redirect:
        """Answer a form by sending the browser to a page of ours."""
        return Redirect(path, status_code=303, headers={"Cache-Control": "no-store"})

    async def nav_counts(self, viewer: Viewer) -> dict[str, int]:
        """What waits for somebody: rejected events, requests that are due, approvals; some seconds old at most."""
        now = time.monotonic()
        if self._counts.values is None or now - self._counts.at > COUNTS_LIFE_SECONDS:
            async with self.deps.db.read(self.workspace_id) as conn:
                rejected = await count_open(conn, self.workspace_id)
                duplicates, _ = await count_waiting(conn, self.workspace_id, COUNTED_MAX)
                self._counts.approvals = await self.room.waiting(conn)
            self._counts.values = {
                "rejected": rejected,
                "requests": await self.requests.book.waiting(),
                "duplicates": duplicates,
            }
            self._counts.at = now
        mine = self.room.count_for(self._counts.approvals, self.who(viewer))
        return self._counts.values | {"approvals": mine}

    def forget_counts(self) -> None:
        """Count anew on the next page: something changed."""
        self._counts.values = None


def _provider(deps: Deps) -> Provider | None:
    if deps.sign_on is None:
        return None
    # Takes a quarter of a second to import, which those without a provider need not wait for.
    from regulars.console.provider import Provider

    return Provider(deps.sign_on, deps.base_url + PROVIDER_RETURN, deps.clock, time.monotonic)


def _means(deps: Deps) -> Means:
    return Means(
        db=deps.db,
        vault=deps.vault,
        gate=deps.gate,
        sources=deps.sources,
        clock=deps.clock,
        zone=deps.zone,
        forget=deps.forget,
    )


AtDesk: TypeAlias = NamedDependency[Desk]
"""How a handler asks for the desk."""
