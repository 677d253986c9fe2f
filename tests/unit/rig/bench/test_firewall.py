"""What packet filters do with a board's packet, as far as their rules tell."""

import json
from pathlib import Path
from typing import Any

import pytest

from rig.bench.firewall.check import firewall
from rig.bench.firewall.iptables import fate_by_iptables
from rig.bench.firewall.nft import fate_by_nft
from rig.bench.firewall.rules import Fate, Packet
from tests.unit.rig.bench.machine import Machine

OCPP = Packet("tcp", 8180, "192.0.2.1", "eth1")
SNTP = Packet("udp", 123, "192.0.2.1", "eth1")


def field(protocol: str, name: str) -> dict[str, Any]:
    return {"payload": {"protocol": protocol, "field": name}}


def match(left: dict[str, Any], right: object, op: str = "==") -> dict[str, Any]:
    return {"match": {"op": op, "left": left, "right": right}}


IIF, STATE = {"meta": {"key": "iifname"}}, {"ct": {"key": "state"}}
DPORT = field("tcp", "dport")
ACCEPT: dict[str, Any] = {"accept": None}
DROP: dict[str, Any] = {"drop": None}


def ruleset(*rules: list[dict[str, Any]], policy: str = "drop", others: list[dict[str, Any]] | None = None) -> str:
    """As `nft --json list ruleset` prints one chain at the hook `input`."""
    chain = {"family": "inet", "table": "filter", "name": "input", "type": "filter", "hook": "input", "policy": policy}
    where = {"family": "inet", "table": "filter", "chain": "input"}
    return json.dumps(
        {
            "nftables": [
                {"metainfo": {"json_schema_version": 1}},
                {"table": {"family": "inet", "name": "filter"}},
                {"chain": chain},
                *(others or []),
                *({"rule": {**where, "expr": rule}} for rule in rules),
            ]
        }
    )


# Debian's /etc/nftables.conf for a workstation, near enough.
USUAL = [
    [match(IIF, "lo"), ACCEPT],
    [match(STATE, ["established", "related"], "in"), ACCEPT],
    [match(field("icmp", "type"), "echo-request"), ACCEPT],
    [match(DPORT, 22), {"counter": {"packets": 0, "bytes": 0}}, ACCEPT],
]


@pytest.mark.parametrize(
    ("rules", "fate"),
    [
        ([], Fate.DROPPED),
        (USUAL, Fate.DROPPED),
        ([*USUAL, [match(DPORT, 8180), ACCEPT]], Fate.ACCEPTED),
        ([*USUAL, [match(DPORT, {"set": [80, {"range": [8000, 9000]}]}), ACCEPT]], Fate.ACCEPTED),
        ([[match(DPORT, {"range": [1, 1023]}), ACCEPT]], Fate.DROPPED),
        ([[match(DPORT, 22, "!="), ACCEPT]], Fate.ACCEPTED),
        ([[match(field("udp", "dport"), 53, "!="), DROP], [ACCEPT]], Fate.ACCEPTED),
        ([[match(IIF, "eth*"), ACCEPT]], Fate.ACCEPTED),
        ([[match(IIF, "wlan0"), ACCEPT]], Fate.DROPPED),
        ([[match(field("ip", "daddr"), {"prefix": {"addr": "192.0.2.0", "len": 24}}), ACCEPT]], Fate.ACCEPTED),
        ([[match(field("ip", "daddr"), "198.51.100.1"), ACCEPT]], Fate.DROPPED),
        ([[match({"meta": {"key": "l4proto"}}, {"set": ["udp"]}), ACCEPT]], Fate.DROPPED),
        ([[match(field("ip", "saddr"), {"prefix": {"addr": "192.0.2.0", "len": 24}}), ACCEPT]], Fate.UNKNOWN),
        ([[match(field("ip", "saddr"), "192.0.2.9"), DROP], [ACCEPT]], Fate.UNKNOWN),
        ([[{"limit": {"rate": 10}}, ACCEPT]], Fate.UNKNOWN),
        ([[{"log": None}], [{"reject": {"type": "icmpx"}}], [ACCEPT]], Fate.DROPPED),
        ([[match(DPORT, "@open"), ACCEPT]], Fate.ACCEPTED),
        ([[match(DPORT, 8180), {"jump": {"target": "services"}}]], Fate.ACCEPTED),
        ([[{"vmap": {"key": STATE, "data": {"set": [["invalid", DROP], ["new", ACCEPT]]}}}]], Fate.ACCEPTED),
        ([[{"vmap": {"key": STATE, "data": {"set": [["established", ACCEPT]]}}}]], Fate.DROPPED),
        ([[{"vmap": {"key": DPORT, "data": "@named"}}]], Fate.UNKNOWN),
    ],
)
def test_nftables(rules: list[list[dict[str, Any]]], fate: Fate) -> None:
    where = {"family": "inet", "table": "filter"}
    others: list[dict[str, Any]] = [
        {"set": {**where, "name": "open", "type": "inet_service", "elem": [8180]}},
        {"chain": {**where, "name": "services"}},
        {"rule": {**where, "chain": "services", "expr": [match(field("tcp", "dport"), 22), DROP]}},
        {"rule": {**where, "chain": "services", "expr": [ACCEPT]}},
    ]
    assert fate_by_nft(ruleset(*rules, others=others), OCPP) is fate


