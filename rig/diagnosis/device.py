"""A charge point that crashed, ended, restarted, ran out of memory or lost its words, and a host too busy for it."""

import re
import signal
from typing import NamedTuple

from rig.checks.documented import ANSWER_LIMIT_S
from rig.console.milestones import Milestone
from rig.console.records import ConsoleLine, LineKind
from rig.diagnosis.course import ON_A_CABLE, console_lines, restarts
from rig.diagnosis.sign import OF_THE_DEVICE, Found, found, sign
from rig.journal.codec import Entry
from rig.journal.events import DeviceEvent, Lateness
from rig.journal.messages import Message
from rig.journal.recording import Recording

MESSAGE_SHOWN = 120
JUST_BEFORE_S = 2.0
"""Device seconds; deferred logging brings a fatal error to the console up to one second after it."""
OUT_OF_MEMORY = r"ocpp (?:init failed|open ses \S+ \d+> res) -12\b"
"""ENOMEM, as main.c tells of it."""
PROGRAM_COUNTER = re.compile(r"(?:\(r15/pc\):|EIP:|RIP:|mepc:) *(0x[0-9a-f]+)")
SIGNAL_BASE = 128
"""A shell's exit code for a program that a signal ended is this and the signal's number."""


class Kind(NamedTuple):
    """A kind of fatal error: what its lines say, what that means, and what to do next."""

    pattern: str
    cause: str
    next_step: str


KINDS = (
    Kind(
        r"[Ss]tack overflow|stack smashing|[Ss]tacking error|stack-buffer",
        "a thread overran its stack",
        "run with --fragment stack-usage, which shows how much each thread uses, and enlarge the stack of the thread "
        "named (CONFIG_OCPP_INT_THREAD_STACKSIZE, CONFIG_OCPP_WSREADER_THREAD_STACKSIZE, CONFIG_MAIN_STACK_SIZE)",
    ),
    Kind(
        r"Sanitizer|runtime error:",
        "a sanitizer stopped it at a fault in memory or arithmetic",
        "go to the place in the source that its report names",
    ),
    Kind(
        r"ASSERTION FAIL",
        "one of Zephyr's assertions does not hold",
        "go to the place in the source that the assertion names",
    ),
    Kind(
        r"[Aa]ddress:? 0(?:x0+)?\b|\(r15/pc\): 0x0+\b|EIP: 0x0+\b|Illegal use of the EPSR",
        "a null pointer was followed or called",
        "see whether it goes away with --fragment larger-heap (an allocation that failed leaves one); on native_sim, "
        "--fragment sanitizers names the place",
    ),
    Kind(
        r"",
        "the processor met an instruction or an address that it cannot use",
        "run on native_sim with --fragment sanitizers, which names the place, and with --fragment larger-heap",
    ),
)
"""The first whose pattern occurs in the lines counts."""


def _last_said_to_it(recording: Recording, before: Entry) -> Message | None:
    """What the central system had sent just before: an answer or a request may be what the firmware trips over."""
    said = [message for message in recording.messages if message.sender == "CS>" and message.n < before.n]
    return said[-1] if said and recording.device_s(before.t - said[-1].t) <= JUST_BEFORE_S else None


def _after(message: Message | None) -> str:
    return f"; the last message to it was {message.raw[:MESSAGE_SHOWN]}" if message else ""


def _fatal_lines(recording: Recording) -> list[tuple[Entry, ConsoleLine]]:
    return [(e, line) for e, line in recording.console if line.what in {LineKind.FATAL, LineKind.SANITIZER}]


@sign("Zephyr, kernel/fatal.c and arch/*/core/fatal.c", OF_THE_DEVICE)
def fatal(recording: Recording) -> Found | None:
    """The firmware met a fatal error."""
    lines = _fatal_lines(recording)
    if not lines:
        return None
    first = lines[0][0]
    # Registers and call trace are lines of their own that tell nothing by themselves.
    text = "\n".join(line.text for entry, line in recording.console if first.n <= entry.n <= lines[-1][0].n)
    kind = next(kind for kind in KINDS if re.search(kind.pattern, text))
    next_step = kind.next_step
    message = _last_said_to_it(recording, first)
    counter = PROGRAM_COUNTER.search(text)
    if counter and int(counter[1], 16):
        next_step += f". The place: addr2line -fe zephyr.elf {counter[1]}"
    halted = any("Halting system" in line.text for _, line in lines)
    then = "; it halted and needs a reset" if halted else ""
    return found(f"{kind.cause}{then}{_after(message)}", next_step, [message, *(entry for entry, _ in lines)])


