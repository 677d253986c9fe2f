"""The latest of what was seen on the wire, in bounded memory."""

from central_system.events import ConnectionClosed, Frame, Upgrade, WireEvent
from central_system.frame_log import FrameLog


def log(*events: WireEvent, length: int = 100, characters: int = 1000) -> FrameLog:
    frames = FrameLog(lambda: 7.0, length, characters)
    for event in events:
        frames(event)
    return frames


def frame(text: str, connection: int = 1) -> Frame:
    return Frame(connection, "CP>", "text", text)


def test_an_event_is_of_the_charge_point_whose_connection_it_is_on() -> None:
    upgrade = Upgrade(1, "/steve/websocket/CentralSystemService/zephyr", (), {})
    frames = log(upgrade, frame("a"), ConnectionClosed(1, "CP>"), frame("b"), frame("c", connection=2))
    assert [each.charge_point for each in frames.seen] == ["zephyr", "zephyr", "zephyr", None, None]
    assert [(each.n, each.t) for each in frames.seen][:2] == [(1, 7.0), (2, 7.0)]


def test_the_oldest_are_forgotten_by_number() -> None:
    assert [each.n for each in log(*(frame("x") for _ in range(10)), length=3).seen] == [8, 9, 10]


def test_the_oldest_are_forgotten_by_size_too_but_never_the_latest() -> None:
    frames = log(*(frame("x" * 400) for _ in range(10)))
    assert [each.n for each in frames.seen] == [9, 10]
    frames(frame("y" * 5000))
    assert [each.n for each in frames.seen] == [11]
    frames(frame("z"))
    assert [each.n for each in frames.seen] == [12]


def test_who_listens_is_told_until_it_does_not_any_more() -> None:
    frames, told = log(), []
    end = frames.listen(lambda: told.append(len(frames.seen)))
    frames(frame("a"))
    end()
    frames(frame("b"))
    assert told == [1]
