"""The build-time configuration of the sample, read from a Kconfig file."""

import re
from dataclasses import dataclass
from pathlib import Path

from rig.twin.profiles.configuration_keys import is_authorization_key
from rig.twin.profiles.profile import Profile

_ASSIGNMENT = re.compile(r"(CONFIG_\w+)=(.*)")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_DIGITS = re.compile(r"[0-9]{1,9}")
_HIGHEST_PORT = 65535


class ConfigError(Exception):
    """The configuration cannot be read; the message names the file, the line and what is expected."""


@dataclass(frozen=True)
class TwinConfig:
    """What the sample's Kconfig decides; names and defaults are those of its documentation."""

    server: str = "127.0.0.1"
    """CONFIG_NET_SAMPLE_OCPP_SERVER: address or host name of the central system."""
    port: int = 8180
    """CONFIG_NET_SAMPLE_OCPP_PORT: its TCP port."""
    path: str = "/steve/websocket/CentralSystemService/zephyr"
    """CONFIG_NET_SAMPLE_OCPP_WS_PATH: the WebSocket's path."""
    sntp_server: str = "127.0.0.1"
    """CONFIG_NET_SAMPLE_SNTP_SERVER: address or host name of the time server."""
    sntp_port: int = 123
    """CONFIG_NET_SAMPLE_SNTP_SERVER_PORT: its UDP port."""
    board: str = "twin"
    """CONFIG_BOARD: the board name that the sample prints."""
    profiles: frozenset[Profile] = frozenset()
    """CONFIG_OCPP_PROFILE_...: what the charge point has beyond the sample."""
    authorization_key: str = ""
    """CONFIG_OCPP_AUTHORIZATION_KEY: the password that it leaves the factory with, in hexadecimal digits.

    The sample has no such symbol. With the profile SECURITY it makes the twin begin with security profile 1.
    """

    @property
    def identity(self) -> str:
        """The charge point's name in the central system: the end of the path (OCPP 1.6-J section 3.1.1)."""
        return self.path.rsplit("/", 1)[-1]


def read_config(path: Path) -> TwinConfig:
    """Read a ``prj.conf``; symbols that the twin does not know are left alone.

    Raises:
        ConfigError: the file cannot be read, a line is no Kconfig assignment, or a value is impossible.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read {path}: {error}; give --config a readable prj.conf") from error
    return parse_config(lines, source=str(path))


def parse_config(lines: list[str], *, source: str) -> TwinConfig:
    """Understand the lines of a ``prj.conf``; ``source`` names them in errors.

    Raises:
        ConfigError: a line is no Kconfig assignment, or a value is impossible.
    """
    symbols = _Symbols(lines, source)
    config = TwinConfig(
        server=symbols.text("CONFIG_NET_SAMPLE_OCPP_SERVER", TwinConfig.server),
        port=symbols.port("CONFIG_NET_SAMPLE_OCPP_PORT", TwinConfig.port),
        path=symbols.text("CONFIG_NET_SAMPLE_OCPP_WS_PATH", TwinConfig.path),
        sntp_server=symbols.text("CONFIG_NET_SAMPLE_SNTP_SERVER", TwinConfig.sntp_server),
        sntp_port=symbols.port("CONFIG_NET_SAMPLE_SNTP_SERVER_PORT", TwinConfig.sntp_port),
        board=symbols.text("CONFIG_BOARD", TwinConfig.board),
        profiles=frozenset(profile for profile in Profile if symbols.is_set(profile.symbol)),
        authorization_key=symbols.text("CONFIG_OCPP_AUTHORIZATION_KEY", TwinConfig.authorization_key),
    )
    if config.authorization_key and not is_authorization_key(config.authorization_key):
        raise ConfigError(f"{source}: CONFIG_OCPP_AUTHORIZATION_KEY has to be 16 to 20 bytes in hexadecimal digits")
    if not config.path.startswith("/"):
        raise ConfigError(f'{source}: CONFIG_NET_SAMPLE_OCPP_WS_PATH is {config.path!r}, it must begin with "/"')
    return config


class _Symbols:
    """The assignments of a Kconfig file; as in Kconfig, the last one of a symbol counts."""

    def __init__(self, lines: list[str], source: str) -> None:
        self._assigned: dict[str, tuple[str, str]] = {}
        for number, line in enumerate(lines, start=1):
            text = line.strip()
            if not text or text.startswith("#"):
                continue
            where = f"{source}:{number}"
            assignment = _ASSIGNMENT.fullmatch(text)
            if assignment is None:
                raise ConfigError(f"{where}: {text!r} is no Kconfig assignment; write CONFIG_NAME=value")
            self._assigned[assignment[1]] = (assignment[2].strip(), where)

    def text(self, name: str, default: str) -> str:
        if name not in self._assigned:
            return default
        value, where = self._assigned[name]
        quoted = _QUOTED.fullmatch(value)
        if quoted is None:
            raise ConfigError(f'{where}: {name} is {value}, expected a quoted string as in {name}="{default}"')
        return re.sub(r"\\(.)", r"\1", quoted[1])

    def is_set(self, name: str) -> bool:
        value, where = self._assigned.get(name, ("n", ""))
        if value not in {"y", "n"}:
            raise ConfigError(f"{where}: {name} is {value}, expected y or n")
        return value == "y"

    def port(self, name: str, default: int) -> int:
        if name not in self._assigned:
            return default
        value, where = self._assigned[name]
        if not (_DIGITS.fullmatch(value) and 1 <= int(value) <= _HIGHEST_PORT):
            raise ConfigError(f"{where}: {name} is {value}, expected a port from 1 to {_HIGHEST_PORT}")
        return int(value)
