"""Single sign-on: its settings, and what is half set up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from regulars.console.sign_on_settings import read_sign_on
from regulars.settings import Settings, SettingsError, load_settings
from tests.console.sign_on_provider import CLIENT_SECRET

GOOD = {
    "oidc_issuer": "https://id.example",
    "oidc_client_id": "x",
    "oidc_roles": ("a=b=owner", " it = engineer "),
}


def test_settings_are_read_whole() -> None:
    assert read_sign_on(Settings()) is None
    read = read_sign_on(Settings(**GOOD, oidc_scopes=("openid", "groups")))  # type: ignore[arg-type]
    assert read is not None
    assert read.roles == (("a=b", "owner"), ("it", "engineer"))
    assert read.scopes == ("openid", "groups")


def test_settings_come_from_the_environment_and_keep_the_secret(tmp_path: Path) -> None:
    environ = {
        "REGULARS_OIDC_ISSUER": "https://id.example", "REGULARS_OIDC_CLIENT_ID": "x", "REGULARS_OIDC_ONLY": "true",
        "REGULARS_OIDC_CLIENT_SECRET": CLIENT_SECRET, "REGULARS_OIDC_ROLES": "it=engineer, crm=marketer",
    }  # fmt: skip
    loaded = load_settings(environ=environ, directory=tmp_path)
    read = read_sign_on(loaded.settings)
    assert read is not None
    assert (read.roles, read.only) == ((("it", "engineer"), ("crm", "marketer")), True)
    assert read.client_secret == CLIENT_SECRET
    assert CLIENT_SECRET not in str(loaded.rows()) + repr(loaded.settings) + repr(read)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"oidc_issuer": "http://id.example"}, "oidc_issuer"),
        ({"oidc_client_id": None}, "oidc_client_id"),
        ({"oidc_roles": ()}, "oidc_roles"),
        ({"oidc_roles": ("it=king",)}, "oidc_roles"),
        ({"oidc_roles": ("owner",)}, "oidc_roles"),
        ({"oidc_roles": ("=owner",)}, "oidc_roles"),
        ({"oidc_issuer": None, "oidc_only": True}, "oidc_only"),
    ],
)
def test_a_provider_that_is_half_set_up_stops_the_start(changed: dict[str, Any], field: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_sign_on(Settings(**GOOD | changed))
    assert caught.value.field == field
