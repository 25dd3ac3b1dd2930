"""Who asks, behind proxies: forged headers do not hide a caller, trusted proxies do not stand for all."""

from __future__ import annotations

import pytest

from regulars.intake.addresses import Addresses
from regulars.settings import Settings


@pytest.mark.parametrize(
    ("peer", "forwarded", "caller"),
    [
        ("203.0.113.9", "", "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("10.0.0.2", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.2", "1.1.1.1, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.2", "198.51.100.1, 10.0.0.3", "198.51.100.1"),
        ("10.0.0.2", "", "10.0.0.2"),
        ("10.0.0.2", "nonsense", "nonsense"),
    ],
)
def test_only_trusted_proxies_speak_for_their_callers(peer: str, forwarded: str, caller: str) -> None:
    assert Addresses(Settings(trusted_proxies=("10.0.0.0/8",))).caller(peer, forwarded) == caller
