"""The audit trail in plain words: who, what happened, to what, and the details."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from msgspec import Struct, field

from regulars.console.i18n import _, later

# What the program writes, by its name in the trail. One that is not here shows as itself.
ACTIONS: Final[Mapping[str, str]] = {
    "viewing.started": later("Console looked at as another role"),
    "viewing.ended": later("Looking as another role ended"),
    "account.added": later("Account added"),
    "account.invited": later("Person invited"),
    "account.link_made": later("Link to set a password made"),
    "account.role_changed": later("Role changed"),
    "account.stores_changed": later("Stores of a person changed"),
    "account.disabled": later("Account shut"),
    "account.enabled": later("Account opened again"),
    "account.owner_kept": later("Last owner kept, against the provider"),
    "sign_on.tied": later("Account tied to the sign-on provider"),
    "password.changed": later("Password changed"),
    "password.set_by_link": later("Password set by link"),
    "session.started": later("Signed in"),
    "session.ended": later("Signed out"),
    "session.ended_from_afar": later("Other session ended"),
    "session.refused": later("Sign-in refused"),
    "sessions.ended": later("Signed out everywhere"),
    "second_factor.added": later("Second factor set up"),
    "second_factor.removed": later("Second factor switched off"),
    "second_factor.reset": later("Second factor reset"),
    "second_factor.refused": later("Code of a second factor refused"),
    "second_factor.recovery_used": later("Recovery code used"),
    "key.created": later("API key created"),
    "key.rotated": later("API key rotated"),
    "key.revoked": later("API key revoked"),
    "source.created": later("Source added"),
    "source.configured": later("Source configured"),
    "source.disabled": later("Source switched off"),
    "source.enabled": later("Source switched on"),
    "source.write_back_on": later("Write-back switched on"),
    "source.write_back_off": later("Write-back switched off"),
    "source.write_back_retried": later("Write-back tried once more"),
    "points.written_back": later("Points shown at the vendor"),
    "reward.given_at_shop": later("Code of a reward made at the web shop"),
    "reward.ended_at_shop": later("Code of a reward ended at the web shop"),
    "customers.exported": later("Customers downloaded"),
    "customer.enrolled": later("Customer enrolled in the store"),
    "sale.voided": later("Sale voided"),
    "sale.claimed": later("Sale claimed for a member"),
    "till.points_over": later("Points spent beyond the floor limit of a till"),
    "till.floor_limit": later("Floor limit of a till set"),
    "points.held": later("Points reserved in the store"),
    "points.released": later("Reserved points let go in the store"),
    "card.issued": later("Loyalty card issued"),
    "card.replaced": later("Loyalty card replaced"),
    "card.blocked": later("Loyalty card blocked"),
    "card.unblocked": later("Loyalty card let in again"),
    "promotion.drafted": later("Promotion drafted"),
    "promotion.changed": later("Promotion changed"),
    "promotion.activated": later("Promotion activated"),
    "promotion.paused": later("Promotion paused"),
    "promotion.ended": later("Promotion ended"),
    "promotion.codes_made": later("Codes of a promotion made"),
    "vouchers.imported": later("Vouchers brought along"),
    "promotion.beyond": later("Sale beyond the bounds of a promotion"),
    "webhook.created": later("Webhook added"),
    "webhook.changed": later("Webhook changed"),
    "webhook.disabled": later("Webhook switched off"),
    "webhook.enabled": later("Webhook switched on"),
    "webhook.rotated": later("Secret of a webhook rotated"),
    "webhook.deleted": later("Webhook deleted"),
    "webhook.tested": later("Test message sent"),
    "webhook.resent": later("Messages sent once more"),
    "customer.erased": later("Customer erased"),
    "customer.exported": later("Customer's data exported"),
    "identity.merged": later("Customers merged"),
    "identity.unmerged": later("Records held apart"),
    "identity.undone": later("Decision on records undone"),
    "identity.value_retired": later("Value of too many found"),
    "consent.given": later("Consent given"),
    "consent.withdrawn": later("Consent withdrawn"),
    "customer.updated": later("Customer corrected"),
    "request.received": later("Request received"),
    "request.checked": later("Identity checked"),
    "request.extended": later("Deadline extended"),
    "request.noted": later("Note added to a request"),
    "request.handed_out": later("Copy of the data made"),
    "request.done": later("Request carried out"),
    "request.refused": later("Request refused"),
    "request.erased": later("Request emptied by an erasure"),
    "points.adjusted": later("Points adjusted"),
    "approval.asked": later("Approval asked for"),
    "approval.approved": later("Approved"),
    "approval.rejected": later("Approval refused"),
    "rejected.replayed": later("Rejected events tried again"),
    "product.updated": later("Product changed"),
    "store.updated": later("Shop changed"),
    "staff.updated": later("Staff details changed"),
    "audit.exported": later("Audit log exported"),
    "report.exported": later("Report downloaded"),
    "model.added": later("Matching model added"),
    "model.promoted": later("Matching model put to work"),
    "programme.drafted": later("Draft of a loyalty programme saved"),
    "programme.published": later("Loyalty programme published"),
    "settings.changed": later("Settings changed"),
    "settings.checklist_dismissed": later("Set-up list put away"),
}

# Groups of actions for the filter: a key for the address, the words, and what stands before the dot.
GROUPS: Final[Sequence[tuple[str, str, tuple[str, ...]]]] = (
    (
        "people",
        later("People and sign-in"),
        ("account", "password", "session", "sessions", "second_factor", "sign_on", "viewing"),
    ),
    ("keys", later("API keys"), ("key",)),
    ("sources", later("Sources"), ("source",)),
    ("promotions", later("Promotions"), ("promotion", "vouchers")),
    ("webhooks", later("Webhooks"), ("webhook",)),
    ("customers", later("Customers"), ("customer", "customers", "consent", "identity")),
    ("till", later("At the till"), ("sale", "till", "card")),
    ("requests", later("Requests"), ("request",)),
    ("approvals", later("Points and approvals"), ("points", "approval")),
    ("matching", later("Matching"), ("model",)),
    ("loyalty", later("Loyalty"), ("programme", "reward")),
    ("events", later("Rejected events"), ("rejected",)),
    ("registers", later("Products, shops and staff"), ("product", "store", "staff")),
    ("reports", later("Reports"), ("report",)),
    ("audit", later("Audit log"), ("audit",)),
    ("settings", later("Settings"), ("settings",)),
)
OTHER: Final = "other"
"""The group of all actions that no other group has."""

# Parts of the program that act without a person or a key.
PARTS: Final[Mapping[str, str]] = {
    "": later("Regulars"),
    "cli": later("Command line"),
    "restore": later("Restore of a backup"),
    "demo": later("Demo"),
    "sign_on": later("Single sign-on"),
    "user:unknown": later("Unknown address"),
}

PROGRAM: Final = "regulars"
"""The program itself in an address, where nothing at all would mean everybody."""

# What stands before the colon of an object, and its words.
_OBJECTS: Final[Mapping[str, str]] = {
    "key": later("API key %(name)s"),
    "user": later("Account of %(name)s"),
    "source": later("Source %(name)s"),
    "webhook": later("Webhook %(name)s"),
    "profile": later("Customer %(name)s"),
    "product": later("Product %(name)s"),
    "model": later("Matching model %(name)s"),
    "programme": later("Loyalty programme %(name)s"),
    "store": later("Shop %(name)s"),
    "staff": later("Staff member %(name)s"),
    "consent": later("Consent for %(name)s"),
    "rejected": later("Rejected event %(name)s"),
    "request": later("Request %(name)s"),
    "report": later("Report %(name)s"),
    "decision": later("Decision %(name)s"),
    "approval": later("Approval %(name)s"),
    "value": later("Value %(name)s"),
    "sale": later("Sale %(name)s"),
}

# Objects of which there is one.
_WHOLES: Final[Mapping[str, str]] = {
    "rejected": later("Rejected events"),
    "customers": later("Customers"),
    "audit": later("Audit log"),
    "settings": later("Settings of the workspace"),
}

_DETAILS: Final[Mapping[str, str]] = {
    "why": later("Why"),
    "name": later("Name"),
    "scopes": later("Scopes"),
    "source": later("Source"),
    "kind": later("Kind"),
    "options": later("Options"),
    "secrets": later("Secrets"),
    "replaced_by": later("Replaced by"),
    "event": later("Event"),
    "events": later("Events"),
    "tried": later("Tried"),
    "applied": later("Passed"),
    "duplicate": later("Already known"),
    "rejected": later("Rejected again"),
    "records": later("Records"),
    "events_made_anonymous": later("Events made anonymous"),
    "rejected_messages_removed": later("Rejected messages removed"),
    "identifiers_removed": later("Identifiers removed"),
    "points_removed": later("Points removed"),
    "programme": later("Programme"),
    "point": later("Point type"),
    "amount": later("Points"),
    "reason": later("Reason"),
    "requests_emptied": later("Requests emptied"),
    "received": later("Received"),
    "due": later("Deadline"),
    "method": later("Way"),
    "form": later("Form"),
    "file_sha256": later("SHA-256 of the data"),
    "proof_sha256": later("SHA-256 of the proof"),
    "outcome": later("Outcome"),
    "erasure": later("Erasure"),
    "channel": later("Channel"),
    "purpose": later("Purpose"),
    "role": later("Role"),
    "stores": later("Stores"),
    "sessions": later("Sessions"),
    "left": later("Left"),
    "filters": later("Filters"),
    "lines": later("Lines"),
    "host": later("Host"),
    "types": later("Messages"),
    "overlap_hours": later("Hours both secrets sign"),
    "delivery": later("Delivery"),
    "deliveries": later("Deliveries"),
    "since": later("Since"),
    "table": later("Table"),
    "first_day": later("First day"),
    "last_day": later("Last day"),
    "currency": later("Currency"),
    "store": later("Shop"),
    "time_zone": later("Time zone"),
    "region": later("Region of phone numbers"),
    "language": later("Language"),
    "hue": later("Colour"),
    "pairs": later("Pairs of records"),
    "people": later("People"),
    "undoes": later("Undoes"),
    "digest": later("Digest"),
    "frequencies": later("Own frequencies"),
    "instead_of": later("Instead of"),
    "version": later("Version"),
    "effective_from": later("In force from"),
}

_ID_SHOWN: Final = 8
_VALUES_DEEP_MAX: Final = 4
_CHANGES: Final = (("before", "after"), ("from", "to"))


class Names(Struct, frozen=True):
    """Names of accounts and API keys, by their ids as 32 hexadecimal digits."""

    people: dict[str, str] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)

    def actor(self, actor: str) -> str:
        """Who acted, in words."""
        if actor in PARTS:
            return _(PARTS[actor])
        kind, _colon, id_ = actor.partition(":")
        if kind == "user":
            return self._person(id_)
        if kind == "key":
            return _("API key %(name)s", name=self._key(id_))
        return actor

    def object(self, object_: str, action: str) -> str:
        """What was acted on, in words."""
        if object_ in PARTS:
            return _(PARTS[object_]) if object_ else ""
        if object_ in _WHOLES:
            return _(_WHOLES[object_])
        if action == "customer.erased":
            return _("Erasure %(name)s", name=object_[:_ID_SHOWN])
        kind, _colon, id_ = object_.partition(":")
        if kind not in _OBJECTS:
            return object_
        name = {
            "user": self._person,
            "key": self._key,
            "profile": _short,
            "rejected": _short,
            "decision": _short,
            "approval": _short,
            "value": _short,
        }.get(kind, str)
        return _(_OBJECTS[kind], name=name(id_))

    def details(self, details: Mapping[str, Any]) -> list[tuple[str, str]]:
        """The details as pairs of a name and a value; a change is one pair."""
        if _change_in(details):
            return [(_("Change"), value_words(dict(details)))]
        return [(detail_words(name), self._value(name, value)) for name, value in details.items()]

    def choices(self) -> list[tuple[str, str]]:
        """Those who may have acted, as the filter offers them: people, keys, then parts of the program."""
        people = sorted(self.people.items(), key=lambda one: one[1].casefold())
        keys = sorted(self.keys.items(), key=lambda one: one[1].casefold())
        return [
            *((f"user:{id_}", name) for id_, name in _apart(people)),
            *((f"key:{UUID(id_)}", _("API key %(name)s", name=name)) for id_, name in _apart(keys)),
            *((actor or PROGRAM, _(words)) for actor, words in PARTS.items()),
        ]

    def _person(self, id_: str) -> str:
        return self.people.get(plain(id_)) or _short(id_)

    def _key(self, id_: str) -> str:
        return self.keys.get(plain(id_)) or _short(id_)

    def _value(self, name: str, value: Any) -> str:
        if name == "replaced_by" and isinstance(value, str):
            return f"{self._key(value)} ({_short(value)})"
        return value_words(value)


def action_words(action: str) -> str:
    """What happened; an action without words shows as itself."""
    return _(ACTIONS[action]) if action in ACTIONS else action


def groups() -> list[tuple[str, str]]:
    """The groups as the filter offers them."""
    return [*((key, _(words)) for key, words, _families in GROUPS), (OTHER, _("Anything else"))]


def families_of(group: str | None) -> tuple[list[str] | None, list[str] | None]:
    """What stands before the dot of the actions of a group: (any of these, none of these)."""
    if group == OTHER:
        return None, [family for _key, _words, families in GROUPS for family in families]
    return next((list(families) for key, _words, families in GROUPS if key == group), None), None


def detail_words(name: str) -> str:
    """The name of a detail."""
    return _(_DETAILS[name]) if name in _DETAILS else name.replace("_", " ").capitalize()


def value_words(value: Any, deep: int = 0) -> str:
    """The value of a detail on one line; a change shows as what was and what is."""
    if value is None or value in ("", [], {}):
        return "–"
    if deep >= _VALUES_DEEP_MAX:
        return "…"
    if isinstance(value, list):
        return ", ".join(value_words(one, deep + 1) for one in value)
    if isinstance(value, dict):
        return _dict_words(value, deep + 1)
    return {True: _("yes"), False: _("no")}[value] if isinstance(value, bool) else str(value)


def _dict_words(value: Mapping[str, Any], deep: int) -> str:
    if change := _change_in(value):
        return " → ".join(value_words(value[name], deep) for name in change)
    return ", ".join(f"{detail_words(name)}: {value_words(one, deep)}" for name, one in value.items())


def _change_in(value: Mapping[str, Any]) -> tuple[str, str] | None:
    """The names of what was and what is, when a value holds these two alone."""
    return next((names for names in _CHANGES if set(value) == set(names)), None)


def plain(id_: str) -> str:
    """An id as 32 digits, however it is written; other text stays as it is."""
    try:
        return UUID(id_).hex
    except ValueError:
        return id_


def _short(id_: str) -> str:
    return id_[:_ID_SHOWN]


def _apart(named: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Names that can be told apart: those that occur twice get the beginning of their id."""
    listed = list(named)
    often = Counter(name for _id, name in listed)
    return [(id_, name if often[name] == 1 else f"{name} ({_short(id_)})") for id_, name in listed]
