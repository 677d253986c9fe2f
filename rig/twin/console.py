"""The charge point's serial console, in the text format of Zephyr's deferred logging."""

from collections.abc import Callable

from rig.twin.clock import DeviceClock

_RESET = "\x1b[0m"
_RED = "\x1b[1;31m"

# What an mps2/an385 printed when the real firmware jumped to address 0.
_FATAL_ERROR = (
    "***** USAGE FAULT *****",
    "  Illegal use of the EPSR",
    "r0/a1:  0x00000000  r1/a2:  0x00000000  r2/a3:  0x00000007",
    "r3/a4:  0x00000000 r12/ip:  0x00000000 r14/lr:  0x01000000",
    " xpsr:  0x80000000",
    "Faulting instruction address (r15/pc): 0x00000000",
    ">>> ZEPHYR FATAL ERROR 35: Unknown error on CPU 0",
    "Current thread: 0x200009f0 (unknown)",
)


class Console:
    """Prints lines as the firmware does; every line leaves at once, ended by CR LF as on a UART."""

    def __init__(self, write: Callable[[bytes], object], clock: DeviceClock) -> None:
        self._write = write
        self._clock = clock

    def printk(self, text: str) -> None:
        """Print a line that is no log message."""
        # A host name or an idTag may hold anything; a console that fails over it would be no console.
        self._write(f"{text}\n".replace("\n", "\r\n").encode(errors="replace"))

    def info(self, module: str, text: str) -> None:
        """Log at level ``inf``; a text that ends in a newline leaves a line with a colour reset."""
        self._log(_RESET, "inf", module, text)

    def error(self, module: str, text: str) -> None:
        """Log at level ``err``."""
        self._log(_RED, "err", module, text)

    def fatal_error(self, *, halting: bool) -> None:
        """Print what Zephyr prints at a fatal error, and when it then halts."""
        for line in _FATAL_ERROR:
            self.error("os", line)
        if halting:
            self.error("os", "Halting system")

    def dropped(self, count: int) -> None:
        """Print Zephyr's notice that ``count`` log messages were lost."""
        self.printk(f"{_RED}--- {count} messages dropped ---\n{_RESET}")

    def _log(self, colour: str, level: str, module: str, text: str) -> None:
        microseconds = int(self._clock.now() * 1_000_000)
        seconds, fraction = divmod(microseconds, 1_000_000)
        minutes, seconds = divmod(seconds, 60)
        hours, minutes = divmod(minutes, 60)
        milliseconds, rest = divmod(fraction, 1000)
        stamp = f"[{hours:02}:{minutes:02}:{seconds:02}.{milliseconds:03},{rest:03}]"
        self.printk(f"{stamp} {colour}<{level}> {module}: {text}{_RESET}")
