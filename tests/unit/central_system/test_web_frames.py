"""The frame log as it is told."""

import pytest

from central_system.events import (
    ConnectionClosed,
    ConnectionOpened,
    Frame,
    ServerProblem,
    SntpExchange,
    TurnedAway,
    Undecodable,
    Upgrade,
    UpgradeAnswer,
    WireEvent,
)
from central_system.frame_log import FrameLog
from central_system.web.frame_reader import FrameReader
from central_system.web.frame_text import LONGEST, text_of
from tests.charge_point_requests import REQUESTS
from tests.unit.central_system.web_bench import NOW, Web, at_the_page


def test_the_log_tells_a_connection_from_its_opening_on() -> None:
    async def scenario(web: Web) -> None:
        async with web.charge_point() as charge_point:
            await charge_point.asks("BootNotification", REQUESTS["BootNotification"], uid="b")
            told = await web.get("/api/frames")
        frames = told["frames"]
        assert [each["kind"] for each in frames[:3]] == ["open", "upgrade", "upgrade-answer"]
        request, answer = frames[-2:]
        assert (request["sender"], request["charge_point"], request["action"]) == ("CP>", "zephyr", "BootNotification")
        assert request["text"].startswith('[2, "b", "BootNotification"')
        assert (answer["sender"], answer["action"]) == ("CS>", "BootNotification"), "an answer has its request's action"
        assert answer["n"] == request["n"] + 1 == told["last"]
        assert NOW <= request["t"] <= answer["t"] < NOW + 20

    at_the_page(scenario)


def test_frames_are_found_by_number_charge_point_sender_and_text() -> None:
    async def scenario(web: Web) -> None:
        for identity in ("one", "other"):
            async with web.charge_point(identity) as charge_point:
                await charge_point.asks("BootNotification", REQUESTS["BootNotification"])
        everything = await web.get("/api/frames")
        frames, last = everything["frames"], everything["last"]

        async def found(**query: object) -> list[int]:
            told = await web.get("/api/frames", **query)
            assert told["last"] >= last, "the newest, whether or not it is among those found"
            return [each["n"] for each in told["frames"] if each["n"] <= last]

        assert await found(after=last - 3) == [last - 2, last - 1, last]
        assert await found(after=last - 3, before=last) == [last - 2, last - 1]
        assert await found(limit=2, before=3) == [1, 2]
        assert await found(after=last, before=1) == []
        boots = [each["n"] for each in frames if each["action"] == "BootNotification"]
        assert len(boots) == 4, "two requests and their answers"
        assert await found(text="bootNOT") == boots
        assert await found(text="bootnot", limit=2) == boots[-2:]
        assert await found(charge_point="one") == [each["n"] for each in frames if each["charge_point"] == "one"]
        assert await found(sender="CS>") == [each["n"] for each in frames if each["sender"] == "CS>"]
        assert await found(text="nobody said that") == []
        wrong = await web.client.get("/api/frames", params={"sender": "me"})
        assert wrong.status_code == 422

    at_the_page(scenario)


def read(*events: WireEvent, length: int = 100) -> list[str | None]:
    """The actions that a reader makes out, oldest first."""
    log = FrameLog(lambda: NOW, length)
    reader = FrameReader(log)
    for event in events:
        log(event)
    return [each.action for each in reader.newest_first()][::-1]


def test_an_answer_belongs_to_the_request_of_its_connection_and_of_the_other_side() -> None:
    assert read(
        Frame(1, "CP>", "text", '[2,"x","Heartbeat",{}]'),
        Frame(2, "CS>", "text", '[2,"x","Reset",{}]'),
        Frame(1, "CS>", "text", ' [ 2 , "x" , "ClearCache" , {} ]'),
        Frame(1, "CS>", "text", '[3,"x",{}]'),
        Frame(2, "CP>", "text", '[4,"x","NotSupported","",{}]'),
        Frame(1, "CP>", "text", '[3,"x",{}]'),
    ) == ["Heartbeat", "Reset", "ClearCache", "Heartbeat", "Reset", "ClearCache"]


def test_what_is_no_message_has_no_action() -> None:
    texts = ("", "[", "[2]", '[2,"x"', '[2,"x",7,{}]', '[9,"x","Reset",{}]', '[3,"nobody asked",{}]', " " * 100_000)
    assert read(*(Frame(1, "CP>", "text", text) for text in texts)) == [None] * len(texts)
    assert read(Frame(1, "CP>", "ping", data="00"), ConnectionOpened(1, "here")) == [None, None]