@sign("samples/net/ocpp, main.c: it serves remote commands for 20 minutes; signal(7)", OF_THE_DEVICE)
def died(recording: Recording) -> Found | None:
    """The charge point's process ended by itself."""
    ends = [(entry, event) for entry, event in recording.all(DeviceEvent) if event.what == "exited"]
    if not ends or _fatal_lines(recording):
        return None
    entry, event = ends[0]
    code = event.returncode or 0
    number = -code if code < 0 else code - SIGNAL_BASE
    message = _last_said_to_it(recording, entry)
    evidence = [message, entry, *(e for e, _ in recording.console[-1:])]
    if number in set(signal.Signals):
        return found(
            f"it crashed without a word ({signal.Signals(number).name}){_after(message)}",
            "run with --fragment sanitizers, which names the place, and with --fragment larger-heap",
            evidence,
        )
    return found(
        f"it ended with exit code {code}{_after(message)}",
        "see the last lines of the console: an emulator or native_sim that ends by itself says why",
        evidence,
    )


@sign("samples/net/ocpp, README.rst: one boot, then the lifecycle", OF_THE_DEVICE)
def restarted(recording: Recording) -> Found | None:
    """The charge point restarted by itself."""
    again, boots = restarts(recording), recording.seen(Milestone.BOOT)
    if not again or _fatal_lines(recording):
        return None
    after_s = recording.device_s(again[0].t - boots[0][0].t)
    message = _last_said_to_it(recording, again[0])
    if recording.run.target == ON_A_CABLE:
        return found(
            f"{after_s:.1f} s after its boot it booted again, with no word of why: its supply dipped, something "
            f"pulled its reset, or a watchdog bit{_after(message)}",
            "power it from another USB port or a supply of its own, see that no debugger is attached besides the "
            "rig's, and read the reset cause (RCC_CSR)",
            [boots[0][0], message, *again],
        )
    return found(
        f"{after_s:.1f} s after its boot it booted again, with no word of why{_after(message)}",
        "see whether the image restarts at a fatal error (CONFIG_RESET_ON_FATAL_ERROR) or has a watchdog",
        [boots[0][0], message, *again],
    )


@sign(
    "samples/net/ocpp, prj.conf: CONFIG_HEAP_MEM_POOL_SIZE=15000; main.c: `ocpp init failed`, -12 is ENOMEM",
    OF_THE_DEVICE,
)
def out_of_memory(recording: Recording) -> Found | None:
    """The charge point has no memory left."""
    lines = console_lines(recording, OUT_OF_MEMORY)
    if not lines:
        return None
    return found(
        "the kernel's heap is too small for sessions and connection",
        "build with a larger heap (--fragment larger-heap)",
        [entry for entry, _ in lines],
    )


@sign("Zephyr, subsys/logging: `--- N messages dropped ---`", ("console.complete", "console.agrees"))
def dropped(recording: Recording) -> Found | None:
    """The console lost log messages."""
    lost = [(entry, line) for entry, line in recording.console if line.what is LineKind.DROPPED]
    if not lost:
        return None
    return found(
        f"the log's buffer was full: {lost[0][1].text.strip('- ')}. What is missing on the console may have happened",
        "build with a larger CONFIG_LOG_BUFFER_SIZE, or a faster console",
        [entry for entry, _ in lost],
    )


@sign("samples/net/ocpp, main.c: timeout_ms = 500, in device time", ("bench.host", "bench.answers"))
def host_late(recording: Recording) -> Found | None:
    """The host was too busy for this run to be judged by."""
    limit_s = ANSWER_LIMIT_S / recording.run.ratio
    late = [entry for entry, each in recording.all(Lateness) if each.late_s > limit_s]
    slow = [c for c in recording.calls_from_charge_point() if (c.answered_after_s or 0.0) > limit_s]
    if not late and not slow:
        return None
    slowest = max((call.answered_after_s or 0.0 for call in slow), default=0.0)
    return found(
        f"rig or device waited for a processor for up to {recording.latest_s * 1e3:.1f} ms, and the slowest answer "
        f"took {slowest * 1e3:.1f} ms, where the charge point waits {limit_s * 1e3:.3g} ms",
        "run it again with a smaller --ratio, or with less beside it",
        [*late[:5], *slow[:5]],
    )


DEVICE_SIGNS = (fatal, died, restarted, out_of_memory, dropped)
