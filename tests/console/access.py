"""Who may call what in the console: every route with the roles it opens to, written by hand and not from the code.

A route that is added to the console must be added here, and one whose roles change must change here too: that is the
second look at a right somebody gives away.
"""

from __future__ import annotations

from typing import Final, get_args

from regulars.console.accounts import Role

EVERYBODY: Final = frozenset(get_args(Role))
"""All who are signed in."""
ANYBODY: Final = EVERYBODY | {"stranger"}
"""Those too who are not."""
EVENTS: Final = frozenset({"owner", "engineer", "privacy"})
AUDIT: Final = frozenset({"owner", "privacy"})
KEYS: Final = frozenset({"owner", "engineer"})
OWNER: Final = frozenset({"owner"})
APPROVE: Final = frozenset({"owner", "manager"})
ADJUST: Final = frozenset({"owner", "marketer", "manager", "associate"})
DUPLICATES: Final = EVERYBODY - {"associate"}
LOYALTY: Final = EVERYBODY - {"associate"}
LOYALTY_EDIT: Final = frozenset({"owner", "marketer"})
REPORTS: Final = frozenset({"owner", "marketer", "manager"})
REQUESTS: Final = frozenset({"owner", "privacy"})
SETTINGS: Final = frozenset({"owner", "engineer"})
FILE: Final = frozenset({"owner", "marketer", "manager", "privacy"})
PROMOTIONS: Final = EVERYBODY - {"associate"}
PROMOTIONS_EDIT: Final = frozenset({"owner", "marketer"})
STORE: Final = frozenset({"owner", "manager", "associate"})

REGISTERS: Final = ("products", "staff", "stores")
"""What `name` stands for in the routes of their forms."""

