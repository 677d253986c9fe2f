"""What labgrid says of a place, as a device of the rig."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from rig.bench.device import Device
from rig.errors import BenchError

CONSOLE, PROBE = "NetworkSerialPort", "NetworkService"
SCHEMES = {"raw": "socket", "rfc2217": "rfc2217"}
"""A `NetworkSerialPort`'s protocol, and how pyserial calls it in a URL."""
PROBE_NAME = "pyocd"
"""How the service is called in the exporter's file where the place has others besides (ssh)."""


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource of a place, as the coordinator tells it; a USB or raw serial port comes as a NetworkSerialPort."""

    path: str
    """`exporter/group/class/name`."""
    cls: str
    name: str
    """In the exporter's file, or as the place's match renames it."""
    params: dict[str, Any]
    available: bool
    """False: its exporter knows it and does not find it (a USB port that is not plugged in)."""
    isolated: bool
    """Whether its exporter wants all traffic to go through ssh."""


def device_of(place: str, entry: Device, resources: Sequence[Resource]) -> Device:
    """The device of the bench file's `entry`, with the console and the probe that the place has.

    Raises:
        BenchError: the place has none of them, or several, or they cannot be reached.
    """
    console, probe = _the(CONSOLE, place, resources), _the(PROBE, place, resources)
    protocol = console.params.get("protocol") or "rfc2217"
    if protocol not in SCHEMES:
        raise BenchError(
            f"labgrid place {place}: {console.path} speaks {protocol!r}",
            f"give it `protocol: raw` or `protocol: rfc2217` in the exporter's file on {_exporter(console)}",
        )
    return replace(
        entry,
        serial=f"{SCHEMES[protocol]}://{_where(console, 'host')}",
        baud=console.params.get("speed") or entry.baud,
        probe_id=f"remote:{_where(probe, 'address')}",
    )


def _the(cls: str, place: str, resources: Sequence[Resource]) -> Resource:
    found = [each for each in resources if each.cls == cls]
    if len(found) > 1:
        found = [each for each in found if each.name == PROBE_NAME] or found
    if len(found) != 1:
        have = ", ".join(each.path for each in resources) or "nothing"
        what = "the console" if cls == CONSOLE else "the probe (a `pyocd server`)"
        few = "no" if not found else f"{len(found)} times"
        raise BenchError(
            f"labgrid place {place} has {few} {cls} for {what}; it has {have}",
            f"export one and add it: `labgrid-client -p {place} add-match EXPORTER/GROUP/{cls}`"
            + (f"; of several services the one named {PROBE_NAME} is taken" if cls == PROBE else ""),
        )
    only = found[0]
    if not only.available:
        raise BenchError(
            f"labgrid place {place}: {only.path} is not there: its exporter does not find it",
            f"see whether it is plugged in at {_exporter(only)}, and what its labgrid-exporter prints",
        )
    if only.isolated:
        raise BenchError(
            f"labgrid place {place}: {only.path} is reached through ssh only, which the rig does not do",
            f"start labgrid-exporter on {_exporter(only)} without --isolated",
        )
    return only


def _where(resource: Resource, host: str) -> str:
    """`host:port`."""
    named = resource.params.get(host), resource.params.get("port")
    if not all(named):
        raise BenchError(
            f"{resource.path} has no {host} or no port",
            f"give it `{host}` and `port` in the exporter's file on {_exporter(resource)}",
        )
    return ":".join(map(str, named))


def _exporter(resource: Resource) -> str:
    return resource.path.split("/")[0]
