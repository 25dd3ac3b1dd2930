"""Pages out of templates: a full page or, for htmx, the fragment of the same block."""

from __future__ import annotations

import gzip
from datetime import datetime, timedelta
from types import CodeType
from typing import Any
from urllib.parse import urlencode

import jinja2
from jinja2.bccache import Bucket
from litestar import Response

from regulars.console import charts, i18n
from regulars.console import format as words
from regulars.console.accounts import Viewer
from regulars.console.services.explained_words import capital
from regulars.vocabulary.money import to_major

from . import filters
from .assets import Assets
from .deps import Deps, WebRequest
from .json_markup import json_markup
from .nav import may_open, navigation
from .roles import role_name
from .security import PAGE_HEADERS

THEME_COOKIE = "theme"
THEMES = ("light", "dark")
_PACK_BYTES_MIN = 1_024


class _Compiled(jinja2.BytecodeCache):
    """Templates as they were compiled, for every console of the process: compiling them is most of a first page."""

    def __init__(self) -> None:
        self._codes: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """As jinja2 says."""
        bucket.code = self._codes.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """As jinja2 says."""
        if bucket.code is not None:
            self._codes[bucket.key, bucket.checksum] = bucket.code


_COMPILED = _Compiled()


class Pages:
    """Renders templates for requests."""

    def __init__(self, deps: Deps, assets: Assets) -> None:
        self._deps = deps
        self._assets = assets
        self._env = _environment(deps, assets)

    def page(
        self,
        request: WebRequest,
        template: str,
        *,
        viewer: Viewer | None = None,
        csrf: str = "",
        status: int = 200,
        headers: dict[str, str] | None = None,
        frame: str = "layout.html",
        **context: Any,
    ) -> Response[bytes]:
        """A whole page in its frame, or its fragment when htmx asks for one."""
        layout = "fragment.html" if wants_fragment(request) else frame
        text = self.text(
            template,
            layout=layout,
            request=request,
            viewer=viewer,
            csrf=csrf,
            theme=theme_of(request),
            language=i18n.current(),
            **context,
        )
        return answer(request, text, status=status, headers=headers)

    def text(self, template: str, **context: Any) -> str:
        """A template as text: parts of live updates, and the body of pages."""
        viewer = context.get("viewer")
        context.setdefault("notice", None)
        context.setdefault("nav", navigation(viewer) if viewer else ())
        context.setdefault("now", self._deps.clock())
        context.setdefault("workspace_name", self._deps.workspace_name)
        context.setdefault("brand_path", self._deps.workspace.brand_path)
        return self._env.get_template(template).render(context)


def wants_fragment(request: WebRequest) -> bool:
    """Whether htmx asked for a part; going back in history asks for the whole."""
    headers = request.headers
    return headers.get("hx-request") == "true" and "hx-history-restore-request" not in headers


def theme_of(request: WebRequest) -> str | None:
    """The theme the person chose, or None for the system's."""
    theme = request.cookies.get(THEME_COOKIE)
    return theme if theme in THEMES else None


def answer(
    request: WebRequest, text: str, *, status: int = 200, headers: dict[str, str] | None = None
) -> Response[bytes]:
    """A page on its way out: never cached, compressed where the browser takes it."""
    body = text.encode()
    all_headers = {**PAGE_HEADERS, **(headers or {})}
    if len(body) >= _PACK_BYTES_MIN and "gzip" in request.headers.get("accept-encoding", ""):
        body = gzip.compress(body, 5, mtime=0)
        all_headers |= {"Content-Encoding": "gzip", "Vary": all_headers["Vary"] + ", Accept-Encoding"}
    return Response(body, status_code=status, headers=all_headers, media_type="text/html; charset=utf-8")


def _environment(deps: Deps, assets: Assets) -> jinja2.Environment:
    env = jinja2.Environment(
        loader=jinja2.PackageLoader("regulars.console", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=deps.development,
        bytecode_cache=_COMPILED,
        extensions=["jinja2.ext.i18n"],
    )
    env.install_gettext_callables(  # type: ignore[attr-defined]
        i18n.gettext, i18n.raw_ngettext, newstyle=True
    )
    env.globals.update(
        asset=assets.url,
        icon_url=assets.icon,
        query=_query,
        may_open=may_open,
        role_name=role_name,
        now_=deps.clock,
        languages=i18n.languages(),
    )
    env.filters.update(
        told=i18n.told,
        money=words.money,
        major=lambda amount, currency: f"{to_major(amount, currency):f}",
        number=i18n.number,
        percent=words.percent,
        signed_percent=words.signed_percent,
        quantity=words.quantity,
        bits=words.bits,
        capital=capital,
        ms=words.milliseconds,
        initials=words.initials,
        span=words.span,
        hexid=_hexid,
        spark=charts.spark,
        shorten=words.shorten,
        json_markup=json_markup,
        columns=filters.column_chart,
        curl=filters.curl,
        sums=filters.sums,
        address=filters.address_line,
        date=words.day,
        channel_words=words.channel_words,
        age=lambda when: words.span(max(timedelta(0), deps.clock() - when)),
        day=lambda when: words.day(when, deps.zone),
        moment=lambda when: words.moment(when, deps.zone),
        clock=lambda when: words.clock(when, deps.zone),
        exact=lambda when: words.exact(when, deps.zone),
        ago=lambda when: words.ago(when, deps.clock(), deps.zone),
        iso=datetime.isoformat,
    )
    return env


def _query(**params: Any) -> str:
    """`?a=1&b=2` of what is set; empty when nothing is."""
    # `x if y` without an else is undefined where y does not hold.
    said = {name: value for name, value in params.items() if not isinstance(value, jinja2.Undefined)}
    kept = {name: value for name, value in said.items() if value not in (None, "", False)}
    return "?" + urlencode(kept) if kept else ""


def _hexid(value: Any) -> str:
    """An id as 32 hexadecimal digits, however the database gave it."""
    return str(value).replace("-", "")
