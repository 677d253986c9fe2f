"""The command `ocpp-rig`, a file for each of its subcommands."""
