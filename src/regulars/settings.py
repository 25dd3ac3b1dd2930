"""Settings: one typed struct, filled from `regulars.toml`, then the environment, then flags.

The last one that speaks wins, and each value remembers where it came from. A key nobody knows stops the
program at start, since a misspelt setting is worse than none. Each field below is one setting: its name,
type, limits, default and help text are all there is to write; the environment name is `REGULARS_` and
the name in capitals, the flag is the name with dashes.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints
from zoneinfo import available_timezones

import msgspec

from regulars.vocabulary.errors import RegularsError

FILE_NAME = "regulars.toml"
_PREFIX = "REGULARS_"
# Names of this kind steer the test suite and are no settings of the program.
_FOREIGN_PREFIX = "REGULARS_TEST_"
_MASK = "********"
_TYPE_NAMES: dict[Any, str] = {str: "text", int: "integer", float: "number", bool: "true | false"}


class SettingsError(RegularsError):
    """A setting is unknown or has a value the program cannot use."""

    code = "settings"
    status = 500


def _help(text: str, *, secret: bool = False, **limits: Any) -> msgspec.Meta:
    return msgspec.Meta(description=text, extra={"secret": secret}, **limits)


_HttpUrl = Annotated[str, msgspec.Meta(pattern="^https?://")]
_ShortText = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
_Country = Annotated[str, msgspec.Meta(pattern="^[A-Z]{2}$")]


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an operator can set. Sizes and times carry their unit in the name."""

    database_url: Annotated[
        str | None,
        _help("PostgreSQL to use, as a URL or DSN. Unset: an embedded server under the home.", secret=True),
    ] = None
    home: Annotated[
        str, _help("Directory of everything this program keeps outside the database.", min_length=1)
    ] = ".regulars"
    host: Annotated[str, _help("Address to listen on.", min_length=1)] = "127.0.0.1"
    port: Annotated[int, _help("Port to listen on; 0 lets the system choose.", ge=0, le=65535)] = 8400
    public_url: Annotated[
        _HttpUrl | None,
        _help("Address under which others reach this program; vendors sign it. Unset: from host and port."),
    ] = None
    trusted_proxies: Annotated[
        tuple[str, ...],
        _help(
            "Addresses or networks of the proxies whose X-Forwarded headers are believed, comma-separated."
        ),
    ] = ()
    master_key: Annotated[
        str | None,
        _help(
            "32 bytes or more, hexadecimal or base64. Unset: the file master.key in the home.", secret=True
        ),
    ] = None
    require_second_factor: Annotated[
        bool, _help("Whether everybody who signs in must have a second factor; those without one set it up.")
    ] = False
    oidc_issuer: Annotated[
        _HttpUrl | None,
        _help("OpenID Connect provider people sign in with, as it names itself. Unset: passwords alone."),
    ] = None
    oidc_client_id: Annotated[str | None, _help("Name the provider knows this program by.")] = None
    oidc_client_secret: Annotated[
        str | None, _help("What proves this program to the provider. Unset: a public client.", secret=True)
    ] = None
    oidc_name: Annotated[
        str, _help("What the button on the sign-in page calls the provider.", min_length=1, max_length=60)
    ] = "single sign-on"
    oidc_scopes: Annotated[
        tuple[str, ...], _help("What the provider is asked for beside openid, comma-separated.")
    ] = ("email", "profile")
    oidc_role_claim: Annotated[
        str, _help("Claim of the ID token that tells the role; dots reach into claims.", min_length=1)
    ] = "groups"
    oidc_roles: Annotated[
        tuple[str, ...],
        _help(
            "Which value of that claim makes which role: value=role, comma-separated; the first that fits."
        ),
    ] = ()
    oidc_only: Annotated[bool, _help("Whether passwords let nobody in any more.")] = False
    webhooks_loopback: Annotated[
        bool,
        _help(
            "Let webhooks go to this machine, by http:// too. For development: whoever makes webhooks reaches it."
        ),
    ] = False
    workspace_name: Annotated[
        _ShortText | None, _help("Name shown in the console. Unset: chosen on its settings page.")
    ] = None
    time_zone: Annotated[
        str | None,
        _help("Time zone the console shows times in, an IANA name. Unset: chosen on its settings page."),
    ] = None
    phone_region: Annotated[
        _Country | None,
        _help(
            "Country (ISO 3166) of phone numbers typed without a prefix in the console. Unset: chosen there."
        ),
    ] = None
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], _help("Least serious log line that is written.")
    ] = "info"
    batch_events_max: Annotated[int, _help("Most events of one turn.", ge=1, le=10_000)] = 1_000
    batch_bytes_max: Annotated[
        int, _help("Most bytes of events in one turn.", ge=65_536, le=256 * 1024 * 1024)
    ] = 8 * 1024 * 1024
    batch_wait_ms: Annotated[
        float,
        _help(
            "How long, at a brisk pace, a turn waits for company at most, in milliseconds.", ge=0, le=1_000
        ),
    ] = 10.0
    queue_events_max: Annotated[
        int,
        _help("Most events waiting for a turn; beyond it callers get 503 and come back.", ge=1, le=1_000_000),
    ] = 20_000
    database_connections_max: Annotated[
        int, _help("Most database connections of the web side of one process.", ge=2, le=1_000)
    ] = 8

    def __repr__(self) -> str:
        return f"Settings(home={self.home!r}, host={self.host!r}, port={self.port})"

    @property
    def home_path(self) -> Path:
        """The home as an absolute path."""
        return Path(self.home).expanduser().absolute()

    @property
    def base_url(self) -> str:
        """The public address without a slash at its end."""
        if self.public_url is not None:
            return self.public_url.rstrip("/")
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"