TABLE: Final = {
    ("GET", "/"): EVERYBODY,  # an associate is led to the store screen
    ("GET", "/_kit"): ANYBODY,
    ("GET", "/account"): EVERYBODY,
    ("POST", "/account/password"): EVERYBODY,
    ("GET", "/account/second-factor"): EVERYBODY,
    ("POST", "/account/second-factor/begin"): EVERYBODY,
    ("POST", "/account/second-factor/confirm"): EVERYBODY,
    ("POST", "/account/second-factor/off"): EVERYBODY,
    ("POST", "/account/sessions/others/end"): EVERYBODY,
    ("POST", "/account/sessions/{session_id}/end"): EVERYBODY,
    ("GET", "/approvals"): ADJUST,
    ("GET", "/approvals/{approval}"): ADJUST,  # of what they asked for themselves
    ("POST", "/approvals/{approval}/decide"): APPROVE,
    ("GET", "/audit"): AUDIT,
    ("GET", "/audit.csv"): AUDIT,
    ("GET", "/audit/check"): AUDIT,
    ("POST", "/audit/check"): AUDIT,
    ("GET", "/brand/{name}"): ANYBODY,
    ("GET", "/customers"): EVERYBODY,
    ("GET", "/customers.csv"): FILE,
    ("GET", "/customers/duplicates"): DUPLICATES,
    ("POST", "/customers/duplicates/decide"): DUPLICATES,
    ("GET", "/customers/duplicates/decisions"): DUPLICATES,
    ("GET", "/customers/duplicates/decisions/{decision}/undo"): DUPLICATES,
    ("POST", "/customers/duplicates/decisions/{decision}/undo"): DUPLICATES,
    ("GET", "/customers/duplicates/many"): DUPLICATES,
    ("POST", "/customers/duplicates/many"): DUPLICATES,
    ("GET", "/customers/{profile}/merge"): DUPLICATES,
    ("POST", "/customers/{profile}/merge"): DUPLICATES,
    ("GET", "/customers/{profile}/take-apart"): DUPLICATES,
    ("POST", "/customers/{profile}/take-apart"): DUPLICATES,
    ("GET", "/customers/{profile}"): EVERYBODY,
    ("POST", "/customers/{profile}/consent"): REQUESTS,
    ("GET", "/customers/{profile}/events/{number}"): EVERYBODY,
    ("GET", "/customers/{profile}/points"): EVERYBODY,
    ("GET", "/customers/{profile}/points/adjust"): ADJUST,
    ("POST", "/customers/{profile}/points/adjust"): ADJUST,
    ("GET", "/customers/{profile}/points/why"): EVERYBODY,
    ("GET", "/customers/{profile}/slips/{number}"): EVERYBODY,
    ("GET", "/customers/{profile}/why-one"): EVERYBODY,
    ("GET", "/customers/{profile}/why/{figure}"): EVERYBODY,
    ("GET", "/events"): EVENTS,
    ("GET", "/events/rejected"): EVENTS,
    ("POST", "/events/rejected/replay"): EVENTS,
    ("GET", "/events/{number}"): EVENTS,
    ("GET", "/invitation"): ANYBODY,
    ("POST", "/invitation"): ANYBODY,
    ("GET", "/keys"): KEYS,
    ("POST", "/keys"): KEYS,
    ("GET", "/keys/new"): KEYS,
    ("GET", "/keys/sources"): KEYS,
    ("POST", "/keys/sources/{name}/off"): KEYS,
    ("POST", "/keys/sources/{name}/on"): KEYS,
    ("GET", "/keys/sources/{name}/write-back"): KEYS,
    ("POST", "/keys/sources/{name}/write-back"): KEYS,
    ("POST", "/keys/sources/{name}/write-back/all"): KEYS,
    ("POST", "/keys/sources/{name}/write-back/retry"): KEYS,
    ("GET", "/keys/{key_id}/revoke"): KEYS,
    ("POST", "/keys/{key_id}/revoke"): KEYS,
    ("GET", "/keys/{key_id}/rotate"): KEYS,
    ("POST", "/keys/{key_id}/rotate"): KEYS,
    ("POST", "/language"): EVERYBODY,
    ("GET", "/live"): EVERYBODY - {"associate"},
    ("GET", "/loyalty"): LOYALTY,
    ("GET", "/loyalty/new"): LOYALTY_EDIT,
    ("POST", "/loyalty/new"): LOYALTY_EDIT,
    ("GET", "/loyalty/{number}"): LOYALTY,
    ("GET", "/loyalty/{number}/edit"): LOYALTY_EDIT,
    ("POST", "/loyalty/{number}/edit"): LOYALTY_EDIT,
    ("POST", "/loyalty/{number}/publish"): LOYALTY_EDIT,
    ("GET", "/loyalty/{number}/try"): LOYALTY_EDIT,
    ("POST", "/loyalty/{number}/try"): LOYALTY_EDIT,
    ("POST", "/loyalty/{number}/try/sales"): LOYALTY_EDIT,
    ("GET", "/loyalty/{number}/versions/{version}"): LOYALTY,
    ("GET", "/matching"): KEYS,
    ("GET", "/matching/models/new"): KEYS,
    ("POST", "/matching/models/new"): KEYS,
    ("GET", "/matching/models/{number}"): KEYS,
    ("POST", "/matching/models/{number}/preview"): KEYS,
    ("POST", "/matching/models/{number}/promote"): KEYS,
    ("POST", "/matching/rollback"): KEYS,
    ("GET", "/palette"): EVERYBODY,
    ("GET", "/people"): OWNER,
    ("POST", "/people/invite"): OWNER,
    ("POST", "/people/view-as"): OWNER,
    ("POST", "/people/{user}/disable"): OWNER,
    ("POST", "/people/{user}/enable"): OWNER,
    ("POST", "/people/{user}/link"): OWNER,
    ("POST", "/people/{user}/reset-second-factor"): OWNER,
    ("POST", "/people/{user}/role"): OWNER,
    ("POST", "/people/{user}/sign-out"): OWNER,
    ("GET", "/people/{user}/stores"): OWNER,
    ("POST", "/people/{user}/stores"): OWNER,
    ("GET", "/reports"): REPORTS,
    ("GET", "/reports/points-owed"): REPORTS,
    ("GET", "/reports/points-owed.csv"): REPORTS,
    ("GET", "/reports/sales"): REPORTS,
    ("GET", "/reports/sales.csv"): REPORTS,
    ("GET", "/reports/staff"): REPORTS,
    ("GET", "/reports/staff.csv"): REPORTS,
    ("GET", "/reports/store"): REPORTS,
    ("GET", "/reports/store.csv"): REPORTS,
    ("GET", "/reports/stores"): REPORTS,
    ("GET", "/reports/stores.csv"): REPORTS,
    ("GET", "/requests"): REQUESTS,
    ("POST", "/requests"): REQUESTS,
    ("GET", "/requests/consent"): REQUESTS,
    ("POST", "/requests/consent"): REQUESTS,
    ("POST", "/requests/find"): REQUESTS,
    ("GET", "/requests/new"): REQUESTS,
    ("GET", "/requests/{number}"): REQUESTS,
    ("POST", "/requests/{number}"): REQUESTS,
    ("POST", "/requests/{number}/file"): REQUESTS,
    ("POST", "/requests/{number}/print"): REQUESTS,
    ("GET", "/requests/{number}/proof"): REQUESTS,
    ("GET", "/settings"): SETTINGS,
    ("POST", "/settings"): SETTINGS,
    ("GET", "/settings/appearance"): OWNER,
    ("POST", "/settings/appearance"): OWNER,
    ("POST", "/settings/checklist"): SETTINGS,
    ("GET", "/settings/products"): SETTINGS,
    ("GET", "/settings/products/edit"): SETTINGS,
    ("POST", "/settings/products/edit"): SETTINGS,
    ("GET", "/settings/products/new"): SETTINGS,
    ("POST", "/settings/products/new"): SETTINGS,
    ("GET", "/settings/staff"): OWNER,
    ("GET", "/settings/staff/edit"): OWNER,
    ("POST", "/settings/staff/edit"): OWNER,
    ("GET", "/settings/staff/new"): OWNER,
    ("POST", "/settings/staff/new"): OWNER,
    ("GET", "/settings/stores"): SETTINGS,
    ("GET", "/settings/stores/edit"): SETTINGS,
    ("POST", "/settings/stores/edit"): SETTINGS,
    ("GET", "/settings/stores/new"): SETTINGS,
    ("POST", "/settings/stores/new"): SETTINGS,
    ("GET", "/sign-in"): ANYBODY,
    ("POST", "/sign-in"): ANYBODY,
    ("GET", "/sign-in/code"): ANYBODY,
    ("POST", "/sign-in/code"): ANYBODY,
    ("GET", "/sign-in/provider"): ANYBODY,
    ("GET", "/sign-in/provider/return"): ANYBODY,
    ("POST", "/sign-out"): ANYBODY,
    ("GET", "/static/{name}"): ANYBODY,
    ("GET", "/store"): STORE,
    ("GET", "/store/c/{profile}"): STORE,
    ("POST", "/store/c/{profile}/consent"): STORE,
    ("GET", "/store/c/{profile}/slips/{number}"): STORE,
    ("POST", "/store/c/{profile}/join"): STORE,
    ("POST", "/store/c/{profile}/release"): STORE,
    ("POST", "/store/c/{profile}/reserve"): STORE,
    ("GET", "/store/enrol"): STORE,
    ("POST", "/store/enrol"): STORE,
    ("POST", "/store/find"): STORE,
    ("GET", "/store/offline"): ANYBODY,
    ("GET", "/store/ping"): ANYBODY,
    ("GET", "/store/sw.js"): ANYBODY,
    ("GET", "/store/till"): STORE,
    ("POST", "/store/till"): STORE,
    ("POST", "/store/till/slip"): STORE,
    ("POST", "/theme"): EVERYBODY,
    ("POST", "/view-as/end"): EVERYBODY,
    ("GET", "/promotions"): PROMOTIONS,
    ("GET", "/promotions/new"): PROMOTIONS_EDIT,
    ("POST", "/promotions/new"): PROMOTIONS_EDIT,
    ("GET", "/promotions/try"): PROMOTIONS,
    ("POST", "/promotions/try"): PROMOTIONS,
    ("GET", "/promotions/{promotion}"): PROMOTIONS,
    ("POST", "/promotions/{promotion}/activate"): PROMOTIONS_EDIT,
    ("POST", "/promotions/{promotion}/codes.csv"): PROMOTIONS_EDIT,
    ("GET", "/promotions/{promotion}/edit"): PROMOTIONS_EDIT,
    ("POST", "/promotions/{promotion}/edit"): PROMOTIONS_EDIT,
    ("POST", "/promotions/{promotion}/end"): PROMOTIONS_EDIT,
    ("POST", "/promotions/{promotion}/pause"): PROMOTIONS_EDIT,
    ("POST", "/promotions/{promotion}/word"): PROMOTIONS_EDIT,
    ("GET", "/webhooks"): KEYS,
    ("POST", "/webhooks"): KEYS,
    ("GET", "/webhooks/new"): KEYS,
    ("GET", "/webhooks/{webhook_id}"): KEYS,
    ("GET", "/webhooks/{webhook_id}/delete"): KEYS,
    ("POST", "/webhooks/{webhook_id}/delete"): KEYS,
    ("GET", "/webhooks/{webhook_id}/deliveries/{delivery_id}"): KEYS,
    ("POST", "/webhooks/{webhook_id}/deliveries/{delivery_id}/resend"): KEYS,
    ("GET", "/webhooks/{webhook_id}/edit"): KEYS,
    ("POST", "/webhooks/{webhook_id}/edit"): KEYS,
    ("POST", "/webhooks/{webhook_id}/off"): KEYS,
    ("POST", "/webhooks/{webhook_id}/on"): KEYS,
    ("POST", "/webhooks/{webhook_id}/resend"): KEYS,
    ("POST", "/webhooks/{webhook_id}/rotate"): KEYS,
    ("POST", "/webhooks/{webhook_id}/test"): KEYS,
}

