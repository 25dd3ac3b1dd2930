"""The web pages. `console(deps)` gives what the program mounts: routes, the error page, the live hub."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from litestar import Response, Router
from litestar.di import Provide
from litestar.exceptions import HTTPException

from regulars.console import i18n
from regulars.vocabulary.errors import RegularsError

from .deps import Deps, Replay, ReplayOutcome, WebRequest
from .desk import Desk
from .errors import error_page, is_for_people
from .live import LiveHub
from .pages import (
    account,
    adjusting,
    approvals,
    audit,
    consent,
    customers,
    decisions,
    duplicates,
    events,
    home,
    keys,
    kit,
    loyalty,
    loyalty_try,
    matching,
    own_account,
    palette,
    people,
    points,
    points_owed,
    preferences,
    promotion_try,
    promotions,
    registers,
    rejected,
    reports,
    request_steps,
    requests,
    second_factor,
    second_step,
    settings,
    single_sign_on,
    slips,
    store,
    store_points,
    store_shell,
    store_till,
    stream,
    viewing,
    webhook,
    webhooks,
    why,
    why_one,
    write_back,
)
from .static import static_file

__all__ = ["Console", "Deps", "Replay", "ReplayOutcome", "WebRequest", "console", "is_for_people", "routes"]

_HANDLERS = (
    account.sign_in_page, account.sign_in, account.sign_out, home.home, customers.customers, customers.customers_as_file, customers.customer,
    customers.raw_event, events.events, events.event, rejected.rejected_events, rejected.replay, stream.live, kit.kit,
    *adjusting.HANDLERS,
    *approvals.HANDLERS,
    *audit.HANDLERS,
    *consent.HANDLERS,
    *decisions.HANDLERS,
    *duplicates.HANDLERS,
    *keys.HANDLERS,
    *write_back.HANDLERS,
    *loyalty.HANDLERS,
    *loyalty_try.HANDLERS,
    *matching.HANDLERS,
    *own_account.HANDLERS,
    *palette.HANDLERS,
    *people.HANDLERS,
    *points.HANDLERS,
    *points_owed.HANDLERS,
    *preferences.HANDLERS,
    *promotion_try.HANDLERS,
    *promotions.HANDLERS,
    *registers.HANDLERS,
    *reports.HANDLERS,
    *request_steps.HANDLERS,
    *requests.HANDLERS,
    *second_factor.HANDLERS,
    *second_step.HANDLERS,
    *settings.HANDLERS,
    *single_sign_on.HANDLERS,
    *slips.HANDLERS,
    *store.HANDLERS,
    *store_points.HANDLERS,
    *store_shell.HANDLERS,
    *store_till.HANDLERS,
    *viewing.HANDLERS,
    *webhook.HANDLERS,
    *webhooks.HANDLERS,
    *why.HANDLERS,
    *why_one.HANDLERS,
    static_file,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Console:
    """The mounted parts. Call `hub.close()` when told to stop: open streams would hold the server up."""

    desk: Desk
    hub: LiveHub
    routes: list[Router]

    def error(self, request: WebRequest, error: Exception) -> Response[Any]:
        """The page of an error outside the console's own routes, such as an unknown address."""
        _speak(self.desk.deps, request)
        return error_page(self.desk, request, error)


def console(deps: Deps) -> Console:
    """The console over the given parts."""
    desk = desk_of(deps)
    return Console(desk, desk.hub, [router(lambda: desk)])


def desk_of(deps: Deps) -> Desk:
    """What all pages share, over the given parts."""
    return Desk(deps, LiveHub(deps.db, deps.vault, deps.clock))


def router(desk: Callable[[], Desk]) -> Router:
    """The routes of the pages. `desk` is asked with every request."""

    def on_error(request: WebRequest, error: Exception) -> Response[Any]:
        return error_page(desk(), request, error)

    async def prepare(request: WebRequest) -> None:
        deps = desk().deps
        await deps.workspace.refresh()
        _speak(deps, request)

    return Router(
        path="/",
        before_request=prepare,
        route_handlers=list(_HANDLERS),
        dependencies={"desk": Provide(desk, sync_to_thread=False)},
        exception_handlers={RegularsError: on_error, HTTPException: on_error, Exception: on_error},
    )


def _speak(deps: Deps, request: WebRequest) -> None:
    """Take the reader's language for the rest of this request."""
    i18n.use(deps.language(request, deps.workspace.values.language))


def routes(deps: Deps) -> list[Router]:
    """Only the routes, for callers that need neither the hub nor the error page."""
    return console(deps).routes
