"""`ocpp-rig serve`: the central system alone, for a bench."""

import argparse
import os
from pathlib import Path

from central_system.sntp_faults import catalogue

DESCRIPTION = """\
Host the central system, an SNTP server and the operator's page until Ctrl-C: what SteVe is to Zephyr's sample, alone.

  ocpp-rig serve                                       for a charge point on this machine (native_sim, QEMU)
  ocpp-rig serve --host 0.0.0.0                        for boards on the network; the page stays on this machine
  ocpp-rig serve --web-host 0.0.0.0                    the page for a phone: with a token, which is printed
  ocpp-rig serve --database postgresql+psycopg://user@host/ocpp

Charge points, tags, transactions and every meter value are kept in a database and survive whatever ends the server. A
new one knows Zephyr's sample: the charge point `zephyr` and the tags ZepId00 and ZepId01; more are registered on the
page.
"""


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add this command to the command line."""
    command = commands.add_parser(
        "serve",
        help="the central system alone, with its operator's page",
        description=DESCRIPTION,
        epilog="SNTP faults:\n" + catalogue(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.set_defaults(call=serve)
    option = command.add_argument
    option("--host", default="127.0.0.1", metavar="ADDRESS", help="where charge points connect (default: %(default)s)")
    option("--port", type=int, default=8180, metavar="N", help="TCP port for charge points (default: %(default)s)")
    option(
        "--sntp-port", type=_port_or_none, default=123, metavar="N", help="UDP port of SNTP, or `none` (default: 123)"
    )
    option(
        "--sntp-fault", action="append", default=[], metavar="FAULT", help="answer SNTP wrongly in this way; see below"
    )
    option("--web-host", default="127.0.0.1", metavar="ADDRESS", help="where the page listens (default: %(default)s)")
    option("--web-port", type=_port_or_none, default=8080, metavar="N", help="its TCP port, or `none` (default: 8080)")
    option(
        "--token-file", type=Path, metavar="FILE", help="the page's token, where it is not on loopback; else made up"
    )
    option("--database", metavar="URL", help=f"SQLAlchemy URL (default: sqlite:///{default_database()})")
    rules = command.add_argument_group("rules", "for whom nobody registered")
    rules.add_argument("--strangers", action="store_true", help="let in every charge point, whatever its identity")
    rules.add_argument(
        "--unknown-tags",
        choices=("Accepted", "Blocked", "Expired", "Invalid"),
        default="Invalid",
        help="what an idTag is that nobody registered (default: %(default)s)",
    )
    security = command.add_argument_group("security", "docs/security.md; passwords are set on the page")
    security.add_argument("--tls-certificate", type=Path, metavar="FILE", help="serve TLS with this certificate (PEM)")
    security.add_argument("--tls-key", type=Path, metavar="FILE", help="its private key (PEM)")
    security.add_argument("--client-ca", type=Path, metavar="FILE", help="ask for client certificates of this CA")
    security.add_argument("--strict-subprotocol", action="store_true", help="refuse who does not offer ocpp1.6")


def serve(arguments: argparse.Namespace) -> int:
    """Serve until Ctrl-C or SIGTERM. Returns 0.

    Raises:
        UsageError: the options do not fit together.
        BenchError: a port, the certificate or the storage cannot be had.
    """
    from rig.serving import serve as serve_  # noqa: PLC0415  (database and web server: half a second, for nobody else)

    return serve_(arguments)


def default_database() -> Path:
    """Where the database is unless told otherwise, by the XDG base directory specification."""
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "ocpp-rig" / "central-system.db"


def _port_or_none(text: str) -> int | None:
    return None if text == "none" else int(text)
