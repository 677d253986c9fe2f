"""Diagnoses from the cable to an open WebSocket: address, server, time, upgrade."""

import pytest

from central_system.events import (
    ConnectionClosed,
    ConnectionOpened,
    SntpExchange,
    Undecodable,
    Upgrade,
    UpgradeAnswer,
)
from rig.checks.judge import judge
from rig.diagnosis.diagnose import diagnose
from rig.diagnosis.sign import Diagnosis
from rig.journal.codec import Event
from rig.journal.events import DeviceEvent, Lateness, Missed, Noise
from rig.journal.recording import Recording
from tests.synthetic import (
    ASKING,
    BOOT_ACCEPTED,
    BOOTED,
    CONFIGURED,
    CONNECTED,
    OPENED,
    PATH,
    READY,
    RESOLVED,
    TIME_TOLD,
    TIMED,
    UPGRADED,
    asked,
    frame,
    journal,
)

NOT_ANNOUNCED = Missed("BootNotification", 20.0)
WAITING = (*BOOTED, ASKING, "[00:00:00.020,000] <inf> net_samples_common: Waiting for network...")


def the_only(recording: Recording) -> Diagnosis:
    found = diagnose(recording, judge(recording))
    assert [each.title for each in found] == [each.title for each in found[:1]]
    return found[0]


def first(recording: Recording) -> Diagnosis:
    return diagnose(recording, judge(recording))[0]


@pytest.mark.parametrize(
    ("said", "target", "cause", "step"),
    [
        ((), "board", "no cable", "says LOWER_UP"),
        ((), "qemu", "reached no DHCP server", "user networking"),
        (("DHCPDISCOVER(eth1) 02:80:e1:00:00:01",), "board", "no address left", "widen `first` to `last`"),
        (
            ("DHCPDISCOVER(eth1) 02:80:e1:00:00:01", "DHCPOFFER(eth1) 192.0.2.101 02:80:e1:00:00:01"),
            "board",
            "did not take it",
            "tcpdump",
        ),
    ],
)
def test_no_address_is_told_by_how_far_its_dhcp_came(said: tuple[str, ...], target: str, cause: str, step: str) -> None:
    helper = [Noise(f"dnsmasq-dhcp: {line}") for line in said]
    found = the_only(journal(*WAITING, *helper, NOT_ANNOUNCED, run={"target": target}))
    assert found.title == "The charge point got no address by DHCP"
    assert cause in found.likely_cause
    assert step in found.next_step
    assert len(found.evidence) == 2 + len(said) + 1


def test_a_charge_point_that_restarts_all_the_time_has_no_address_for_that_reason() -> None:
    found = the_only(journal(*WAITING, *WAITING, *WAITING, NOT_ANNOUNCED))
    assert found.title == "The charge point restarted by itself"


def test_a_name_that_nobody_resolves() -> None:
    failed = (
        *CONFIGURED,
        "[00:00:02.100,000] <inf> main: cs server central.example 8180",
        "[00:00:07.100,000] <err> main: ERROR: getaddrinfo failed -2",
    )
    found = the_only(journal(*failed, NOT_ANNOUNCED))
    assert found.title == "The name of the central system was not resolved"
    assert "central.example (error -2)" in found.likely_cause
    assert "`names` of `dhcp`" in found.next_step


@pytest.mark.parametrize(
    ("run", "errno", "cause", "step"),
    [
        (
            {"server_port": 9000},
            None,
            "built for 192.0.2.1 port 8180; the central system is at 192.0.2.1 port 9000",
            "9000",
        ),
        ({"server_address": "192.0.2.7"}, None, "the central system is at 192.0.2.7", '"192.0.2.7"'),
        ({}, 111, "refuses port 8180", "which machine has that address"),
        (
            {},
            116,
            "nothing answers at 192.0.2.1 port 8180 (error 116): a firewall",
            "open TCP port 8180 and UDP port 123",
        ),
        ({}, None, "nothing answers at 192.0.2.1 port 8180: a firewall", "ocpp-rig doctor"),
        ({"target": "qemu"}, 116, "not the address by which this device reaches the host", "addresses-"),
    ],
)
def test_a_central_system_that_is_never_reached(
    run: dict[str, object], errno: int | None, cause: str, step: str
) -> None:
    failures = [f"[00:00:03.000,000] <err> ocpp: tcp socket connect fail -1 {errno}"] * 3 if errno else []
    found = the_only(journal(*TIMED, READY, *failures, NOT_ANNOUNCED, run=run))
    assert found.title == "The charge point never reached the central system"
    assert cause in found.likely_cause
    assert step in found.next_step


REFUSED_TIME = "[00:00:02.200,000] <err> main: SNTP IPv4 request failed: -116"
LOOKED_UP_IN_VAIN = "[00:00:02.200,000] <err> main: Failed to lookup SNTP server (-2)"
TOLD_TIME = "[00:00:02.200,000] <inf> main: SNTP success, epoch seconds: 1800000000"
STRANGER = SntpExchange("192.0.2.9:5353", "00", None, None)


