"""Signing in with the provider: leaving for it, and coming back.

Between the two the browser carries a ticket of ten minutes that is handed in once; it ties the answer to the question.
"""

from __future__ import annotations

import hmac
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from litestar import Response, get

from regulars.console.i18n import _, told
from regulars.console.sign_on import Attempt, ProviderAway, TokenRefused
from regulars.console.single_sign_on import SignOnRefused
from regulars.console.tickets import Ticket, ends_after, read_ticket, write_ticket
from regulars.console.web.deps import WebRequest
from regulars.console.web.desk import PROVIDER_RETURN, AtDesk, Desk
from regulars.console.web.entering import admit, own_cookie
from regulars.console.web.security import safe_path
from regulars.vocabulary.errors import NotFound, RegularsError, TooManyRequests

if TYPE_CHECKING:
    from regulars.console.provider import Provider

COOKIE: Final = "regulars_sign_on"
TICKET_LIFE: Final = timedelta(minutes=10)
_PATH: Final = "/sign-in/provider"


class Away(Ticket, frozen=True, kw_only=True, tag="provider"):
    """Somebody who is at the provider: what was asked, and where they go on."""

    attempt: Attempt
    target: str


@get(_PATH, include_in_schema=False)
async def to_provider(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """Send somebody to the provider."""
    try:
        url, attempt = await _provider(desk).begin()
    except ProviderAway as error:
        return _not_in(request, desk, error, told(error))
    target = safe_path(request.query_params.get("next"))
    ticket = Away(ends=ends_after(desk.deps.clock(), TICKET_LIFE), attempt=attempt, target=target)
    answer = desk.go(url)
    text = write_ticket(desk.deps.vault, ticket)
    answer.set_cookie(own_cookie(desk, COOKIE, text, _PATH, int(TICKET_LIFE.total_seconds())))
    return answer


@get(PROVIDER_RETURN, include_in_schema=False)
async def from_provider(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """Whom the provider sends back: in, to the second step, or told why not."""
    provider = _provider(desk)
    try:
        answer = await _received(request, desk, provider)
    except SignOnRefused as error:
        answer = _not_in(request, desk, error, _reason(error))
    except (TokenRefused, ProviderAway, TooManyRequests) as error:
        answer = _not_in(request, desk, error, told(error))
    answer.set_cookie(own_cookie(desk, COOKIE, "", _PATH, 0))
    return answer


HANDLERS = (to_provider, from_provider)


async def _received(request: WebRequest, desk: Desk, provider: Provider) -> Response[Any]:
    """Let somebody in for what they brought. Raises TokenRefused, SignOnRefused, ProviderAway."""
    away, code = _answered(request, desk, provider)
    # Each try has its own name, so that nobody's tries count for all who come by the provider.
    mine = away.attempt.state, desk.deps.client_address(request)
    wait_seconds = desk.throttle.admit(*mine)
    if wait_seconds:
        said = _("Too many tries. Wait %(n)s min and try again.", n=-(-wait_seconds // 60))
        raise TooManyRequests(said, retry_after_seconds=wait_seconds)
    user_id = await desk.single_sign_on.enter(await provider.finish(code, away.attempt))
    desk.throttle.succeeded(*mine)
    return await admit(request, desk, user_id, safe_path(away.target))


def _answered(request: WebRequest, desk: Desk, provider: Provider) -> tuple[Away, str]:
    """What was asked and the code that answers it. Raises TokenRefused for an answer to another question, or none."""
    away = read_ticket(desk.deps.vault, request.cookies.get(COOKIE, ""), Away, desk.deps.clock())
    said = {name: request.query_params.get(name, "") for name in ("state", "code", "error", "iss")}
    if away is None or not hmac.compare_digest(said["state"].encode(), away.attempt.state.encode()):
        raise TokenRefused(_("This sign-in took too long, or was begun in another browser."))
    if not desk.tickets_used.take(away.attempt.state, TICKET_LIFE):
        raise TokenRefused(_("This sign-in was finished already."))
    if said["iss"] not in {"", provider.chosen.issuer}:
        raise TokenRefused(_("The answer is not that of the provider."))
    if said["error"] or not said["code"]:
        raise TokenRefused(_("The provider did not let you in, or you turned back there."))
    return away, said["code"]


def _provider(desk: Desk) -> Provider:
    if desk.provider is None:
        raise NotFound("Nobody signs in by a provider here.")
    return desk.provider


def _reason(error: SignOnRefused) -> str:
    return {
        "no_role": _("The provider knows you, but gives you no role here. Ask whoever looks after it."),
        "email": _("The provider has not verified your e-mail address, which your account is found by."),
        "shut": _("Your account here is shut. Ask an owner of the workspace."),
        "tied": _("The account with your address belongs to somebody else at the provider. Ask an owner."),
    }[error.reason]


def _not_in(request: WebRequest, desk: Desk, error: RegularsError, said: str) -> Response[Any]:
    wait = error.retry_after_seconds
    headers = {"Retry-After": str(wait)} if wait else {}
    return desk.pages.page(
        request, "pages/sign_on_refused.html", status=error.status, headers=headers, said=said
    )
