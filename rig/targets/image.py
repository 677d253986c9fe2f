"""What a firmware image tells of the device that runs it."""

from firmware_build import Firmware
from rig.targets.base import DeviceFacts, Endpoints


def facts_of_image(
    firmware: Firmware,
    *,
    target: str,
    ratio: float,
    build_source: str,
    address: str,
    has_dhcp: bool,
    network_s: float,
    clock_error: float,
) -> DeviceFacts:
    """The facts of a device that runs `firmware`; for the report: file, Zephyr revision and footprint (bytes)."""
    return DeviceFacts(
        target=target,
        board=firmware.board,
        ratio=ratio,
        clock_error=clock_error,
        has_dhcp=has_dhcp,
        endpoints=Endpoints(address, firmware.ocpp_port, firmware.ocpp_path, firmware.sntp_port),
        network_s=network_s,
        build=firmware.build,
        build_source=build_source,
        firmware_version=firmware.zephyr_version,
        facts={
            "image": str(firmware.image),
            "zephyr_revision": firmware.zephyr_revision,
            "flash": firmware.footprint.flash,
            "ram": firmware.footprint.ram,
        },
    )


def configuration_of(firmware: Firmware) -> dict[str, str]:
    """The image's Kconfig as a file for the run folder; none where it is not known."""
    if not firmware.config:
        return {}
    return {"firmware.config": "".join(f"{key}={value}\n" for key, value in firmware.config.items())}
