"""`ocpp-rig serve` as on a bench, with what hangs on it: the twin, or a charge point that says what a test wants."""

import contextlib
import itertools
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from rig.network.namespace import command_in
from tests.browser.program import Program, running

SERVE = [sys.executable, "-m", "rig.cli", "serve"]

TIME_SCALE = 20


class Service:
    """A central system in a process of its own; `url` is where its page is.

    `namespace` is the network namespace that it runs in (None: this one), `ports` are those for charge points and SNTP
    (0: the kernel chooses).
    """

    def __init__(
        self, folder: Path, *options: str, namespace: str | None = None, ports: tuple[int, int] = (0, 0)
    ) -> None:
        self.folder = folder
        self._options = options
        self._namespace = namespace
        self.program = self._start(ports[0], 0, ports[1])
        self.port = self._port(r"ws://127\.0\.0\.1:(\d+)/")
        self.web_port = self._port(r"operator's page\s+http://[\d.]+:(\d+)/")
        self.sntp_port = self._port(r"SNTP\s+127\.0\.0\.1:(\d+)")
        self.url = f"http://127.0.0.1:{self.web_port}"

    def api(self, method: str, path: str, **options: Any) -> Any:  # noqa: ANN401  (any JSON)
        """What the JSON API answers."""
        response = httpx.request(method, self.url + path, timeout=30, trust_env=False, **options)
        response.raise_for_status()
        return response.json() if response.content else None

    def end(self) -> None:
        """End it."""
        self.program.end()

    def start_again(self) -> None:
        """Start it again, on the same ports and with the same database."""
        self.program = self._start(self.port, self.web_port, self.sntp_port)

    def _start(self, port: int, web_port: int, sntp_port: int) -> Program:
        ports = ["--port", str(port), "--web-port", str(web_port), "--sntp-port", str(sntp_port)]
        database = ["--database", f"sqlite:///{self.folder / 'central-system.db'}"]
        command = command_in(self._namespace, [*SERVE, *ports, *database, *self._options])
        program = Program(command, cwd=self.folder)
        try:
            program.says("Ctrl-C ends it")
        except BaseException:
            program.end()
            raise
        return program

    def _port(self, pattern: str) -> int:
        return int(self.program.says(pattern)[1])


@contextlib.contextmanager
def twin_of(service: Service, *options: str, time_scale: float = TIME_SCALE) -> Iterator[Program]:
    """The twin as the charge point `zephyr`, `time_scale` times as fast as real."""
    config = service.folder / "prj.conf"
    config.write_text(
        f"CONFIG_NET_SAMPLE_OCPP_PORT={service.port}\nCONFIG_NET_SAMPLE_SNTP_SERVER_PORT={service.sntp_port}\n"
    )
    command = [sys.executable, "-m", "rig.twin", "--config", str(config), "--time-scale", str(time_scale), *options]
    with running(command, cwd=service.folder) as twin:
        yield twin


@contextlib.contextmanager
def talking(service: Service, identity: str) -> Iterator["Talker"]:
    """A charge point that is connected, and sends what it is told to."""
    address = f"ws://127.0.0.1:{service.port}/{identity}"
    with connect(address, subprotocols=[Subprotocol("ocpp1.6")], compression=None) as connection:
        yield Talker(connection)


class Talker:
    """A charge point that sends what it is told to, be it as hostile as may be."""

    def __init__(self, connection: ClientConnection) -> None:
        self._ids = itertools.count(1)
        self._connection = connection

    def call(self, action: str, payload: dict[str, Any]) -> Any:  # noqa: ANN401  (any JSON)
        """Send a CALL; returns the message that comes back."""
        self._connection.send(json.dumps([2, str(next(self._ids)), action, payload]))
        return json.loads(self._connection.recv(30))

    def send(self, text: str) -> None:
        """Send a frame that need not be a message."""
        self._connection.send(text)

    def chatter(self, times: int) -> None:
        """Send so many Heartbeats at once, and hear all the answers."""
        for _ in range(times):
            self._connection.send(json.dumps([2, str(next(self._ids)), "Heartbeat", {}]))
        for _ in range(times):
            self._connection.recv(30)

    def boot(self, vendor: str = "Talker", model: str = "T1", **more: str) -> None:
        """Send BootNotification."""
        self.call("BootNotification", {"chargePointVendor": vendor, "chargePointModel": model, **more})
