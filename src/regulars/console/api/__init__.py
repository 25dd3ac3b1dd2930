"""The JSON API. `routes(deps)` gives what the program mounts, `document` describes it without anything running.

`error` is the answer to any exception, for addresses outside these routes as well; `counting` measures every
route of the application.
"""

from __future__ import annotations

from typing import Any, Final

from litestar import Request, Router
from litestar.di import Provide
from litestar.exceptions import ImproperlyConfiguredException
from litestar.handlers import HTTPRouteHandler
from litestar.types import ASGIApp

from . import (
    alerts,
    approvals,
    audit,
    consents,
    decisions,
    explain,
    health,
    households,
    keys,
    models,
    openapi,
    people,
    points_owed,
    privacy,
    products,
    profiles,
    programmes,
    promotions,
    rejected,
    reports,
    requests,
    settings,
    simulations,
    sources,
    staff,
    stores,
    timeline,
    webhooks,
    write_back,
)
from .access import BY_ROUTE, RULES, Rule
from .counting import counting
from .deps import Api, ApiDeps, Visit
from .errors import error
from .front import BODY_BYTES_MAX, with_front
from .lookup import Lookups
from .till import (
    batch,
    cards,
    claims,
    enrolment,
    floors,
    holds,
    members,
    quotes,
    receipt,
    returns,
    rewards,
    sales,
)

__all__ = ["HANDLERS", "RULES", "ApiDeps", "Rule", "counting", "document", "error", "lookups", "routes"]

HANDLERS: Final[tuple[HTTPRouteHandler, ...]] = (
    profiles.find_profiles, profiles.search_profiles, profiles.show_profile, timeline.show_timeline,
    explain.explain_profile, households.show_household, privacy.erase_profile, privacy.export_profile, consents.list_consents,
    consents.add_consent, stores.list_stores, stores.add_store, stores.show_store, stores.put_store,
    products.list_products, products.add_product, products.show_product, products.put_product,
    staff.list_staff, staff.add_staff_member, staff.show_staff_member, staff.put_staff_member,
    sources.list_sources, sources.add_source, sources.show_source, sources.configure_source,
    sources.disable_source, sources.enable_source, write_back.show_write_back, write_back.switch_write_back,
    write_back.retry_write_back, write_back.tell_of_all, keys.list_keys, keys.make_key, keys.rotate_key, keys.revoke_key,
    webhooks.list_webhooks, webhooks.add_webhook, webhooks.show_webhook, webhooks.put_webhook,
    webhooks.disable_webhook, webhooks.enable_webhook, webhooks.rotate_webhook, webhooks.test_webhook,
    webhooks.delete_webhook, webhooks.list_deliveries, webhooks.show_delivery, webhooks.resend_delivery,
    webhooks.resend_failed, models.list_models, models.add_model, models.show_model, models.start_preview,
    models.show_preview, models.promote_model, models.roll_back, models.list_generic_values, audit.list_audit, audit.verify_audit, rejected.list_rejected, rejected.show_rejected, rejected.replay_one,
    rejected.replay_many, people.list_people, people.invite_person, people.make_link, people.put_role, people.put_stores,
    people.disable_person, people.enable_person, people.sign_person_out, people.reset_person_factor,
    requests.list_requests, requests.add_request,
    requests.show_request, requests.check_request, requests.extend_request, requests.add_note, requests.refuse_request,
    requests.execute_request, requests.request_data, requests.request_proof, reports.report_sales, reports.report_stores,
    promotions.list_promotions, promotions.add_promotion, promotions.show_promotion, promotions.change_promotion,
    promotions.activate_promotion, promotions.pause_promotion, promotions.end_promotion, promotions.add_promotion_code,
    quotes.quote_basket, quotes.release_offers,
    reports.report_staff, points_owed.report_loyalty, programmes.list_programmes, programmes.add_programme, programmes.show_programme,
    programmes.put_draft, programmes.list_versions, programmes.show_version, programmes.compare_draft, programmes.publish_draft,
    simulations.simulate_basket, simulations.start_simulation, simulations.show_simulation,
    settings.show_settings, settings.put_settings, decisions.merge_profiles, decisions.unmerge_profile,
    decisions.undo_decision, decisions.decide_reviews, decisions.list_decisions, decisions.list_reviews,
    approvals.list_approvals, approvals.show_approval, approvals.approve, approvals.reject, approvals.adjust_points,
    alerts.loyalty_alerts,
    members.find_members, members.search_members, members.show_member, enrolment.enrol_member,
    cards.change_card, holds.hold_points, rewards.reserve_reward, holds.capture_hold, holds.release_hold,
    sales.confirm_sale, sales.void_sale, returns.take_return, claims.claim_sale, receipt.sale_receipt,
    batch.confirm_queue, floors.list_floor_limits, floors.put_floor_limit,
    health.healthz, health.readyz, health.metrics, openapi.openapi_json, openapi.docs,
)  # fmt: skip


def routes(deps: ApiDeps) -> list[Router]:
    """The API over the given parts."""
    api = Api(deps)
    handlers = _checked()
    queries = {route: openapi.query_names(one) for one in handlers for route in openapi.addresses(one)}
    return [
        Router(
            path="/",
            route_handlers=list(handlers),
            dependencies={
                "api": Provide(lambda: api, sync_to_thread=False, use_cache=True),
                "visit": Provide(visit_of, sync_to_thread=False),
            },
            middleware=[with_front(api, queries)],
            exception_handlers={Exception: error},
            request_max_body_size=BODY_BYTES_MAX,
        )
    ]


def lookups(deps: ApiDeps, inner: ASGIApp) -> ASGIApp:
    """The application with plain look-ups answered before it."""
    return Lookups(inner, Api(deps))


def document(*, version: str) -> dict[str, Any]:
    """The OpenAPI document of the API, the doors left out; needs no store."""
    return openapi.describe(_checked(), version=version)


def visit_of(request: Request[Any, Any, Any]) -> Visit:
    """The caller that the front let in."""
    visit: Visit = request.scope["auth"]
    return visit


def _checked() -> tuple[HTTPRouteHandler, ...]:
    """The handlers, each of which has its line in the table of access."""
    for handler in HANDLERS:
        for method, path in openapi.addresses(handler):
            if (method, path) not in BY_ROUTE:
                raise ImproperlyConfiguredException(f"{method} {path} is missing in the table of access")
    return HANDLERS
