"""Host a central system until somebody ends it: what `ocpp-rig serve` does."""

import argparse
import asyncio
import contextlib
import datetime as dt
import gc
import logging
import resource
import secrets
import sys
from collections.abc import Callable, Iterator
from urllib.parse import quote

from central_system.events import ConnectionClosed, ServerProblem, SntpExchange, TurnedAway, Upgrade, WireEvent
from central_system.ports import PortUnavailableError
from central_system.registry.rules import Rules
from central_system.security.limits import Limits
from central_system.security.tls import Tls, TlsError
from central_system.service import Service, Settings
from central_system.sntp_faults import SntpFaultError, SntpFaults
from central_system.storage.errors import StorageError
from rig.cli.serve import default_database
from rig.errors import BenchError, UsageError
from rig.interrupt import interruptible
from rig.telling import Teller, ToTeller

PORT_CURE = (
    "`ss -lntup` shows who has it; choose another with --port, --sntp-port or --web-port (`none`: leave it out); "
    "below 1024 it takes root, or `sudo sysctl net.ipv4.ip_unprivileged_port_start=123`"
)
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def serve(arguments: argparse.Namespace) -> int:
    """Serve until Ctrl-C or SIGTERM. Returns 0.

    Raises:
        UsageError: the options do not fit together.
        BenchError: a port, the certificate or the storage cannot be had.
    """
    _raise_descriptor_limit()  # how many may connect follows from it
    settings = _settings(arguments)
    with Teller() as tell, _log_told(tell):
        with contextlib.suppress(KeyboardInterrupt):
            try:
                asyncio.run(interruptible(_serve(settings, tell)))
            except PortUnavailableError as error:
                raise BenchError(error.problem, PORT_CURE) from error
            except (StorageError, TlsError) as error:
                raise BenchError(error.problem, error.cure) from error
        tell("stopped")
    return 0


@contextlib.contextmanager
def _log_told(tell: Callable[[str], object]) -> Iterator[None]:
    """What any library has to warn of is told, and not written on the way of a charge point's message."""
    handler = ToTeller(tell)
    logging.getLogger().addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)


async def _serve(settings: Settings, tell: Callable[[str], None]) -> None:
    async with Service(settings, observe=lambda event: _tell(event, tell)) as service:
        for line in _addresses(settings, service):
            tell(line)
        _answer_first()
        await asyncio.Event().wait()


def _settings(arguments: argparse.Namespace) -> Settings:
    try:
        faults = SntpFaults.parse(",".join(arguments.sntp_fault))
    except SntpFaultError as error:
        raise UsageError(str(error)) from error
    return Settings(
        storage=arguments.database or _default_storage(),
        host=arguments.host,
        port=arguments.port,
        sntp_port=arguments.sntp_port,
        sntp_faults=faults,
        web_host=arguments.web_host,
        web_port=arguments.web_port,
        web_token=_token(arguments),
        rules=Rules(strangers=arguments.strangers, unknown_tag=arguments.unknown_tags),
        limits=Limits.of_this_process(),
        tls=_tls(arguments),
        strict_subprotocol=arguments.strict_subprotocol,
    )


def _default_storage() -> str:
    """The default database; its folder is made.

    Raises:
        BenchError: it cannot be.
    """
    file = default_database()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BenchError(f"cannot make {file.parent}: {error.strerror}", "name a database with --database") from error
    return f"sqlite:///{file}"


def _token(arguments: argparse.Namespace) -> str | None:
    if arguments.token_file is not None:
        try:
            token: str = arguments.token_file.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise UsageError(f"cannot read the token in {arguments.token_file}: {error.strerror}") from error
        if not token:
            raise UsageError(f"{arguments.token_file} holds no token; write one line, say `openssl rand -hex 16`")
        return token
    return None if arguments.web_host in LOOPBACK else secrets.token_urlsafe(16)


def _tls(arguments: argparse.Namespace) -> Tls | None:
    certificate, key, ca = arguments.tls_certificate, arguments.tls_key, arguments.client_ca
    if certificate is None and key is None and ca is None:
        return None
    if certificate is None or key is None:
        raise UsageError("TLS needs both --tls-certificate and --tls-key")
    return Tls(certificate, key, ca)


def _addresses(settings: Settings, service: Service) -> list[str]:
    """What to tell whoever started it."""
    parts = service.parts
    scheme = "wss" if settings.tls else "ws"
    lines = [
        f"charge points    {scheme}://{settings.host}:{parts.central_system.port}/<identity>, or SteVe's path before it"
    ]
    if settings.host in LOOPBACK:
        lines.append("                 of this machine only; --host 0.0.0.0 lets in boards on the network")
    if service.web_port is not None:
        query = f"?token={quote(settings.web_token, safe='')}" if settings.web_token else ""
        lines.append(f"operator's page  http://{settings.web_host}:{service.web_port}/{query}")
    if parts.sntp:
        faults = str(settings.sntp_faults)
        lines.append(
            f"SNTP             {settings.host}:{parts.sntp.port}" + (f", with faults: {faults}" if faults else "")
        )
    return [*lines, f"database         {parts.storage.name}", "Ctrl-C ends it"]


def _tell(event: WireEvent, tell: Callable[[str], None]) -> None:
    """One line for what an operator would want to know; the page has all of it."""
    match event:
        case Upgrade(connection, path):
            line = f"connection {connection}: {path}"
        case ConnectionClosed(connection, by):
            line = f"connection {connection} closed by {'the charge point' if by == 'CP>' else 'the central system'}"
        case TurnedAway(charge_point=who, peer=peer, why=why):
            line = f"turned away {who or 'somebody'} at {peer}: {why}"
        case ServerProblem(who, message, problem):
            line = f"{who}: {problem}: {message[:120]}"
        case SntpExchange(peer=peer, reply=None):
            line = f"SNTP: no answer to {peer}"
        case _:
            return
    # A part of it may be what somebody sent, and it goes to a terminal.
    line = "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in line)
    tell(f"{dt.datetime.now(tz=dt.UTC).astimezone():%H:%M:%S}  {line}")


def _answer_first() -> None:
    """Keep the interpreter from what makes charge points wait: collections of garbage, and turns of other threads.

    What a server begins with is never garbage. Answering makes no cycles, but it renews some thirty objects of a
    connection with each message, and a collection looks at all of them: with 2,000 charge points for 40 ms, and every
    now and then at everything, for 250 ms. With this threshold one comes when some thousand connections have ended,
    whose cycles it is for.

    The thread that answers gives the interpreter away with each system call; where another one computes, for the page
    say, it waits so long for its next turn (5 ms by default).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 10, 10)
    sys.setswitchinterval(0.0005)


def _raise_descriptor_limit() -> None:
    """A charge point takes three descriptors; shells allow 1,024."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
