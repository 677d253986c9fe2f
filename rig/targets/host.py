"""A target that is a process of this host with a pseudo-terminal for its console."""

from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path

from rig.targets.base import Endpoints, Sink, Target
from rig.targets.process import DeviceProcess, Lines, Pty


class HostProcess(Target):
    """Starts `command`, reads its console, ends its whole process group."""

    def __init__(self) -> None:
        self._process: DeviceProcess | None = None
        self._console: Pty | None = None
        self._noise: Lines | None = None
        self._sink: Sink | None = None

    @abstractmethod
    def command(self, folder: Path, endpoints: Endpoints, console: str) -> Sequence[str]:
        """What to start; `console` is the path of the pseudo-terminal, `folder` that of the run."""

    #: Whether the process is an emulator, with the console on a terminal of its own and its own messages on stderr.
    emulator = False

    def inherited_fds(self) -> Sequence[int]:
        """File descriptors that the process is to inherit."""
        return ()

    async def start(self, folder: Path, endpoints: Endpoints, sink: Sink) -> int:
        """Open the console, then start the process. See `Target.start`."""
        self._sink = sink
        self._console = Pty(sink.console)
        output = self._console.slave
        if self.emulator:
            self._noise = Lines(sink.noise)
            output = self._noise.write_end
        command = self.command(folder, endpoints, self._console.path)
        self._process = DeviceProcess(command, stdout=output, stderr=output, pass_fds=self.inherited_fds())
        self._process.exited = sink.exited
        return self._process.pid

    async def stop(self) -> None:
        """End the process, deliver the rest of its output, close everything. See `Target.stop`."""
        if self._process:
            await self._process.stop()
        for source in (self._console, self._noise):
            if source:
                source.close()
        self._process = self._console = self._noise = None
