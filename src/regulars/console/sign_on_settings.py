"""How single sign-on is set up, read from the settings and checked at the start."""

from __future__ import annotations

from typing import Final, get_args
from urllib.parse import urlsplit

from msgspec import Struct

from regulars.settings import Settings, SettingsError

from .accounts import Role

_LOOPBACK: Final = {"127.0.0.1", "::1", "localhost"}


class SignOnSettings(Struct, frozen=True, kw_only=True):
    """One provider. `roles` maps values of the claim `role_claim` to roles, the first that fits counting; `only`:
    passwords let nobody in.
    """

    issuer: str
    client_id: str
    client_secret: str | None
    name: str
    scopes: tuple[str, ...]
    role_claim: str
    roles: tuple[tuple[str, Role], ...]
    only: bool = False

    def __repr__(self) -> str:
        return f"SignOnSettings(issuer={self.issuer!r})"


def read_sign_on(settings: Settings) -> SignOnSettings | None:
    """The provider, or None where there is none. Raises SettingsError for one that is only half set up."""
    if settings.oidc_issuer is None:
        if settings.oidc_only:
            raise SettingsError("oidc_only would let nobody in: oidc_issuer is not set.", field="oidc_only")
        return None
    if not is_private(settings.oidc_issuer):
        raise SettingsError("oidc_issuer has to begin with https://.", field="oidc_issuer")
    if not settings.oidc_client_id:
        raise SettingsError("oidc_issuer needs oidc_client_id too.", field="oidc_client_id")
    if not settings.oidc_roles:
        raise SettingsError(
            "oidc_issuer needs oidc_roles too: without one nobody comes in.", field="oidc_roles"
        )
    return SignOnSettings(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret,
        name=settings.oidc_name,
        scopes=("openid", *(scope for scope in settings.oidc_scopes if scope != "openid")),
        role_claim=settings.oidc_role_claim,
        roles=tuple(_mapping(line) for line in settings.oidc_roles),
        only=settings.oidc_only,
    )


def is_private(url: str) -> bool:
    """Whether nobody on the way can read or change what goes to an address: TLS, or this very machine."""
    parts = urlsplit(url)
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    )


def _mapping(line: str) -> tuple[str, Role]:
    value, equals, named = line.rpartition("=")
    for role in get_args(Role):
        if equals and value.strip() and role == named.strip():
            return value.strip(), role
    raise SettingsError(
        f"oidc_roles holds {line!r}; write value=role, the role one of {', '.join(get_args(Role))}.",
        field="oidc_roles",
    )
