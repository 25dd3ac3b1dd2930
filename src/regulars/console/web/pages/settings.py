"""Settings: what the workspace goes by, its colour, and what is kept how long."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from litestar import Response, get, post
from litestar.params import FromPath

from regulars.capabilities.identity.normalise import regions
from regulars.console.accounts import actor_of
from regulars.console.brand import CONTRAST_MIN, Brand, TooWeak, brand_of, floored, weakest
from regulars.console.i18n import _, languages
from regulars.console.services import checklist
from regulars.console.services import workspace_settings as service
from regulars.console.services.audit import load_names
from regulars.console.services.common import ChangedMeanwhile
from regulars.console.services.retention import kept_how_long
from regulars.console.web.deps import WebRequest
from regulars.console.web.desk import AtDesk, Desk, Visit
from regulars.console.web.nav import may_open
from regulars.console.web.security import HEADERS
from regulars.vocabulary.errors import InvalidInput, NotFound

OPERATOR_NAMES: Final[Mapping[str, str]] = {
    "name": "workspace_name",
    "time_zone": "time_zone",
    "region": "phone_region",
}
"""Settings of the server that fix a value, by the name the value has here."""
_FIELDS: Final = ("name", "time_zone", "region", "language")
_DEFAULT_HUE: Final = "#0b6b58"
_VERSION_DIGITS_MAX: Final = 9


@get("/settings", include_in_schema=False)
async def settings(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """Name, time zone, region and language, each with where it comes from."""
    visit = await desk.visit_to(request, "settings")
    return await _settings(request, desk, visit)


@post("/settings", include_in_schema=False)
async def save_settings(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """Keep what was typed; it comes back with its faults, or with what somebody else saved meanwhile."""
    visit = await desk.visit_to(request, "settings")
    fields = await desk.form(request, visit.token)
    ground = desk.deps.workspace.ground
    typed = {name: fields.get(name, "") for name in _FIELDS if name not in ground.fixed}
    wanted = {name: service.tidied(name, value) for name, value in typed.items()}
    faults = service.faults(wanted, ground)
    if faults:
        return await _settings(request, desk, visit, typed=typed, faults=faults, status=400)
    try:
        saved = await _save(desk, visit, wanted, fields)
    except ChangedMeanwhile:
        return await _settings(request, desk, visit, typed=typed, conflict=True, status=409)
    desk.deps.workspace.take(saved)
    return desk.go("/settings?saved=1")


@get("/settings/appearance", include_in_schema=False)
async def appearance(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """The colour in force, or one to look at before it is kept."""
    visit = await desk.visit_to(request, "appearance")
    asked = request.query_params.get("hue")
    return await _appearance(request, desk, visit, asked)


@post("/settings/appearance", include_in_schema=False)
async def save_appearance(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """Keep a colour that can be read, or go back to that of Regulars."""
    visit = await desk.visit_to(request, "appearance")
    fields = await desk.form(request, visit.token)
    hue = fields.get("hue", "")
    try:
        saved = await _save(desk, visit, {"hue": hue}, fields)
    except InvalidInput:
        return await _appearance(request, desk, visit, hue, status=400)
    except ChangedMeanwhile:
        return await _appearance(request, desk, visit, hue or None, conflict=True, status=409)
    desk.deps.workspace.take(saved)
    return desk.go("/settings/appearance?saved=1")


@post("/settings/checklist", include_in_schema=False)
async def dismiss_checklist(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """Put the set-up list of the front page away, for everybody."""
    visit = await desk.visit_to(request, "settings")
    await desk.form(request, visit.token)
    await checklist.dismiss(
        desk.deps.db, desk.workspace_id, actor_of(visit.viewer.user_id), desk.deps.clock()
    )
    return desk.go("/")


@get("/brand/{name:str}", include_in_schema=False)
async def brand_sheet(name: FromPath[str]) -> Response[bytes]:
    """The style sheet of a colour. Its name holds the colour and the hash of the sheet, so it is kept for ever."""
    try:
        brand = brand_of(name.partition("-")[0])
    except InvalidInput:
        raise NotFound("There is no such file.") from None
    if brand.path != f"/brand/{name}":
        raise NotFound("There is no such file.")
    headers = {**HEADERS, "Cache-Control": "public, max-age=31536000, immutable", "ETag": f'"{brand.digest}"'}
    return Response(brand.sheet.encode(), headers=headers, media_type="text/css; charset=utf-8")


HANDLERS = (settings, save_settings, appearance, save_appearance, dismiss_checklist, brand_sheet)


def settings_tabs(visit: Visit, here: str) -> list[dict[str, Any]]:
    """The pages of the settings this person may open, as tabs."""
    pages = (
        ("settings", "/settings", _("Workspace"), "settings"),
        ("appearance", "/settings/appearance", _("Appearance"), "appearance"),
        ("stores", "/settings/stores", _("Stores"), "settings"),
        ("products", "/settings/products", _("Products"), "settings"),
        ("staff", "/settings/staff", _("Staff"), "staff"),
    )
    return [
        {"href": href, "label": label, "current": key == here, "count": None}
        for key, href, label, right in pages
        if may_open(visit.viewer, right)
    ]


async def _save(
    desk: Desk, visit: Visit, wanted: Mapping[str, str | None], fields: Mapping[str, str]
) -> service.Saved:
    return await service.save(
        desk.deps.db,
        desk.workspace_id,
        wanted,
        version=_version(fields.get("version", "")),
        ground=desk.deps.workspace.ground,
        by=actor_of(visit.viewer.user_id),
        now=desk.deps.clock(),
    )


def _version(text: str) -> int:
    """The version a form was made from; one that is no number fits none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _VERSION_DIGITS_MAX else -1


