"""The firmware that a wish means: an image that is given, or one built for the run."""

from collections.abc import Mapping

from firmware_build import Firmware, build_firmware, find_workspace, firmware_from_file, read_sample
from rig.errors import UsageError
from rig.targets.wish import Wish

Value = str | int | bool


def given_firmware(wish: Wish, board: str | None) -> tuple[Firmware, str]:
    """The image of `--firmware`, for `board` (None: read from the image), and how its build is known.

    Raises:
        BuildError: there is no such image, or it is not that build or not for that board.
        UsageError: none was named.
    """
    if not wish.firmware:
        raise UsageError("no image was named; give one with --firmware")
    firmware = firmware_from_file(wish.firmware, wish.expect_build, board)
    read = "read from the image" if firmware.build else "to be learned from the first boot"
    return firmware, "given with --expect-build" if wish.expect_build else read


def built_firmware(wish: Wish, board: str, kconfig: Mapping[str, Value] | None = None) -> tuple[Firmware, str]:
    """The image built for `board` with the wish's fragments, port and the given Kconfig values, and where it is from.

    Raises:
        BuildError: it cannot be built.
    """
    values = dict(kconfig or {})
    if wish.port:
        values["CONFIG_NET_SAMPLE_OCPP_PORT"] = wish.port
        if read_sample(find_workspace()).sntp_port_configurable:
            # Its neighbour for SNTP, so that neither port is shared with another run.
            values["CONFIG_NET_SAMPLE_SNTP_SERVER_PORT"] = wish.port + 1
    firmware = build_firmware(board, fragments=tuple(wish.fragments), kconfig=values, on_line=wish.on_line)
    return firmware, "the image just built"
