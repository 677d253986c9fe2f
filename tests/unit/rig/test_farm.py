"""What needs no labgrid: its resources as a device, `--place` in its forms, devices and pytest-xdist's workers."""

from pathlib import Path
from typing import Any

import pytest

from rig.bench.device import Device
from rig.errors import BenchError, UsageError
from rig.farm.resources import Resource, device_of
from rig.farm.tags import Asked
from rig.pytest_workers import Controller

ENTRY = Device("0672FF", "stm32f769i_disco", baud=115_200, place="disco1")


def resource(cls: str, name: str = "", *, available: bool = True, isolated: bool = False, **params: Any) -> Resource:
    defaults = {
        "NetworkSerialPort": {"host": "bench1", "port": 4001, "protocol": "raw"},
        "NetworkService": {"address": "bench1", "port": 5555},
    }
    path = f"bench1/disco1/{cls}/{name or cls}"
    return Resource(path, cls, name or cls, {**defaults.get(cls, {}), **params}, available, isolated)


CONSOLE, PROBE = resource("NetworkSerialPort"), resource("NetworkService")


def test_a_raw_serial_port_is_a_socket_and_a_service_is_a_remote_probe() -> None:
    device = device_of("disco1", ENTRY, [CONSOLE, PROBE])
    assert (device.serial, device.baud, device.probe) == ("socket://bench1:4001", 115_200, "remote:bench1:5555")


def test_a_serial_port_without_a_protocol_speaks_rfc2217_as_labgrid_has_it() -> None:
    port = resource("NetworkSerialPort", protocol=None, speed=921_600)
    device = device_of("disco1", ENTRY, [port, PROBE])
    assert (device.serial, device.baud) == ("rfc2217://bench1:4001", 921_600)


def test_of_several_services_the_one_that_is_named_pyocd_is_the_probe() -> None:
    services = [resource("NetworkService", "ssh", port=22), resource("NetworkService", "pyocd", port=5556)]
    assert device_of("disco1", ENTRY, [CONSOLE, *services]).probe == "remote:bench1:5556"


@pytest.mark.parametrize(
    ("resources", "message", "cure"),
    [
        ([PROBE], "no NetworkSerialPort for the console", "add-match"),
        ([CONSOLE], "no NetworkService for the probe", "add-match"),
        ([CONSOLE, CONSOLE, PROBE], "2 times NetworkSerialPort", "add-match"),
        ([CONSOLE, PROBE, PROBE], "2 times NetworkService", "named pyocd"),
        ([resource("NetworkSerialPort", available=False), PROBE], "is not there", "plugged in"),
        ([CONSOLE, resource("NetworkService", isolated=True)], "ssh only", "--isolated"),
        ([resource("NetworkSerialPort", protocol="telnet"), PROBE], "speaks 'telnet'", "protocol: raw"),
        ([CONSOLE, resource("NetworkService", port=None)], "no address or no port", "exporter's file on bench1"),
    ],
)
def test_a_place_that_lacks_something_is_refused_with_the_cure(
    resources: list[Resource], message: str, cure: str
) -> None:
    with pytest.raises(BenchError) as refused:
        device_of("disco1", ENTRY, resources)
    assert message in refused.value.message
    assert cure in refused.value.cure


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("disco1", Asked("disco1")),
        ("disco1+ABC", Asked("disco1", "ABC")),
        ("board=disco_f769,rack=2", Asked(tags=(("board", "disco_f769"), ("rack", "2")))),
    ],
)
def test_place_names_a_place_a_reserved_place_or_tags(text: str, asked: Asked) -> None:
    assert Asked.of(text) == asked
    assert str(asked) == text


@pytest.mark.parametrize("text", ["board=", "=disco", "board=disco,disco1"])
def test_half_a_tag_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="NAME=VALUE"):
        Asked.of(text)


def test_all_tests_of_a_device_go_to_one_worker_however_its_name_begins() -> None:
    controller = Controller(["disco", "disco-2"], Path(), [])
    ids = ["test_lifecycle[disco-boot.banner]", "test_lifecycle[disco-2-boot.banner]", "test_other[disco-2]"]
    assert [controller.device_of(f"tests/hil/test_lifecycle.py::{each}") for each in ids] == [
        "disco",
        "disco-2",
        "disco-2",
    ]


def test_where_there_is_one_device_all_tests_go_to_one_worker() -> None:
    controller = Controller(["native_sim"], Path(), [])
    assert {controller.device_of(f"test_lifecycle.py::test_lifecycle[{each}]") for each in ("boot", "clock")} == {""}
