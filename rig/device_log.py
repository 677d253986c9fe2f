"""What a device says and what happens to it, into the journal; its console's bytes as they are, into a file."""

from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from rig.console.reader import ConsoleReader
from rig.console.records import ConsoleLine, LineKind
from rig.journal.events import DeviceChange, DeviceEvent, Noise
from rig.journal.journal import Journal


class DeviceLog:
    """The methods of a `Sink`.

    Of a device that outlives runs nothing counts before it is reset, and then nothing before the boot banner: what its
    adapter still holds is of the image before.
    """

    def __init__(self, journal: Journal, console: Path, *, outlives_runs: bool) -> None:
        self.pid: int | None = None
        self._journal = journal
        self._raw = console.open("ab", buffering=0)
        self._reader = ConsoleReader()
        self._counts_from: Literal["reset", "banner", "always"] = "always" if not outlives_runs else "reset"

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

    def changed(self, what: DeviceChange) -> None:
        """Something was done to the device."""
        if what == "reset" and self._counts_from == "reset":
            self._deliver(self._reader.close())
            self._reader = ConsoleReader()
            self._counts_from = "banner"
        self._journal.record(DeviceEvent(what, self.pid))

    def _deliver(self, lines: list[ConsoleLine]) -> None:
        for line in lines:
            if self._counts_from == "banner" and line.what is LineKind.BOOT:
                self._counts_from = "always"
            self._journal.record(line if self._counts_from == "always" else Noise(line.text))
