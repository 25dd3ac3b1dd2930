"""The master key is made once, kept private, and derives the same keys for ever."""

from __future__ import annotations

import base64
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from regulars.store.errors import MasterKeyError
from regulars.store.master import MasterKey, decode_key, load_master_key

SECRET = bytes(range(32))


def test_the_first_run_makes_a_key_and_later_runs_find_it(tmp_path: Path) -> None:
    home = tmp_path / "home"
    first = load_master_key(None, home)
    assert load_master_key(None, home).fingerprint() == first.fingerprint()
    assert stat.S_IMODE((home / "master.key").stat().st_mode) == 0o600


def test_programs_that_start_at_once_agree_on_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        keys = list(threads.map(lambda _: load_master_key(None, tmp_path / "home").fingerprint(), range(8)))
    assert len(set(keys)) == 1


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    load_master_key(None, tmp_path / "home")
    (tmp_path / "home" / "master.key").chmod(0o644)
    with pytest.raises(MasterKeyError, match="chmod 600"):
        load_master_key(None, tmp_path / "home")


def test_the_setting_wins_over_the_file(tmp_path: Path) -> None:
    load_master_key(None, tmp_path)
    assert load_master_key(SECRET.hex(), tmp_path).fingerprint() == MasterKey(SECRET).fingerprint()


@pytest.mark.parametrize(
    "text",
    [
        SECRET.hex(),
        SECRET.hex().upper(),
        base64.b64encode(SECRET).decode(),
        base64.urlsafe_b64encode(SECRET).decode().rstrip("="),
        f"  {base64.b64encode(SECRET).decode()}\n",
    ],
)
def test_a_key_may_be_written_in_hexadecimal_or_base64(text: str) -> None:
    assert decode_key(text) == SECRET


@pytest.mark.parametrize("text", ["", "c2hvcnQ=", SECRET[:31].hex(), "not a key at all!"])
def test_a_short_or_unreadable_key_is_refused_without_being_shown(text: str, tmp_path: Path) -> None:
    with pytest.raises(MasterKeyError) as caught:
        load_master_key(text, tmp_path)
    assert not text or text not in caught.value.message


def test_derived_keys_differ_by_purpose_and_workspace_and_never_change() -> None:
    key = MasterKey(SECRET)
    derived = {key.derive(purpose, workspace) for purpose in ("seal", "hash") for workspace in (0, 1, 2)}
    assert len(derived) == 6
    # Stored data depends on this value: if it changes, nothing that was sealed can be read again.
    assert key.derive("record.seal", 1).hex() == MasterKey(SECRET).derive("record.seal", 1).hex()
    assert MasterKey(bytes(32)).derive("record.seal", 1) != key.derive("record.seal", 1)


def test_a_key_shows_its_fingerprint_only() -> None:
    shown = repr(MasterKey(SECRET))
    assert MasterKey(SECRET).fingerprint() in shown
    assert SECRET.hex() not in shown and base64.b64encode(SECRET).decode() not in shown


def test_the_text_of_the_key_file_is_the_same_key_in_another_home(tmp_path: Path) -> None:
    key = load_master_key(None, tmp_path)
    text = (tmp_path / "master.key").read_text()
    assert load_master_key(text, tmp_path / "other").fingerprint() == key.fingerprint()
