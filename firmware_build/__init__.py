"""Make the firmware: a Zephyr workspace and Kconfig choices in, an image with its facts out.

::

    firmware = build_firmware("native_sim", kconfig={"CONFIG_NET_SAMPLE_OCPP_PORT": 9000})
    firmware.image  # the program to run
    firmware.build  # what its boot banner must show
"""

from firmware_build.boards import BOARDS, Board, find_board
from firmware_build.build import build_firmware
from firmware_build.configuration import Fragment, available_fragments, load_fragment
from firmware_build.elf import Footprint
from firmware_build.errors import (
    BuildError,
    BuildFailed,
    FragmentRefused,
    ImageRefused,
    SampleNotFound,
    ToolchainMissing,
    UnknownBoard,
    UnknownFragment,
    WorkspaceNotFound,
    WorkspaceRefused,
)
from firmware_build.firmware import Firmware, firmware_from_file, load_firmware
from firmware_build.interpreter import find_interpreter
from firmware_build.sample import Sample, read_sample
from firmware_build.toolchain import Missing, Toolchain, find_toolchain, missing_tools
from firmware_build.workspace import Workspace, find_workspace, init_workspace

__all__ = [
    "BOARDS",
    "Board",
    "BuildError",
    "BuildFailed",
    "Firmware",
    "Footprint",
    "Fragment",
    "FragmentRefused",
    "ImageRefused",
    "Missing",
    "Sample",
    "SampleNotFound",
    "Toolchain",
    "ToolchainMissing",
    "UnknownBoard",
    "UnknownFragment",
    "Workspace",
    "WorkspaceNotFound",
    "WorkspaceRefused",
    "available_fragments",
    "build_firmware",
    "find_board",
    "find_interpreter",
    "find_toolchain",
    "find_workspace",
    "firmware_from_file",
    "init_workspace",
    "load_firmware",
    "load_fragment",
    "missing_tools",
    "read_sample",
]