class SettingInfo(msgspec.Struct, frozen=True):
    """What is known of one setting, for `regulars settings` and the reference page."""

    name: str
    type: str
    default: str
    help: str
    secret: bool
    environment: str
    flag: str


class LoadedSettings(msgspec.Struct, frozen=True):
    """The settings and, for each, where its value came from."""

    settings: Settings
    origins: Mapping[str, str]

    def rows(self) -> list[tuple[str, str, str]]:
        """(name, value fit to be shown, origin) of every setting."""
        return [
            (info.name, shown(info.name, getattr(self.settings, info.name)), self.origins[info.name])
            for info in SETTINGS
        ]


def load_settings(
    flags: Mapping[str, object] | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    directory: Path | None = None,
) -> LoadedSettings:
    """Read the file, the environment and the flags (those that are not None), the later one winning.

    The file is `regulars.toml` in the current directory, else in the home. Raises SettingsError with the
    setting as `field`.
    """
    environ = os.environ if environ is None else environ
    directory = Path.cwd() if directory is None else directory
    given = {name: value for name, value in (flags or {}).items() if value is not None}
    values: dict[str, object] = {}
    origins = {info.name: "default" for info in SETTINGS}
    file = _find_file(given, environ, directory)
    if file is not None:
        _absorb(values, origins, _read_file(file), lambda _: str(file))
    _absorb(values, origins, _read_environment(environ), lambda name: _PREFIX + name.upper())
    _absorb(values, origins, given, _flag)
    _anchor_home(values, origins, directory, file)
    return LoadedSettings(settings=_convert(values, origins), origins=origins)


def shown(name: str, value: object) -> str:
    """A value as text that may be printed: secrets are masked, the password in a URL too."""
    if value is None:
        return "(unset)"
    if name == "database_url":
        # Too much hidden is better than too little: everything up to the last @, every pass… parameter.
        hidden = re.sub(r"(?<=://).*@", f"{_MASK}@", str(value))
        return re.sub(r"(\w*pass\w*\s*=\s*)('(?:\\.|[^'\\])*'|[^\s&]+)", rf"\g<1>{_MASK}", hidden)
    if _INFO[name].secret:
        return _MASK
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "(none)"
    return str(value)


