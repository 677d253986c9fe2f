"""What is printed while a central system serves holds up nobody."""

import logging
import threading

from rig.telling import Teller, ToTeller


def test_lines_are_printed_in_their_order() -> None:
    printed: list[str] = []
    with Teller(printed.append) as tell:
        for n in range(100):
            tell(str(n))
    assert printed == [str(n) for n in range(100)]


def test_a_reader_that_does_not_read_holds_up_nobody() -> None:
    printed: list[str] = []
    reading, stuck = threading.Event(), threading.Event()

    def say(line: str) -> None:
        stuck.set()
        reading.wait()
        printed.append(line)

    with Teller(say, lines=2) as tell:
        tell("first")
        stuck.wait()
        for n in range(5):
            tell(str(n))
        reading.set()
    with Teller(printed.append, lines=2) as tell:
        tell("alone")
    assert printed == ["first", "0", "1", "alone"]


def test_what_was_left_out_is_counted() -> None:
    printed: list[str] = []
    reading, stuck, caught_up = threading.Event(), threading.Event(), threading.Event()

    def say(line: str) -> None:
        stuck.set()
        reading.wait()
        printed.append(line)
        if line == "1":
            caught_up.set()

    with Teller(say, lines=2) as tell:
        tell("first")
        stuck.wait()
        for n in range(5):
            tell(str(n))
        reading.set()
        caught_up.wait()
        tell("again")
    assert printed == ["first", "0", "1", "3 lines were left out, for nobody read them", "again"]


def test_a_warning_of_any_library_is_told_with_its_traceback() -> None:
    told: list[str] = []
    log = logging.getLogger("somebody.else")
    handler = ToTeller(told.append)
    log.addHandler(handler)
    try:
        log.info("nothing to see")
        try:
            int("broken")
        except ValueError:
            log.exception("it failed")
    finally:
        log.removeHandler(handler)
    (line,) = told
    assert line.startswith("ERROR somebody.else: it failed\nTraceback")
    assert line.endswith("'broken'")