def test_tcp_and_udp_have_rules_of_their_own() -> None:
    rules = ruleset([match(field("udp", "dport"), 123), ACCEPT])
    assert fate_by_nft(rules, SNTP) is Fate.ACCEPTED
    assert fate_by_nft(rules, Packet("tcp", 123, None, None)) is Fate.DROPPED


def test_without_rules_everything_is_accepted() -> None:
    assert fate_by_nft(json.dumps({"nftables": [{"metainfo": {}}]}), OCPP) is Fate.ACCEPTED
    assert fate_by_nft(ruleset(policy="accept"), OCPP) is Fate.ACCEPTED


def test_of_several_chains_at_the_hook_each_must_accept() -> None:
    one = json.loads(ruleset([ACCEPT]))["nftables"]
    two = json.loads(ruleset().replace('"filter"', '"other"'))["nftables"]
    assert fate_by_nft(json.dumps({"nftables": one}), OCPP) is Fate.ACCEPTED
    assert fate_by_nft(json.dumps({"nftables": one + two}), OCPP) is Fate.DROPPED


# What ufw makes of `ufw enable; ufw allow 22/tcp`, its chains shortened.
UFW = """\
*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:ufw-before-input - [0:0]
:ufw-not-local - [0:0]
:ufw-user-input - [0:0]
:ufw-user-limit-accept - [0:0]
-A INPUT -j ufw-before-input
-A ufw-before-input -i lo -j ACCEPT
-A ufw-before-input -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A ufw-before-input -m conntrack --ctstate INVALID -j DROP
-A ufw-before-input -p udp -m udp --sport 67 --dport 68 -j ACCEPT
-A ufw-before-input -j ufw-not-local
-A ufw-before-input -j ufw-user-input
-A ufw-not-local -m addrtype --dst-type LOCAL -j RETURN
-A ufw-not-local -m limit --limit 3/min --limit-burst 10 -j LOG --log-prefix "[UFW BLOCK] "
-A ufw-not-local -j DROP
-A ufw-user-input -p tcp -m tcp --dport 22 -j ACCEPT
COMMIT
"""


@pytest.mark.parametrize(
    ("rule", "fate"),
    [
        ("", Fate.DROPPED),
        ("-A ufw-user-input -p tcp -m tcp --dport 8180 -j ACCEPT", Fate.ACCEPTED),
        ("-A ufw-user-input -i eth1 -p tcp -m multiport --dports 22,8000:9000 -j ACCEPT", Fate.ACCEPTED),
        ("-A ufw-user-input -i wlan+ -p tcp -m tcp --dport 8180 -j ACCEPT", Fate.DROPPED),
        ("-A ufw-user-input ! -i wlan0 -j ACCEPT", Fate.ACCEPTED),
        ("-A ufw-user-input -d 192.0.2.0/24 -j ACCEPT", Fate.ACCEPTED),
        ("-A ufw-user-input -s 192.0.2.0/24 -j ACCEPT", Fate.UNKNOWN),
        ("-A ufw-user-input -p tcp --dport 8180 -j REJECT --reject-with tcp-reset", Fate.DROPPED),
    ],
)
def test_iptables_with_ufw(rule: str, fate: Fate) -> None:
    assert fate_by_iptables(UFW.replace("COMMIT", f"{rule}\nCOMMIT"), OCPP) is fate


