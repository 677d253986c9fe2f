"""nftables: its rules as the packet filter's (libnftables-json(5))."""

import json
from collections.abc import Mapping
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from rig.bench.firewall.rules import VERDICTS, Chain, Fate, Maybe, Packet, Rule, all_of, walk

ABSENT = -1
"""The value of a field that the packet does not have."""
HARMLESS = ("counter", "log", "comment", "mangle", "notrack", "meta")


def fate_by_nft(listing: str, packet: Packet, without: tuple[str, str] | None = None) -> Fate:
    """By what `nft --json list ruleset` prints: every base chain at the hook `input` must let the packet in.

    `without`: family and name of a table that is left out.
    """
    chains: dict[tuple[str, str, str], Chain] = {}
    starts, sets = [], {}
    things = [thing for thing in json.loads(listing)["nftables"] if "metainfo" not in thing]
    for thing in things:
        if named := thing.get("set"):
            sets[named["family"], named["table"], "@" + named["name"]] = named.get("elem", [])
        elif chain := thing.get("chain"):
            key = chain["family"], chain["table"], chain["name"]
            chains[key] = Chain(policy=chain.get("policy", "return"))
            if chain.get("hook") == "input" and chain["family"] in {"ip", "inet"} and key[:2] != without:
                starts.append(key)
    for rule in (thing["rule"] for thing in things if "rule" in thing):
        table = rule["family"], rule["table"]
        of_table = {name: elements for (*where, name), elements in sets.items() if tuple(where) == table}
        chains[*table, rule["chain"]].rules.append(_rule(rule.get("expr", []), packet, of_table))
    fates = [
        walk(key[2], {name: chain for (*where, name), chain in chains.items() if tuple(where) == key[:2]})
        for key in starts
    ]
    return Fate.DROPPED if Fate.DROPPED in fates else Fate.UNKNOWN if Fate.UNKNOWN in fates else Fate.ACCEPTED


def _rule(expressions: list[dict[str, Any]], packet: Packet, sets: Mapping[str, Any]) -> Rule:
    answers: list[Maybe] = []
    verdict: str | None = None
    for expression in expressions:
        [(kind, content)] = expression.items()
        if kind == "match":
            answers.append(_match(content, packet, sets))
        elif kind in VERDICTS:
            verdict = kind
        elif kind in {"jump", "goto"}:
            verdict = content["target"]
        elif kind == "vmap":
            answer, verdict = _choice(content, packet, sets)
            answers.append(answer)
        elif kind not in HARMLESS:
            answers.append(None)  # `limit`, `xt` and the like
    return Rule(all_of(answers), verdict)


def _choice(choice: dict[str, Any], packet: Packet, sets: Mapping[str, Any]) -> tuple[Maybe, str | None]:
    """A verdict map: whether an entry of it fits, and its verdict."""
    data = choice["data"]
    if not isinstance(data, dict):  # a map with a name
        return None, "unknown"
    for value, verdict in data.get("set", []):
        answer = _match({"left": choice["key"], "op": "==", "right": value}, packet, sets)
        if answer is not False:
            [(kind, content)] = verdict.items()
            return answer, content["target"] if kind in {"jump", "goto"} else kind
    return False, None


def _match(match: dict[str, Any], packet: Packet, sets: Mapping[str, Any]) -> Maybe:
    asked, right = _field(match["left"], packet), match["right"]
    if asked is None:  # yet a board never comes in by the loopback
        return False if right == "lo" and match["op"] != "!=" else None
    if asked == ABSENT:  # a field that the packet does not have: then the rule is not about it, `!=` or not
        return False
    if isinstance(right, str) and right.startswith("@"):
        right = {"set": sets.get(right, [])}
    holds = _holds(asked, right)
    return holds if holds is None or match["op"] != "!=" else not holds


def _field(left: object, packet: Packet) -> Any:  # noqa: ANN401, PLR0911  (a number, a name or an address)
    """The packet's value for the left side of a match; None: not known."""
    match left:
        case {"payload": {"protocol": ("tcp" | "udp") as protocol, "field": "dport"}}:
            return packet.port if protocol == packet.protocol else ABSENT
        case {"payload": {"protocol": "th", "field": "dport"}}:
            return packet.port
        case {"payload": {"protocol": "ip", "field": "protocol"}} | {"meta": {"key": "l4proto"}}:
            return packet.protocol
        case {"payload": {"protocol": "ip", "field": "daddr"}}:
            return packet.address and IPv4Address(packet.address)
        case {"payload": {"protocol": ("icmp" | "icmpv6" | "ip6" | "esp" | "ah")}}:
            return ABSENT
        case {"meta": {"key": ("iifname" | "iif")}}:
            return packet.interface
        case {"meta": {"key": ("protocol" | "nfproto")}}:
            return "ip"
        case {"ct": {"key": "state"}}:
            return "new"
    return None


def _holds(asked: Any, right: Any) -> Maybe:  # noqa: ANN401, PLR0911  (one form of the right side each)
    match right:
        case {"set": elements} | list(elements):
            answers = [_holds(asked, element) for element in elements]
            return True if True in answers else None if None in answers else False
        case {"range": [low, high]} if isinstance(asked, int):
            return bool(low <= asked <= high)
        case {"prefix": {"addr": address, "len": length}}:
            return isinstance(asked, IPv4Address) and asked in IPv4Network(f"{address}/{length}")
        case {"elem": {"val": value}}:
            return _holds(asked, value)
        case dict():
            return None
        case "ipv4" | "ip":
            return bool(asked == "ip")
        case str() if isinstance(asked, str) and right.endswith("*"):
            return asked.startswith(right[:-1])
    return bool(str(asked) == str(right))
