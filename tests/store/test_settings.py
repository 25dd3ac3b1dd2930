"""Settings come from the file, the environment and flags, and a misspelt one stops the program."""

from __future__ import annotations

from pathlib import Path

import pytest

from regulars.settings import SETTINGS, Settings, SettingsError, load_settings, shown


def test_the_later_source_wins_and_each_value_knows_where_it_came_from(tmp_path: Path) -> None:
    (tmp_path / "regulars.toml").write_text('port = 1\nhost = "0.0.0.0"\nlog_level = "debug"\n')
    environ = {"REGULARS_PORT": "2", "REGULARS_HOST": "::1"}
    loaded = load_settings({"port": 3, "host": None}, environ=environ, directory=tmp_path)
    assert (loaded.settings.port, loaded.settings.host, loaded.settings.log_level) == (3, "::1", "debug")
    origins = {name: origin for name, _, origin in loaded.rows()}
    assert origins["port"] == "--port"
    assert origins["host"] == "REGULARS_HOST"
    assert origins["log_level"] == str(tmp_path / "regulars.toml")
    assert origins["batch_wait_ms"] == "default"


def test_nothing_set_gives_the_documented_defaults(tmp_path: Path) -> None:
    settings = load_settings(environ={}, directory=tmp_path).settings
    assert (settings.host, settings.port, settings.database_url) == ("127.0.0.1", 8400, None)
    assert settings.home_path == tmp_path / ".regulars"
    assert settings.base_url == "http://127.0.0.1:8400"


@pytest.mark.parametrize(
    ("toml", "environ", "flags"),
    [("prot = 1", {}, {}), ("", {"REGULARS_PROT": "1"}, {}), ("", {}, {"prot": 1})],
)
def test_an_unknown_setting_stops_the_program_and_suggests_the_right_name(
    tmp_path: Path, toml: str, environ: dict[str, str], flags: dict[str, object]
) -> None:
    (tmp_path / "regulars.toml").write_text(toml)
    with pytest.raises(SettingsError, match="Did you mean 'port'") as caught:
        load_settings(flags, environ=environ, directory=tmp_path)
    assert caught.value.field == "prot"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "high"),
        ("PORT", "70000"),
        ("LOG_LEVEL", "loud"),
        ("BATCH_WAIT_MS", "-1"),
        ("PUBLIC_URL", "shop.example"),
    ],
)
def test_a_value_out_of_its_limits_is_refused_with_its_source(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"REGULARS_{name}") as caught:
        load_settings(environ={f"REGULARS_{name}": value}, directory=tmp_path)
    assert caught.value.field == name.lower()


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "regulars.toml").write_text("port = = 1")
    with pytest.raises(SettingsError, match=r"regulars\.toml"):
        load_settings(environ={}, directory=tmp_path)


def test_the_file_may_lie_in_the_home(tmp_path: Path) -> None:
    home = tmp_path / "elsewhere"
    home.mkdir()
    (home / "regulars.toml").write_text("port = 9\n")
    loaded = load_settings(environ={"REGULARS_HOME": str(home)}, directory=tmp_path)
    assert loaded.settings.port == 9


def test_proxies_are_written_with_commas_or_as_a_list(tmp_path: Path) -> None:
    (tmp_path / "regulars.toml").write_text('trusted_proxies = ["10.0.0.1"]\n')
    assert load_settings(environ={}, directory=tmp_path).settings.trusted_proxies == ("10.0.0.1",)
    environ = {"REGULARS_TRUSTED_PROXIES": "10.0.0.1, 192.168.0.0/16"}
    assert load_settings(environ=environ, directory=tmp_path).settings.trusted_proxies == (
        "10.0.0.1",
        "192.168.0.0/16",
    )


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://shop:s3cret@db.example/regulars",
        "postgresql://db.example/regulars?user=shop&password=s3cret",
        "host=db.example user=shop password=s3cret",
        "host=db.example password='s3cret' user=shop",
        "host=db.example password = 'it\\'s s3cret' user=shop",
        "postgresql://shop:a:b/s3cret@s3cret@db.example/regulars",
    ],
)
def test_secrets_are_never_shown(tmp_path: Path, url: str) -> None:
    environ = {"REGULARS_DATABASE_URL": url, "REGULARS_MASTER_KEY": "s3cret-master"}
    loaded = load_settings(environ=environ, directory=tmp_path)
    assert "s3cret" not in str(loaded.rows())
    assert "s3cret" not in repr(loaded.settings) + str(loaded.settings) + repr(loaded)
    assert "db.example" in shown("database_url", url)


def test_a_wrong_secret_is_not_repeated_in_the_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings({"master_key": 12345678}, environ={}, directory=tmp_path)
    assert "12345678" not in caught.value.message


def test_variables_of_the_test_suite_are_no_settings(tmp_path: Path) -> None:
    load_settings(environ={"REGULARS_TEST_SOMETHING": "1"}, directory=tmp_path)


def test_an_empty_variable_counts_as_unset(tmp_path: Path) -> None:
    assert load_settings(environ={"REGULARS_PORT": ""}, directory=tmp_path).settings.port == 8400


def test_every_setting_explains_itself() -> None:
    assert [info.name for info in SETTINGS] == list(Settings.__struct_fields__)
    assert all(info.help.endswith(".") and info.type and info.flag.startswith("--") for info in SETTINGS)


def test_a_time_zone_that_is_none_stops_the_program_at_its_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"REGULARS_TIME_ZONE.*Europe/London") as caught:
        load_settings(environ={"REGULARS_TIME_ZONE": "Mars/Olympus"}, directory=tmp_path)
    assert caught.value.field == "time_zone"
    loaded = load_settings(environ={"REGULARS_TIME_ZONE": "Europe/Madrid"}, directory=tmp_path)
    assert loaded.settings.time_zone == "Europe/Madrid"