def test_a_rule_for_an_unknown_interface_may_or_may_not_hold_but_a_board_is_never_on_loopback() -> None:
    packet = Packet("tcp", 8180, None, None)
    assert fate_by_iptables(UFW, packet) is Fate.DROPPED
    assert fate_by_nft(ruleset(*USUAL), packet) is Fate.DROPPED
    assert fate_by_nft(ruleset([match(IIF, "eth1"), ACCEPT]), packet) is Fate.UNKNOWN


class TestWhatTheDoctorSays:
    """A finding with a cure only where the rules say no."""

    @pytest.fixture
    def machine(self, tmp_path: Path) -> Machine:
        return Machine(tmp_path, programs={})

    def test_open(self, machine: Machine) -> None:
        machine.programs["nft"] = ruleset([ACCEPT])
        assert firewall(machine.host(), OCPP).cure == ""

    def test_no_filter_at_all(self, machine: Machine) -> None:
        assert "no nft and no iptables here" in firewall(machine.host(), OCPP).state

    def test_closed_by_nftables(self, machine: Machine) -> None:
        machine.programs["nft"] = ruleset(*USUAL)
        finding = firewall(machine.host(), OCPP)
        assert (finding.what, finding.state) == ("firewall, TCP 8180", "drops what the board sends to it")
        assert "`iifname eth1 tcp dport 8180 accept`" in finding.cure

    def test_closed_by_iptables(self, machine: Machine) -> None:
        machine.programs |= {"iptables-save": UFW, "iptables": ""}
        assert firewall(machine.host(), SNTP).cure == "sudo iptables -I INPUT -i eth1 -p udp --dport 123 -j ACCEPT"

    def test_closed_by_ufw(self, machine: Machine) -> None:
        machine.programs["iptables-save"] = UFW
        machine.file("/etc/ufw/ufw.conf", "# ufw\nENABLED=yes\n")
        assert firewall(machine.host(), OCPP).cure == "sudo ufw allow in on eth1 proto tcp to any port 8180"

    def test_closed_by_firewalld(self, machine: Machine) -> None:
        machine.programs |= {"nft": ruleset(*USUAL), "firewall-cmd": "running\n"}
        assert "sudo firewall-cmd --zone=" in firewall(machine.host(), OCPP).cure

    def test_what_iptables_made_through_nftables_iptables_tells_better(self, machine: Machine) -> None:
        """Nft shows a match of conntrack or multiport as `xt` and no more."""
        nft = ruleset([{"xt": {"type": "match", "name": "multiport"}}, ACCEPT]).replace('"inet"', '"ip"')
        machine.programs["nft"] = nft
        assert "cannot tell" in firewall(machine.host(), OCPP).state
        by_nft = "# Generated by iptables-save v1.8.9 (nf_tables)\n" + UFW
        machine.programs["iptables-save"] = by_nft
        assert "drops" in firewall(machine.host(), OCPP).state
        opened = "-A ufw-user-input -m multiport -p tcp --dports 22,8180 -j ACCEPT\nCOMMIT"
        machine.programs["iptables-save"] = by_nft.replace("COMMIT", opened)
        assert firewall(machine.host(), OCPP).state == "lets the board through"

    def test_rules_of_the_old_iptables_count_beside_those_of_nftables(self, machine: Machine) -> None:
        machine.programs |= {"nft": ruleset(policy="accept"), "iptables-save": UFW}
        assert "drops" in firewall(machine.host(), OCPP).state

    def test_iptables_without_any_table(self, machine: Machine) -> None:
        machine.programs["iptables-save"] = ""
        assert firewall(machine.host(), OCPP).state == "lets the board through"

    def test_unreadable_without_root(self, machine: Machine) -> None:
        machine.programs["nft"] = None
        machine.file("/etc/ufw/ufw.conf", "ENABLED=yes\n")
        finding = firewall(machine.host(), OCPP)
        assert "cannot tell without root: ufw is switched on; run `sudo ocpp-rig doctor`" in finding.state
        assert finding.cure == ""

    def test_undecidable(self, machine: Machine) -> None:
        machine.programs["nft"] = ruleset([match(field("ip", "saddr"), "192.0.2.9"), ACCEPT])
        assert "cannot tell: it depends on" in firewall(machine.host(), OCPP).state
