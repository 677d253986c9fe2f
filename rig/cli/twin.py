"""`ocpp-rig twin`: the twin alone, on this terminal."""

import argparse

from rig.twin.main import main as twin_main


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add this command to the command line."""
    command = commands.add_parser(
        "twin",
        help="run the twin alone, on this terminal; `--profile all` makes it a charge point with all of OCPP 1.6",
        description="Run the sample's documentation as a charge point in Python, with its console on this terminal.",
        add_help=False,
    )
    command.set_defaults(call=lambda arguments: twin_main(arguments.rest), knows_options_of_its_own=True)
