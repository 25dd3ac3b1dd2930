"""The words of single sign-on: what is asked, who somebody is, and what goes wrong."""

from __future__ import annotations

from msgspec import Struct

from regulars.vocabulary.errors import RegularsError

from .accounts import Role


class ProviderAway(RegularsError):
    """The provider does not answer, or not as one."""

    code = "sign_on_provider_away"
    status = 503
    retry = True


class TokenRefused(RegularsError):
    """What the provider, or somebody in its name, sent does not hold."""

    code = "sign_on_refused"
    status = 403


class Attempt(Struct, frozen=True):
    """What ties the answer of a provider to the question it was asked."""

    state: str
    nonce: str
    verifier: str


class Identity(Struct, frozen=True):
    """Who somebody is by the word of the provider. `role`: by its claims, None where they name none of ours."""

    issuer: str
    subject: str
    email: str
    email_verified: bool
    name: str
    role: Role | None
