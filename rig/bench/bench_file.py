"""The bench file: Zephyr's hardware map, with the rig's own keys below `ocpp_rig` in an entry.

A map that twister wrote (`twister --generate-hardware-map`) loads as it is, with all of twister's keys
(scripts/schemas/twister/hwmap-schema.yaml, Zephyr documentation "Executing tests on multiple devices"). The other way
round, twister's schema is strict: where pykwalify is installed, twister refuses a map with `ocpp_rig` in it ("Key
'ocpp_rig' was not defined"; tried with Zephyr 4.1.99 and pykwalify 1.8). Give twister a map without it.
"""

import ipaddress
import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rig.bench.device import BAUD, FLASH_TIMEOUT_S, LEASE_S, Command, Device, Dhcp, Network, Power
from rig.bench.schema import mistakes
from rig.bench.yaml_text import YamlText
from rig.errors import UsageError

VARIABLE = "OCPP_RIG_BENCH"


def default_bench(
    named: Path | None = None, environment: Mapping[str, str] | None = None, here: Path = Path()
) -> Path | None:
    """The bench file in use: the one named, `$OCPP_RIG_BENCH`, ./bench.yaml, ~/.config/ocpp-rig/bench.yaml, or none.

    Raises:
        UsageError: the file that was named, on the command line or by the variable, does not exist.
    """
    environment = os.environ if environment is None else environment
    variable = environment.get(VARIABLE)
    for asked, by in ((named, "--bench"), (variable and Path(variable), f"${VARIABLE}")):
        if asked:
            if not asked.is_file():
                raise UsageError(f"{by} {asked}: no such bench file; `ocpp-rig bench scan --out {asked}` writes one")
            return asked
    config = Path(environment.get("XDG_CONFIG_HOME") or Path(environment.get("HOME", "/")) / ".config")
    places = (here / "bench.yaml", config / "ocpp-rig" / "bench.yaml")
    return next((place for place in places if place.is_file()), None)


def load_bench(path: Path | str) -> list[Device]:
    """The devices of a bench file, connected or not, in its order.

    Raises:
        UsageError: it cannot be read, or holds something that cannot be; all that is wrong is named with its line.
    """
    bench = YamlText.read(Path(path))
    if bench.root is None:
        raise UsageError(f"bench file {path}: is empty; `ocpp-rig bench scan --out {path}` fills it")
    if wrong := mistakes(bench):
        raise UsageError("bench file: " + "\n  ".join(wrong))
    return [_device(bench, number, entry) for number, entry in enumerate(bench.value)]


def _device(bench: YamlText, number: int, entry: dict[str, Any]) -> Device:
    platform, runner_params = entry["platform"], entry.get("runner_params") or ()
    own = entry.get("ocpp_rig") or {}
    reset = own.get("reset", "probe")
    try:
        return Device(
            id=entry["id"],
            platform=platform if isinstance(platform, str) else " ".join(platform),
            product=entry["product"],
            runner=entry["runner"],
            serial=entry.get("serial"),
            baud=entry.get("baud") or entry.get("serial_baud") or BAUD,
            connected=entry["connected"],
            fixtures=tuple(entry.get("fixtures") or ()),
            probe_id=entry.get("probe_id"),
            runner_params=_command(runner_params),
            flash_timeout_s=float(entry.get("flash_timeout") or FLASH_TIMEOUT_S),
            target=own.get("target"),
            network=_network(own.get("network", {})),
            power=_power(own["power"]) if "power" in own else None,
            reset=reset if reset in ("probe", "power") else _command(reset),
            place=own.get("place"),
        )
    except ValueError as error:
        line = bench.line([number, "ocpp_rig"])
        raise UsageError(f"bench file: {bench.path}:{line}: entry {number + 1} (id {entry['id']}): {error}") from error


def _network(keys: dict[str, Any]) -> Network:
    dhcp = keys.get("dhcp")
    return Network(
        interface=keys.get("interface"),
        address=keys.get("address"),
        namespace=keys.get("namespace"),
        port=keys.get("port"),
        dhcp=_dhcp(dhcp) if dhcp else None,
    )


def _dhcp(keys: dict[str, Any]) -> Dhcp:
    first, last = keys["first"], keys["last"]
    if ipaddress.IPv4Address(first) > ipaddress.IPv4Address(last):
        raise ValueError(f"network.dhcp: first ({first}) comes after last ({last}); swap them")
    return Dhcp(first, last, keys.get("lease_s", LEASE_S), keys.get("names", {}))


def _power(keys: dict[str, Any]) -> Power:
    return Power(
        hub=keys.get("hub"), port=keys.get("port"), on=_command(keys.get("on", ())), off=_command(keys.get("off", ()))
    )


def _command(words: str | list[str] | tuple[str, ...]) -> Command:
    """A command as written: a list of words, or a line that is split as a shell would split it."""
    return tuple(shlex.split(words) if isinstance(words, str) else words)