async def _load(desk: Desk) -> tuple[service.Saved, str]:
    """What is kept, and who kept it last."""
    async with desk.deps.db.read(desk.workspace_id) as conn:
        saved = await service.load(conn, desk.workspace_id)
        names = await load_names(conn, desk.deps.vault) if saved.version else None
    desk.deps.workspace.take(saved)
    return saved, names.actor(saved.changed_by) if names is not None else ""


async def _settings(
    request: WebRequest,
    desk: Desk,
    visit: Visit,
    *,
    typed: Mapping[str, str] | None = None,
    faults: Mapping[str, str] | None = None,
    conflict: bool = False,
    status: int = 200,
) -> Response[Any]:
    saved, saved_by = await _load(desk)
    ground = desk.deps.workspace.ground
    values = ground.values(saved.choices)
    rows = {
        name: {
            "value": (typed or {}).get(
                name, getattr(values if name in ground.fixed else saved.choices, name) or ""
            ),
            "now_words": _words(name, getattr(values, name)),
            "default": getattr(ground.defaults, name),
            "default_words": _words(name, getattr(ground.defaults, name)),
            "origin": ground.origin(name, saved.choices),
            "setting": OPERATOR_NAMES.get(name, ""),
            "differs": conflict
            and service.tidied(name, (typed or {}).get(name)) != getattr(saved.choices, name),
            "fault": (faults or {}).get(name),
        }
        for name in _FIELDS
    }
    context = {
        "rows": rows,
        "zones": service.zones(),
        "regions": regions(),
        "language_names": {code: one.name for code, one in languages().items()},
        "kept": kept_how_long(),
        "conflict": conflict,
        "saved_by": saved_by,
        "version": saved.version,
        "changed_at": saved.changed_at,
        "just_saved": "saved" in request.query_params and not typed,
        "tabs_shown": settings_tabs(visit, "settings"),
    }
    return await desk.page(request, visit, "pages/settings.html", "settings", status=status, **context)


def _words(name: str, value: str) -> str:
    known = languages()
    return known[value].name if name == "language" and value in known else value


async def _appearance(
    request: WebRequest,
    desk: Desk,
    visit: Visit,
    asked: str | None,
    *,
    conflict: bool = False,
    status: int = 200,
) -> Response[Any]:
    saved, saved_by = await _load(desk)
    in_force = saved.choices.hue
    brand, error = _looked_at(asked if asked is not None else in_force or _DEFAULT_HUE)
    context: dict[str, Any] = {
        "hue": asked if asked is not None else in_force or _DEFAULT_HUE,
        "picked": brand.hue if brand else _DEFAULT_HUE,
        "error": error,
        "nearest": error.nearest if isinstance(error, TooWeak) else None,
        "preview": brand is not None and asked is not None and brand.hue != in_force,
        "measured": _measured(brand),
        "least": CONTRAST_MIN,
        "in_force": in_force,
        "conflict": conflict,
        "saved_by": saved_by,
        "version": saved.version,
        "just_saved": "saved" in request.query_params,
        "tabs_shown": settings_tabs(visit, "appearance"),
    }
    if context["preview"] and brand is not None:
        context["brand_path"] = brand.path
    return await desk.page(request, visit, "pages/appearance.html", "settings", status=status, **context)


def _looked_at(hue: str) -> tuple[Brand | None, InvalidInput | None]:
    try:
        return brand_of(hue), None
    except InvalidInput as error:
        return None, error


def _measured(brand: Brand | None) -> list[tuple[str, str, str]]:
    """The theme, its shade, and the least contrast that text in it has there."""
    if brand is None:
        return []
    return [
        (_("Light theme"), brand.light.brand, floored(weakest(brand.light.brand, "light"))),
        (_("Dark theme"), brand.dark.brand, floored(weakest(brand.dark.brand, "dark"))),
    ]