@pytest.mark.parametrize(
    ("events", "run", "title", "cause", "step"),
    [
        (
            [REFUSED_TIME],
            {},
            "its request did not come",
            "not the rig, or cannot be reached (error -116)",
            "UDP port 123",
        ),
        ([REFUSED_TIME], {"sntp_port": 10123}, "its request did not come", "asks port 123 and no other", "port 123"),
        ([LOOKED_UP_IN_VAIN], {}, "its request did not come", "not resolved (error -2)", '"192.0.2.1"'),
        ([TIME_TOLD, REFUSED_TIME], {}, "did not take the rig's answer", "here 60 ms or 4,000 ms", "smaller --ratio"),
        ([TIME_TOLD, REFUSED_TIME], {"ratio": 20.0}, "did not take the rig's answer", "here 3 ms or 200 ms", "--ratio"),
        ([STRANGER, REFUSED_TIME], {}, "was no request for the time", "192.0.2.9:5353", "who has that address"),
        ([TOLD_TIME], {}, "from another server", "the rig was never asked", "CONFIG_NET_SAMPLE_SNTP_SERVER"),
        ([], {}, "never asked for the time", "begins in 1970", "CONFIG_SNTP=y"),
    ],
)
def test_a_clock_that_is_not_set(
    events: list[Event | str], run: dict[str, object], title: str, cause: str, step: str
) -> None:
    found = first(journal(*RESOLVED, *events, READY, *UPGRADED, *BOOT_ACCEPTED, run=run))
    assert title in found.title
    assert cause in found.likely_cause
    assert step in found.next_step
    assert "Time-Related Issues" in found.citation
    assert found.evidence


def test_an_answer_too_late_names_how_late_the_host_was() -> None:
    found = first(journal(*RESOLVED, Lateness("rig", 0.08), TIME_TOLD, REFUSED_TIME, READY, *UPGRADED, *BOOT_ACCEPTED))
    assert "up to 80.0 ms" in found.likely_cause


def test_a_host_that_is_reached_neither_for_the_time_nor_for_ocpp_is_one_diagnosis() -> None:
    found = the_only(journal(*RESOLVED, REFUSED_TIME, READY, NOT_ANNOUNCED))
    assert found.title == "The charge point never reached the central system"
    assert "nor did its request for the time come to the rig" in found.likely_cause
    assert len(found.evidence) == 4


def test_a_clock_that_is_not_set_does_not_explain_a_central_system_that_does_not_accept() -> None:
    rejected = asked("BootNotification", {}, {"status": "Rejected"})
    recording = journal(*RESOLVED, REFUSED_TIME, READY, *UPGRADED, *rejected)
    assert [each.title for each in diagnose(recording, judge(recording))] == [
        "The charge point asked for the time, and its request did not come to the rig",
        "The central system did not accept the charge point's BootNotification",
    ]


@pytest.mark.parametrize(
    ("bytes_sent", "cause", "step"),
    [
        ([Undecodable(1, "CP>", "160301020001", "no HTTP")], "it speaks TLS", "without the TLS overlay"),
        ([Undecodable(1, "CP>", "00ff", "did not receive a valid HTTP request")], "valid HTTP request", "192.0.2.101"),
        ([], "sends nothing", "larger-heap"),
    ],
)
def test_a_connection_without_a_websocket(bytes_sent: list[Undecodable], cause: str, step: str) -> None:
    found = the_only(journal(*TIMED, READY, OPENED, *bytes_sent, ConnectionClosed(1, "CP>"), NOT_ANNOUNCED))
    assert found.title == "The charge point reached the central system, but asked for no WebSocket"
    assert cause in found.likely_cause
    assert step in found.next_step


def test_a_path_that_nobody_serves_is_named_with_the_right_one() -> None:
    upgrade = (Upgrade(1, "/ocpp/v16/zephyr", ("ocpp1.6",), {}), UpgradeAnswer(1, 404, None))
    complaint = "[00:00:03.000,000] <err> ocpp: Websocket connect fail -113"
    found = the_only(journal(*TIMED, READY, OPENED, *upgrade, complaint, NOT_ANNOUNCED))
    assert found.title == "The central system refused the WebSocket"
    assert "HTTP 404: it serves no charge point at /ocpp/v16/zephyr" in found.likely_cause
    assert f'CONFIG_NET_SAMPLE_OCPP_WS_PATH="{PATH}"' in found.next_step
    assert len(found.evidence) == 3


def test_an_open_websocket_without_a_bootnotification() -> None:
    found = the_only(journal(*CONNECTED, NOT_ANNOUNCED))
    assert found.title == "The WebSocket is open, and no BootNotification comes"
    assert "no memory" in found.likely_cause


def test_a_charge_point_that_goes_on_where_it_was_has_not_booted_with_the_rig() -> None:
    found = the_only(journal(*CONNECTED, frame("CP>", 2, "1-4-1", "Heartbeat", {}), NOT_ANNOUNCED))
    assert found.title == "The WebSocket is open, and no BootNotification comes"
    assert "its first message is Heartbeat" in found.likely_cause


@pytest.mark.parametrize(
    ("by", "who"), [("CP>", "the charge point closed it, or its link broke"), ("CS>", "the central system closed it")]
)
def test_a_connection_that_is_lost_in_mid_run(by: str, who: str) -> None:
    lost = (*CONNECTED, *BOOT_ACCEPTED, ConnectionClosed(1, by), ConnectionOpened(2, "192.0.2.101:49153"))  # type: ignore[arg-type]
    found = the_only(journal(*lost))
    assert found.title == "The connection was lost in mid-run"
    assert found.likely_cause.startswith(f"{who}; it came back")


def test_a_link_that_the_rig_itself_took_down_is_no_riddle() -> None:
    lost = (*CONNECTED, *BOOT_ACCEPTED, DeviceEvent("link down"), ConnectionClosed(1, "CP>"))
    recording = journal(*lost)
    assert diagnose(recording, judge(recording)) == []
