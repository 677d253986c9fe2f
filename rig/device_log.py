"""What a device says and what happens to it, into the journal; its console's bytes as they are, into a file."""

from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from central_system.events import WireEvent
from rig.console.reader import ConsoleReader
from rig.console.records import ConsoleLine, LineKind
from rig.journal.events import DeviceChange, DeviceEvent, Noise
from rig.journal.journal import Journal


class DeviceLog:
    """The methods of a `Sink`.

    Of a device that outlives runs nothing counts that is of the image before: on the wire, what came before its reset
    and on a connection opened before it; on the console, what came before its boot banner, for an adapter holds some.
    """

    def __init__(self, journal: Journal, console: Path, *, outlives_runs: bool) -> None:
        self.pid: int | None = None
        self._journal = journal
        self._raw = console.open("ab", buffering=0)
        self._reader = ConsoleReader()
        self._console_counts_from: Literal["forget", "banner", "always"] = "forget" if outlives_runs else "always"
        self._wire_counts = not outlives_runs
        self._old_connections: set[int] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _t: type[BaseException] | None, _e: BaseException | None, _tb: TracebackType | None) -> None:
        self._deliver(self._reader.close())
        self._raw.close()

    def console(self, data: bytes) -> None:
        """Bytes of the console."""
        self._raw.write(data)
        self._deliver(self._reader.feed(data))

    def noise(self, text: str) -> None:
        """A line that is not the firmware's."""
        self._journal.record(Noise(text))

    def exited(self, code: int) -> None:
        """The device ended by itself."""
        self._journal.record(DeviceEvent("exited", self.pid, code))

    def forget(self) -> None:
        """What the console brought until now is not of the boot that follows."""
        if self._console_counts_from == "forget":
            self._deliver(self._reader.close())
            self._reader = ConsoleReader()
            self._console_counts_from = "banner"

    def changed(self, what: DeviceChange) -> None:
        """Something was done to the device."""
        self._wire_counts = self._wire_counts or what == "reset"
        self._journal.record(DeviceEvent(what, self.pid))

    def wire(self, event: WireEvent) -> None:
        """Something happened on the wire."""
        connection: int | None = getattr(event, "connection", None)
        if self._wire_counts and connection not in self._old_connections:
            self._journal.record(event)
            return
        if connection is not None:
            self._old_connections.add(connection)
        self._journal.record(Noise(f"on the wire, of what ran before the reset: {event}"))

    def _deliver(self, lines: list[ConsoleLine]) -> None:
        for line in lines:
            if self._console_counts_from == "banner" and line.what is LineKind.BOOT:
                self._console_counts_from = "always"
            self._journal.record(line if self._console_counts_from == "always" else Noise(line.text))
