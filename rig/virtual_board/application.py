"""What a board runs: the twin, if the flash holds an image that is known, bit for bit."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from intelhex import IntelHex, IntelHexError

from firmware_build import BuildError, Firmware, load_firmware
from firmware_build.folder import finished_builds
from rig.targets.process import die_with_parent
from rig.virtual_board import BOARD

ReadFlash = Callable[[int, int], bytes]


class KnownImages:
    """The images for this board in the given firmware folders and in the rig's build cache."""

    def __init__(self, folders: Sequence[Path], environ: Mapping[str, str]) -> None:
        self._folders = tuple(folders)
        self._environ = dict(environ)

    def recognise(self, content: bytes, base: int) -> Firmware | None:
        """The image of which every byte is in this flash, which begins at `base`; None where it is none of them."""
        for firmware in self._candidates():
            banner = f"Booting Zephyr OS build {firmware.build} ".encode()
            if firmware.hex and banner in content and _holds(content, base, firmware.hex):
                return firmware
        return None

    def _candidates(self) -> Iterator[Firmware]:
        for folder in (*self._folders, *finished_builds(self._environ)):
            try:
                firmware = load_firmware(folder)
            except BuildError:
                continue
            if firmware.board == BOARD:
                yield firmware


def _holds(content: bytes, base: int, hex_file: Path) -> bool:
    try:
        image = IntelHex(str(hex_file))
    except (OSError, IntelHexError):  # being built anew, perhaps
        return False
    return all(
        content[start - base : end - base] == image.tobinarray(start=start, end=end - 1).tobytes()
        for start, end in image.segments()
    )


class RunningTwin:
    """The twin in the place of `firmware`. Its console is to be read from `output`, a non-blocking file descriptor."""

    def __init__(self, firmware: Firmware, *, ratio: float, defects: Sequence[str]) -> None:
        self.output, writing = os.pipe()
        os.set_blocking(self.output, False)
        configuration = _configuration(firmware)
        command = [sys.executable, "-P", "-m", "rig.twin", "--config", f"/proc/self/fd/{configuration}"]
        command += ["--build", str(firmware.build), "--time-scale", f"{ratio:g}"]
        command += [word for defect in defects for word in ("--defect", defect)]
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=writing,
                process_group=0,
                pass_fds=(configuration,),
                # The board has one thread, and the function below allocates nothing.
                preexec_fn=die_with_parent(os.getpid()),  # noqa: PLW1509
            )
        finally:
            os.close(writing)
            os.close(configuration)

    def pause(self) -> None:
        """The debugger halts the core; it has stopped when this returns."""
        self._process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self._process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)

    def resume(self) -> None:
        """The debugger lets it run again."""
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """A reset leaves it no time."""
        self._process.kill()
        self._process.wait()
        os.close(self.output)


def _configuration(firmware: Firmware) -> int:
    """The twin's prj.conf as a file without a name, so that nothing of it can be left behind."""
    text = (
        f'CONFIG_BOARD="{firmware.board}"\n'
        f'CONFIG_NET_SAMPLE_OCPP_SERVER="{firmware.server_address}"\n'
        f"CONFIG_NET_SAMPLE_OCPP_PORT={firmware.ocpp_port}\n"
        f'CONFIG_NET_SAMPLE_OCPP_WS_PATH="{firmware.ocpp_path}"\n'
        f'CONFIG_NET_SAMPLE_SNTP_SERVER="{firmware.sntp_address}"\n'
        f"CONFIG_NET_SAMPLE_SNTP_SERVER_PORT={firmware.sntp_port}\n"
    )
    file = os.memfd_create("prj.conf")
    os.write(file, text.encode())
    return file