UNLINKED: Final = {
    ("GET", "/_kit"),  # for development
    ("POST", "/account/second-factor/confirm"),  # its form is the answer to "begin"
    ("GET", "/audit/check"),
    ("POST", "/customers/{profile}/merge"),  # a form finds the other customer
    ("GET", "/invitation"),  # for strangers, as all that begins with "/sign-in"
    ("POST", "/invitation"),
    ("GET", "/reports"),  # for those who type it: leads on to the sales
    ("GET", "/sign-in"),
    ("POST", "/sign-in"),
    ("GET", "/sign-in/code"),
    ("POST", "/sign-in/code"),
    ("GET", "/sign-in/provider"),
    ("GET", "/sign-in/provider/return"),
    ("GET", "/store/offline"),  # for scripts, as the next two
    ("GET", "/store/ping"),
    ("GET", "/store/sw.js"),
    ("POST", "/view-as/end"),  # on every page of an owner who looks as another role
}
"""Routes no page leads to: for strangers, for development, for scripts, or what a form found."""
PASSING: Final = {
    ("GET", "/approvals/{approval}"),  # of what they asked for, or may decide
    ("POST", "/store/c/{profile}/join"),  # of who takes no part yet
    ("POST", "/store/c/{profile}/reserve"),  # of who has enough points
    ("POST", "/store/c/{profile}/release"),  # while something is reserved
    ("POST", "/store/till/slip"),  # once a basket was tried
    ("GET", "/customers/{profile}/slips/{number}"),  # of who bought
    ("GET", "/store/c/{profile}/slips/{number}"),
}
"""Routes a page leads to only while something is so; tests of those pages follow the links."""
