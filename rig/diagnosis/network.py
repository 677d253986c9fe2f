"""From the cable to the first byte at the central system."""

import re

from central_system.events import ConnectionOpened, SntpExchange
from rig.console.milestones import Milestone
from rig.diagnosis.course import ON_A_CABLE, console_lines, listed, missed, steady
from rig.diagnosis.sign import AFTER_CONNECTION, AFTER_NETWORK, Found, found, sign
from rig.journal.events import Noise
from rig.journal.recording import Recording

DOC = "samples/net/ocpp, README.rst, Troubleshooting: Connection Issues"
DHCP = re.compile(r"DHCP(?P<step>DISCOVER|OFFER|REQUEST|ACK|NAK)")
"""dnsmasq's log of the exchange of RFC 2131 §3.1."""
REFUSED = "111"
"""ECONNREFUSED, in Zephyr's numbers and Linux's alike."""


@sign(f"{DOC} (network connectivity); RFC 2131 §3.1", AFTER_NETWORK)
def no_address(recording: Recording) -> Found | None:
    """The charge point got no address by DHCP."""
    told = recording.seen(Milestone.ADDRESS)
    usable = [seen for _, seen in told if seen.fields["ip"] != "0.0.0.0"]  # noqa: S104  (read, never bound)
    if not recording.run.has_dhcp or usable or recording.all(ConnectionOpened) or not steady(recording):
        return None
    asking = console_lines(recording, r"dhcpv4|Waiting for network")
    if not asking and not told:
        return None
    steps = [(entry, match["step"]) for entry, noise in recording.all(Noise) if (match := DHCP.search(noise.text))]
    evidence = [e for e, _ in told] + [e for e, _ in asking] + [e for e, _ in steps] + missed(recording)
    names = [step for _, step in steps]
    if "OFFER" in names:
        return found(
            "the rig's DHCP server was asked and offered an address, and the charge point did not take it: the offer "
            "does not reach it, or another server on the segment disturbs",
            "see that the board alone is on that interface, and record the segment (`tcpdump -i IFACE port 67`)",
            evidence,
        )
    if "DISCOVER" in names:
        return found(
            "the rig's DHCP server was asked and offered nothing: it has no address left to give",
            "widen `first` to `last` of `dhcp` in the bench file",
            evidence,
        )
    if recording.run.target == ON_A_CABLE:
        return found(
            "its request reached no DHCP server: no cable, the cable in another interface than the bench file names, "
            "or a segment without a server",
            "see that `ip link show IFACE` says LOWER_UP; let the rig be "
            "the server (`dhcp:` in the bench file) where the segment has none",
            evidence,
        )
    return found(
        "its request reached no DHCP server",
        "see that the emulator has a network with DHCP (QEMU: user networking), and that the image has its "
        "Ethernet driver",
        evidence,
    )


@sign(f"{DOC} (server IP address); samples/net/ocpp, main.c: `ERROR: getaddrinfo`", AFTER_NETWORK)
def unresolved(recording: Recording) -> Found | None:
    """The name of the central system was not resolved."""
    failed = console_lines(recording, r"ERROR: getaddrinfo (?:failed )?(?P<error>-?\d+)")
    asked = recording.seen(Milestone.SERVER)
    if not failed or recording.seen(Milestone.RESOLVED):
        return None
    name = asked[0][1].fields["host"] if asked else "the central system"
    return found(
        f"no DNS server answers for {name} (error {failed[0][1]['error']}); the sample's main() ends there",
        "build in the address instead of the name (the 4.3 generation knows addresses only), or put the name under "
        "`names` of `dhcp` in the bench file",
        [entry for entry, _ in asked[:1]] + [entry for entry, _ in failed],
    )


@sign(f"{DOC} (server IP address and port, firewall)", ("clock.", *AFTER_CONNECTION))
def unreached(recording: Recording) -> Found | None:
    """The charge point never reached the central system."""
    tried = recording.seen(Milestone.SERVER) + recording.seen(Milestone.READY)
    if recording.all(ConnectionOpened) or not tried or not steady(recording):
        return None
    run = recording.run
    failures = console_lines(recording, r"tcp socket connect fail -?\d+ (?P<errno>\d+)")
    untimed = recording.seen(Milestone.CLOCK_FAILED)
    evidence = [e for e, _ in tried + untimed] + [e for e, _ in failures[:3]] + missed(recording)
    asked = recording.seen(Milestone.SERVER)[:1]
    host, port = (asked[0][1].fields["host"], int(asked[0][1].fields["port"])) if asked else ("", 0)
    if asked and (host, port) != (run.server_address, run.server_port):
        return found(
            f"the image is built for {host} port {port}; the central system is at {run.server_address} port "
            f"{run.server_port}",
            f'build it with CONFIG_NET_SAMPLE_OCPP_SERVER="{run.server_address}" and '
            f"CONFIG_NET_SAMPLE_OCPP_PORT={run.server_port} (`ocpp-rig run` does so where it builds the image itself)",
            evidence,
        )
    if any(match["errno"] == REFUSED for _, match in failures):
        return found(
            f"{run.server_address} answers and refuses port {run.server_port}: that address is another machine's, or "
            "the rig listens elsewhere",
            "see which machine has that address (`ip address`), and in which network namespace the rig is "
            "(`address` and `namespace` in the bench file, --isolation)",
            evidence,
        )
    errors = f" (error {listed(match['errno'] for _, match in failures)})" if failures else ""
    if untimed and not recording.all(SntpExchange):
        errors += ", nor did its request for the time come to the rig"
    if run.target == ON_A_CABLE:
        return found(
            f"nothing answers at {run.server_address} port {run.server_port}{errors}: a firewall on this host, another "
            "segment, or an address of another interface",
            f"open TCP port {run.server_port} and UDP port {run.sntp_port} towards the board (`ocpp-rig doctor` names "
            "the firewall), and see that `ip route get` of the board's address names the interface that faces it",
            evidence,
        )
    return found(
        f"nothing answers at {run.server_address} port {run.server_port}{errors}: it is not the address by which this "
        "device reaches the host",
        "build with the target's own fragment of addresses (firmware_build/fragments/addresses-*.conf)",
        evidence,
    )


NETWORK_SIGNS = (no_address, unresolved, unreached)
