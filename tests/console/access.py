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
STORE: Final = frozenset({"owner", "manager", "associate"})

TABLE: Final = {
    ("GET", "/"): EVERYBODY,  # an associate is led to the store screen
    ("GET", "/_kit"): ANYBODY,
    ("GET", "/audit"): AUDIT,
    ("GET", "/audit.csv"): AUDIT,
    ("GET", "/audit/check"): AUDIT,
    ("POST", "/audit/check"): AUDIT,
    ("GET", "/customers"): EVERYBODY,
    ("GET", "/customers/{profile}"): EVERYBODY,
    ("GET", "/customers/{profile}/events/{number}"): EVERYBODY,
    ("GET", "/customers/{profile}/why/{figure}"): EVERYBODY,
    ("GET", "/events"): EVENTS,
    ("GET", "/events/{number}"): EVENTS,
    ("GET", "/events/rejected"): EVENTS,
    ("POST", "/events/rejected/replay"): EVENTS,
    ("GET", "/invitation"): ANYBODY,
    ("POST", "/invitation"): ANYBODY,
    ("GET", "/keys"): KEYS,
    ("POST", "/keys"): KEYS,
    ("GET", "/keys/{key_id}/revoke"): KEYS,
    ("POST", "/keys/{key_id}/revoke"): KEYS,
    ("GET", "/keys/{key_id}/rotate"): KEYS,
    ("POST", "/keys/{key_id}/rotate"): KEYS,
    ("GET", "/keys/new"): KEYS,
    ("GET", "/keys/sources"): KEYS,
    ("GET", "/keys/sources/{name}/off"): KEYS,
    ("POST", "/keys/sources/{name}/off"): KEYS,
    ("POST", "/keys/sources/{name}/on"): KEYS,
    ("POST", "/language"): EVERYBODY,
    ("GET", "/live"): EVERYBODY - {"associate"},
    ("GET", "/palette"): EVERYBODY,
    ("GET", "/people"): OWNER,
    ("POST", "/people/invite"): OWNER,
    ("POST", "/people/{user}/disable"): OWNER,
    ("POST", "/people/{user}/enable"): OWNER,
    ("POST", "/people/{user}/link"): OWNER,
    ("POST", "/people/{user}/role"): OWNER,
    ("POST", "/people/{user}/sign-out"): OWNER,
    ("GET", "/people/{user}/stores"): OWNER,
    ("POST", "/people/{user}/stores"): OWNER,
    ("GET", "/sign-in"): ANYBODY,
    ("POST", "/sign-in"): ANYBODY,
    ("POST", "/sign-out"): ANYBODY,
    ("GET", "/static/{name}"): ANYBODY,
    ("GET", "/store"): STORE,
    ("GET", "/store/c/{profile}"): STORE,
    ("POST", "/store/c/{profile}/consent"): STORE,
    ("GET", "/store/enrol"): STORE,
    ("POST", "/store/enrol"): STORE,
    ("POST", "/store/find"): STORE,
    ("GET", "/store/offline"): ANYBODY,
    ("GET", "/store/ping"): ANYBODY,
    ("GET", "/store/sw.js"): ANYBODY,
    ("POST", "/theme"): EVERYBODY,
}

UNLINKED: Final = {
    ("GET", "/_kit"),
    ("GET", "/audit/check"),
    ("GET", "/invitation"),
    ("POST", "/invitation"),
    ("POST", "/language"),
    ("GET", "/sign-in"),
    ("POST", "/sign-in"),
    ("GET", "/store/c/{profile}"),
    ("POST", "/store/c/{profile}/consent"),
    ("GET", "/store/offline"),
    ("GET", "/store/ping"),
    ("GET", "/store/sw.js"),
}
"""Routes no page leads to: for strangers, for development, for scripts, or what a form found."""
