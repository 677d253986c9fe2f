"""iptables: its rules as the packet filter's (iptables-extensions(8))."""

import shlex
from collections.abc import Callable, Iterator, Sequence
from ipaddress import IPv4Address, IPv4Network

from rig.bench.firewall.rules import VERDICTS, Chain, Fate, Maybe, Packet, Rule, all_of, walk


def fate_by_iptables(listing: str, packet: Packet) -> Fate:
    """By what `iptables-save -t filter` prints."""
    chains: dict[str, Chain] = {}
    for line in listing.splitlines():
        if line.startswith(":"):
            name, policy, *_ = line[1:].split()
            chains[name] = Chain(policy="return" if policy == "-" else policy.lower())
        elif line.startswith("-A "):
            _, name, *words = shlex.split(line)
            chains[name].rules.append(_rule(words, packet))
    return walk("INPUT", chains) if "INPUT" in chains else Fate.ACCEPTED


Test = Callable[[str, Packet], Maybe]


def _port(words: str, packet: Packet) -> Maybe:
    """`8180`, `8000:9000`, or several with commas."""
    return any(
        int(low or 0) <= packet.port <= int((high if colon else low) or 65535)
        for low, colon, high in (part.partition(":") for part in words.split(","))
    )


def _interface(name: str, packet: Packet) -> Maybe:
    if packet.interface is None:  # yet a board never comes in by the loopback
        return False if name == "lo" else None
    return packet.interface.startswith(name[:-1]) if name.endswith("+") else packet.interface == name


def _address(network: str, packet: Packet) -> Maybe:
    if packet.address is None:
        return None
    return IPv4Address(packet.address) in IPv4Network(network, strict=False)


TESTS: dict[str, Test] = {
    "-p": lambda word, packet: word in {packet.protocol, "all"},
    "-i": _interface,
    "-d": _address,
    "--dport": _port,
    "--dports": _port,
    "--ctstate": lambda word, _: "NEW" in word.split(","),
    "--state": lambda word, _: "NEW" in word.split(","),
    "--dst-type": lambda word, _: word == "LOCAL",
}
UNASKED = {"-m", "--comment", "--reject-with", "--log-prefix", "--log-level"}
"""Options that ask nothing of the packet."""


def _rule(words: Sequence[str], packet: Packet) -> Rule:
    answers: list[Maybe] = []
    verdict = None
    for option, word, negated in _options(words):
        if option in {"-j", "-g"}:
            verdict = {"LOG": None, "NFLOG": None}.get(word, word.lower() if word.lower() in VERDICTS else word)
        elif option in TESTS:
            answer = TESTS[option](word, packet)
            answers.append(answer if answer is None else answer != negated)
        elif option not in UNASKED:
            answers.append(None)
    return Rule(all_of(answers), verdict)


def _options(words: Sequence[str]) -> Iterator[tuple[str, str, bool]]:
    """Option, its word, whether a `!` stands before it."""
    negated = False
    for position, word in enumerate(words):
        if word == "!":
            negated = True
        elif word.startswith("-"):
            value = words[position + 1] if position + 1 < len(words) else ""
            yield word, "" if value.startswith("-") else value, negated
            negated = False
