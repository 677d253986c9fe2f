"""`ocpp-rig virtual-board`: an STM32F769I-DISCO for pyOCD, without the board."""

import argparse

from rig.virtual_board.main import add_options, run


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add this command to the command line."""
    command = commands.add_parser("virtual-board", help="be a virtual STM32F769I-DISCO until interrupted")
    add_options(command)
    command.set_defaults(call=run)