def test_a_reader_that_comes_back_late_goes_on_with_what_is_left() -> None:
    log = FrameLog(lambda: NOW, length=3)
    reader = FrameReader(log)
    assert list(reader.newest_first()) == []
    for number in range(10):
        log(ConnectionOpened(number, "here"))
    assert [each.seen.n for each in reader.newest_first()] == [10, 9, 8]
    log(ConnectionOpened(10, "here"))
    assert [each.seen.n for each in reader.newest_first(after=10)] == [11]
    assert list(reader.newest_first(after=99)) == []


def test_a_reader_keeps_nothing_that_the_log_has_forgotten() -> None:
    log = FrameLog(lambda: NOW, characters=1000)
    reader = FrameReader(log)
    for _ in range(50):
        log(Frame(1, "CP>", "text", "x" * 400))
        list(reader.newest_first())
    assert [each.seen.n for each in reader.newest_first()] == [50, 49]
    assert len(reader._read) == len(log.seen) == 2


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (ConnectionOpened(1, "10.0.0.7:1234"), "connection from 10.0.0.7:1234"),
        (
            Upgrade(1, "/zephyr", ("ocpp1.6",), {"Authorization": "Basic c2VzYW1l"}),
            "asks for /zephyr, offers ocpp1.6",
        ),
        (UpgradeAnswer(1, 101, "ocpp1.6"), "answered 101, ocpp1.6"),
        (UpgradeAnswer(1, 404, None), "answered 404, no sub-protocol"),
        (Frame(1, "CP>", "text", "[2]"), "[2]"),
        (Frame(1, "CP>", "pong", data=""), "pong"),
        (Frame(1, "CP>", "binary", data="00ff"), "binary 00ff"),
        (Undecodable(1, "CP>", "ff" * 300, "no frame"), f"undecodable: no frame: {'ff' * 128} … (344 characters more)"),
        (ConnectionClosed(1, "CP>"), "closed by the charge point"),
        (SntpExchange("10.0.0.7:123", "23", None, None), "10.0.0.7:123 asked for the time and was not answered"),
        (
            SntpExchange("10.0.0.7:123", "23", "24", 0.5, "offset=1"),
            "10.0.0.7:123 asked for the time and was told 1970-01-01T00:00:00.500+00:00 (fault: offset=1)",
        ),
        (
            SntpExchange("10.0.0.7:123", "23", "24", 1e18),
            "10.0.0.7:123 asked for the time and was told 1e+18 s since 1970",
        ),
        (ServerProblem("zephyr", "'x'", "no JSON"), "no JSON: 'x'"),
        (
            TurnedAway(1, "x", "10.0.0.7:1", 404, "nobody registered x"),
            "turned away 10.0.0.7:1 with 404: nobody registered x",
        ),
    ],
)
def test_what_is_no_frame_is_told_in_a_sentence(event: WireEvent, text: str) -> None:
    assert text_of(event) == text


def test_a_frame_is_cut_where_nobody_reads_on() -> None:
    assert text_of(Frame(1, "CP>", "text", "x" * (LONGEST + 5))) == f"{'x' * LONGEST} … (5 characters more)"


def test_of_half_a_message_nothing_is_told_for_it_may_be_half_a_password() -> None:
    half = '[2,"1","ChangeConfiguration",{"key":"AuthorizationKey","value":"open ses'
    assert text_of(Frame(1, "CS>", "text", half, final=False)) == f"text, a fragment of {len(half)} characters"
    assert text_of(Frame(1, "CS>", "cont", 'ame"}]')) == "cont, a fragment of 6 characters"


def test_of_what_the_server_minds_about_a_message_with_a_password_the_problem_alone_is_told() -> None:
    message = repr('[3,"u",[{"key":"AuthorizationKey","value":"SECRET"}]]')
    assert text_of(ServerProblem("zephyr", message, "no OCPP-J message", 1)) == "no OCPP-J message"
    assert text_of(ServerProblem("zephyr", "'[]'", "no OCPP-J message", 1)) == "no OCPP-J message: '[]'"


def test_who_listens_to_the_log_is_told_until_he_leaves() -> None:
    log, told = FrameLog(lambda: NOW), []
    leave = log.listen(lambda: told.append(len(log.seen)))
    log(ConnectionOpened(1, "here"))
    leave()
    log(ConnectionOpened(2, "here"))
    assert told == [1]
