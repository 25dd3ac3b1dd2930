# Written by `make docs` from the OpenAPI document. Do not edit.
"""Every route of the API, in groups."""

from __future__ import annotations

from ..connection import Connection
from .approvals import ApprovalsRoutes
from .audit import AuditRoutes
from .consents import ConsentsRoutes
from .events import EventsRoutes
from .floor_limits import FloorLimitsRoutes
from .health import HealthRoutes
from .holds import HoldsRoutes
from .hooks import HooksRoutes
from .identity import IdentityRoutes
from .keys import KeysRoutes
from .members import MembersRoutes
from .people import PeopleRoutes
from .products import ProductsRoutes
from .profiles import ProfilesRoutes
from .programmes import ProgrammesRoutes
from .promotions import PromotionsRoutes
from .quotes import QuotesRoutes
from .rejected import RejectedRoutes
from .reports import ReportsRoutes
from .requests import RequestsRoutes
from .returns import ReturnsRoutes
from .sales import SalesRoutes
from .settings import SettingsRoutes
from .shop_rewards import ShopRewardsRoutes
from .sources import SourcesRoutes
from .staff import StaffRoutes
from .stores import StoresRoutes
from .tracking import TrackingRoutes
from .webhooks import WebhooksRoutes


class Routes:
    """The groups, over one connection."""

    def __init__(self, connection: Connection) -> None:
        self.approvals = ApprovalsRoutes(connection)
        self.audit = AuditRoutes(connection)
        self.consents = ConsentsRoutes(connection)
        self.events = EventsRoutes(connection)
        self.floor_limits = FloorLimitsRoutes(connection)
        self.health = HealthRoutes(connection)
        self.holds = HoldsRoutes(connection)
        self.hooks = HooksRoutes(connection)
        self.identity = IdentityRoutes(connection)
        self.keys = KeysRoutes(connection)
        self.members = MembersRoutes(connection)
        self.people = PeopleRoutes(connection)
        self.products = ProductsRoutes(connection)
        self.profiles = ProfilesRoutes(connection)
        self.programmes = ProgrammesRoutes(connection)
        self.promotions = PromotionsRoutes(connection)
        self.quotes = QuotesRoutes(connection)
        self.rejected = RejectedRoutes(connection)
        self.reports = ReportsRoutes(connection)
        self.requests = RequestsRoutes(connection)
        self.returns = ReturnsRoutes(connection)
        self.sales = SalesRoutes(connection)
        self.settings = SettingsRoutes(connection)
        self.shop_rewards = ShopRewardsRoutes(connection)
        self.sources = SourcesRoutes(connection)
        self.staff = StaffRoutes(connection)
        self.stores = StoresRoutes(connection)
        self.tracking = TrackingRoutes(connection)
        self.webhooks = WebhooksRoutes(connection)
