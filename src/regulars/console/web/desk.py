"""The desk every page handler works at: who is visiting, and how pages are made for them."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, TypeAlias

from litestar import Response
from litestar.di import NamedDependency
from litestar.response import Redirect
from msgspec import Struct

from regulars.console.accounts import Accounts, Viewer
from regulars.console.passwords import Passwords
from regulars.console.requests.carry_out import Means, Requests
from regulars.console.services.consent_figures import ConsentFigures
from regulars.console.services.rejected import count_open
from regulars.console.team import Team
from regulars.vocabulary.errors import Forbidden, InvalidInput, RegularsError

from .assets import Assets
from .deps import Deps, WebRequest
from .live import LiveHub
from .nav import may_open
from .security import comes_from_elsewhere, csrf_holds, csrf_token
from .templating import Pages
from .throttle import Throttle

COUNTS_LIFE_SECONDS = 5.0
FORM_FIELDS_MAX = 200


class SignInNeeded(RegularsError):
    """Nobody is signed in, or the session ended."""

    code = "sign_in_needed"
    status = 401


class Visit(Struct, frozen=True):
    """A signed-in request: the person and the session's token."""

    viewer: Viewer
    token: str


@dataclass(slots=True)
class _Counts:
    at: float = -1e9
    values: dict[str, int] | None = None


class Desk:
    """Everything page handlers share. One object a process."""

    def __init__(self, deps: Deps, hub: LiveHub) -> None:
        self.deps = deps
        self.hub = hub
        self.assets = Assets()
        self.pages = Pages(deps, self.assets)
        passwords = Passwords()
        self.accounts = Accounts(deps.db, deps.vault, passwords, deps.clock)
        self.team = Team(deps.db, deps.vault, passwords, deps.clock)
        self.requests = Requests(_means(deps))
        self.consent_figures = ConsentFigures(deps.db, deps.vault.workspace_id, deps.clock)
        self.throttle = Throttle(time.monotonic)
        self.workspace_id = deps.vault.workspace_id
        self.cookie = ("__Host-" if deps.secure else "") + "regulars_session"
        self._counts = _Counts()

    async def visit(self, request: WebRequest) -> Visit:
        """Who is signed in. Raises SignInNeeded."""
        workspace, _, token = request.cookies.get(self.cookie, "").partition(".")
        if token and workspace == str(self.workspace_id):
            viewer = await self.accounts.viewer(token)
            if viewer is not None:
                return Visit(viewer, token)
        raise SignInNeeded("Sign in to go on.")

    async def visit_to(self, request: WebRequest, page: str) -> Visit:
        """Who is signed in, when their role may open the page. Raises SignInNeeded, Forbidden."""
        visit = await self.visit(request)
        if not may_open(visit.viewer, page):
            raise Forbidden("Your role does not include this page. Ask an owner of this workspace.")
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
            counts=await self._nav_counts(),
            **context,
        )

    def go(self, path: str) -> Redirect:
        """Answer a form by sending the browser to a page of ours."""
        return Redirect(path, status_code=303, headers={"Cache-Control": "no-store"})

    async def _nav_counts(self) -> dict[str, int]:
        now = time.monotonic()
        if self._counts.values is None or now - self._counts.at > COUNTS_LIFE_SECONDS:
            async with self.deps.db.read(self.workspace_id) as conn:
                rejected = await count_open(conn, self.workspace_id)
            self._counts.values = {"rejected": rejected, "requests": await self.requests.book.waiting()}
            self._counts.at = now
        return self._counts.values

    def forget_counts(self) -> None:
        """Count anew on the next page: something changed."""
        self._counts.values = None


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