def _find_file(flags: Mapping[str, object], environ: Mapping[str, str], directory: Path) -> Path | None:
    home = str(flags.get("home") or environ.get(_PREFIX + "HOME") or Settings().home)
    for candidate in (directory / FILE_NAME, directory / Path(home).expanduser() / FILE_NAME):
        if candidate.is_file():
            return candidate
    return None


def _read_file(file: Path) -> dict[str, object]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{file} cannot be read: {error}") from error


def _read_environment(environ: Mapping[str, str]) -> dict[str, object]:
    names = [n for n in environ if n.startswith(_PREFIX) and not n.startswith(_FOREIGN_PREFIX)]
    # An empty variable counts as unset: that is how compose files and CI systems spell "none".
    return {n.removeprefix(_PREFIX).lower(): environ[n] for n in names if environ[n] != ""}


def _absorb(
    values: dict[str, object], origins: dict[str, str], new: Mapping[str, object], origin: Any
) -> None:
    for name, value in new.items():
        if name not in _INFO:
            raise SettingsError(
                f"{origin(name)} sets {name!r}, which is no setting.{_hint(name)}", field=name
            )
        values[name] = _split(value) if name in _LISTS else value
        origins[name] = origin(name)


def _split(value: object) -> object:
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


def _hint(name: str) -> str:
    close = difflib.get_close_matches(name, list(_INFO), n=1)
    return f" Did you mean {close[0]!r}?" if close else " See `regulars settings` for all of them."


def _anchor_home(
    values: dict[str, object], origins: Mapping[str, str], directory: Path, file: Path | None
) -> None:
    """Make the home absolute: one named in the file counts from the file, else from where we were started."""
    base = file.parent if file is not None and origins["home"] == str(file) else directory
    home = values.get("home", Settings().home)
    if isinstance(home, str) and home:
        values["home"] = str((base / Path(home).expanduser()).absolute())


def _convert(values: Mapping[str, object], origins: Mapping[str, str]) -> Settings:
    for name, value in values.items():
        try:
            msgspec.convert(value, _TYPES[name], strict=isinstance(value, bool))
        except msgspec.ValidationError as error:
            problem = str(error).partition(" - at ")[0].lower()
            raise SettingsError(
                f"The setting {name} ({origins[name]}) is wrong: {problem}.", field=name
            ) from None
    _check_zone(values.get("time_zone"), origins)
    return msgspec.convert(values, Settings, strict=False)


def _check_zone(name: object, origins: Mapping[str, str]) -> None:
    if name is not None and name not in available_timezones():
        raise SettingsError(
            f"The setting time_zone ({origins['time_zone']}) is wrong: it is no IANA name such as Europe/London.",
            field="time_zone",
        )


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _type_name(annotation: Any) -> str:
    """The type in an operator's words: `integer`, `text`, or the words to choose from."""
    if get_origin(annotation) is Literal:
        return " | ".join(get_args(annotation))
    if annotation in _TYPE_NAMES:
        return _TYPE_NAMES[annotation]
    # Annotated[X, …], X | None and tuple[X, …] all carry what matters first.
    inner = _type_name(get_args(annotation)[0])
    return f"list of {inner}" if get_origin(annotation) is tuple else inner


def _describe(name: str, annotation: Any) -> SettingInfo:
    meta = annotation.__metadata__[0]
    default = getattr(Settings(), name)
    return SettingInfo(
        name=name,
        type=_type_name(annotation),
        default="" if default is None or default == () else str(default),
        help=meta.description,
        secret=meta.extra["secret"],
        environment=_PREFIX + name.upper(),
        flag=_flag(name),
    )


_TYPES = get_type_hints(Settings, include_extras=True)
_TYPES = {name: _TYPES[name] for name in Settings.__struct_fields__}
_LISTS = frozenset(name for name in _TYPES if isinstance(getattr(Settings(), name), tuple))
SETTINGS: tuple[SettingInfo, ...] = tuple(_describe(name, kind) for name, kind in _TYPES.items())
_INFO = {info.name: info for info in SETTINGS}
