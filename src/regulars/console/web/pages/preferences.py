"""What a browser remembers of its reader: theme and language."""

from __future__ import annotations

from typing import Any, Final

from litestar import Response, post
from litestar.datastructures import Cookie

from regulars.console.i18n import languages
from regulars.console.web.deps import LANGUAGE_COOKIE, WebRequest
from regulars.console.web.desk import AtDesk, Desk
from regulars.console.web.security import safe_path
from regulars.console.web.templating import THEME_COOKIE, THEMES

_LIFE_SECONDS: Final = 400 * 86_400


@post("/theme", include_in_schema=False)
async def set_theme(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """Remember the theme of this browser; any other word means the system's."""
    return await _remember(request, desk, "theme", THEME_COOKIE, THEMES)


@post("/language", include_in_schema=False)
async def set_language(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """Remember the language of this browser; any other word means the browser's."""
    return await _remember(request, desk, "language", LANGUAGE_COOKIE, tuple(languages()))


HANDLERS = (set_theme, set_language)


async def _remember(
    request: WebRequest, desk: Desk, field: str, cookie: str, known: tuple[str, ...]
) -> Response[Any]:
    visit = await desk.visit(request, enrolling=True, acts=False)
    fields = await desk.form(request, visit.token)
    value = fields.get(field, "")
    life = _LIFE_SECONDS if value in known else 0
    answer = desk.go(safe_path(fields.get("next")))
    answer.set_cookie(
        Cookie(
            cookie,
            value=value if life else "",
            path="/",
            max_age=life,
            samesite="lax",
            secure=desk.deps.secure,
        )
    )
    return answer
