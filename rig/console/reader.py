"""Bytes from a console, cut anywhere, to `ConsoleLine`s.

Formats: Zephyr `subsys/logging/log_output.c` (deferred, immediate and minimal text output, with or without colours,
any of its time stamps), `kernel/banner.c`, `arch/*/core/fatal.c`, and the sanitizers of LLVM and GCC.
"""

import re

from rig.console.records import ConsoleLine, LineKind

LONGEST_LINE = 4096
"""Bytes. Zephyr's longest log line is far shorter: more than this without an end is garbage, passed on in pieces."""

LINE_END = re.compile(rb"[\r\n]")
# ECMA-48 control sequences (colours, cursor), and their beginning or end where a reset cut them off.
ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]?|[@-Z\\-_]?)")
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")

BANNER = re.compile(r"\*\*\* (?:Booting Zephyr OS|Using Zephyr OS|Booting)\b.*?\*\*\*")
BUILD = re.compile(r"Zephyr OS (?:build|version) (?P<build>\S+)")
LOG = re.compile(
    r"""^(?:\[(?P<stamp>[^\]]{1,40})\]\s+)?      # [00:00:02.030,000] or [1d, 00:00:02.030,000] or [0000012345]
        <(?P<level>inf|err|wrn|dbg)>\s
        (?P<module>[^\s:][^:]*):\s?
        (?P<message>.*)$""",
    re.VERBOSE,
)
CLOCK = re.compile(
    r"^(?:(?P<days>\d+)d,?\s*)?(?P<h>\d+):(?P<m>\d+):(?P<s>\d+)(?:[.,](?P<ms>\d{1,3}))?(?:,(?P<us>\d{1,3}))?$"
)
DROPPED = re.compile(r"^--- \d+ messages dropped ---$")
FATAL = re.compile(
    r"ZEPHYR FATAL ERROR|\*{3,} \w[\w -]* \*{3,}|ASSERTION FAIL|Halting system|Kernel panic|Stack overflow|"
    r"stack smashing|Segmentation fault|Page fault at address|Current thread: 0x|Faulting instruction address|"
    r"CPU exception"
)
SANITIZER = re.compile(
    r"(?:Address|Leak|Memory|Thread|UndefinedBehavior)Sanitizer|runtime error: |^==\d+==\s*(?:ERROR|ABORTING|HINT)"
)


def device_seconds(stamp: str) -> float | None:
    """Seconds since boot of a log time stamp; None for a raw cycle count, whose unit the console does not tell."""
    if not (match := CLOCK.match(stamp.strip())):
        return None
    days, hours, minutes, seconds, ms, us = (int(part or 0) for part in match.groups())
    return round(((days * 24 + hours) * 60 + minutes) * 60 + seconds + ms / 1e3 + us / 1e6, 6)


class ConsoleReader:
    """Feed it bytes, get whole lines; `close` gives the one that was never finished.

    Empty lines are no lines: a colour reset between two line ends says nothing, and CR, LF, CR LF and LF CR all end
    one. A boot banner in the middle of a line is a reset, and starts a line of its own.
    """

    def __init__(self) -> None:
        self._pending = b""
        self._boots = 0

    def feed(self, data: bytes) -> list[ConsoleLine]:
        """Take the next bytes; return the lines that they complete, in order."""
        *ended, self._pending = LINE_END.split(self._pending + data)
        lines = [line for raw in ended for line in self._lines(raw)]
        while len(self._pending) > LONGEST_LINE:
            piece, self._pending = self._pending[:LONGEST_LINE], self._pending[LONGEST_LINE:]
            lines += self._lines(piece, whole=False)
        return lines

    def close(self) -> list[ConsoleLine]:
        """The console ended; return what stood in an unfinished line."""
        rest, self._pending = self._pending, b""
        return self._lines(rest, whole=False)

    def _lines(self, raw: bytes, *, whole: bool = True) -> list[ConsoleLine]:
        if len(raw) > LONGEST_LINE:
            return self._lines(raw[:LONGEST_LINE], whole=False) + self._lines(raw[LONGEST_LINE:], whole=whole)
        text = ESCAPES.sub("", raw.decode("utf-8", "backslashreplace"))
        text = CONTROLS.sub(lambda match: f"\\x{ord(match[0]):02x}", text).rstrip()
        banner = BANNER.search(text)
        if banner and banner.start():
            # The rest of the line that a reset cut off comes first, and has no end of its own.
            before = [self._line(text[: banner.start()].rstrip(), whole=False)]
            return [line for line in before if line.text] + [self._line(text[banner.start() :], whole=whole)]
        return [self._line(text, whole=whole)] if text else []

    def _line(self, text: str, *, whole: bool) -> ConsoleLine:
        if banner := BANNER.match(text):
            self._boots += 1
            build = BUILD.search(banner[0])
            return ConsoleLine(LineKind.BOOT, text, self._boots, message=build["build"] if build else None, whole=whole)
        fatal = LineKind.FATAL if FATAL.search(text) else None
        if match := LOG.match(text):
            return ConsoleLine(
                fatal or LineKind.LOG,
                text,
                self._boots,
                device_s=device_seconds(match["stamp"] or ""),
                level=match["level"],
                module=match["module"],
                message=match["message"].rstrip(),
                whole=whole,
            )
        what = LineKind.DROPPED if DROPPED.match(text) else LineKind.SANITIZER if SANITIZER.search(text) else fatal
        return ConsoleLine(what or LineKind.TEXT, text, self._boots, whole=whole)
