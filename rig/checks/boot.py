"""From reset to a set clock: banner, address, central system resolved, SNTP."""

from ipaddress import AddressValueError, IPv4Address

from central_system.events import SntpExchange
from rig.checks.verdict import Finding, check, failed, judged, not_applicable
from rig.console.milestones import Milestone
from rig.journal.recording import Recording

SAMPLE_DOC = "samples/net/ocpp, README.rst"


def _usable(ip: str) -> bool:
    try:
        return not IPv4Address(ip).is_unspecified
    except AddressValueError:
        return False


@check("boot.banner", f"{SAMPLE_DOC}, sample output; Zephyr kernel/banner.c")
def banner(recording: Recording) -> Finding:
    """The boot banner names the build that is under test."""
    seen = recording.seen(Milestone.BOOT)
    if not seen:
        return failed("no boot banner", "a boot banner")
    entry, boot = seen[0]
    build, wanted = boot.fields["build"], recording.run.build
    if wanted is None:
        return judged(bool(build), f"build {build}, learned from this boot", "any build string", [entry])
    return judged(build == wanted, f"build {build}", f"build {wanted} ({recording.run.build_source})", [entry])


@check("boot.sample", f"{SAMPLE_DOC}, sample output")
def sample(recording: Recording) -> Finding:
    """The OCPP sample is what boots."""
    seen = recording.seen(Milestone.SAMPLE)
    measured = f"OCPP sample {seen[0][1].fields['board']}" if seen else "no line `OCPP sample …`"
    return judged(bool(seen), measured, "`OCPP sample <board>`", [entry for entry, _ in seen[:1]])


@check("network.address", f"{SAMPLE_DOC}, sample output (`Received: 192.168.1.101`); RFC 2131 §3.1")
def address(recording: Recording) -> Finding:
    """The charge point obtains an address by DHCP."""
    if not recording.run.has_dhcp:
        return not_applicable(f"{recording.run.board} uses the sockets of its host: no DHCP")
    seen = recording.seen(Milestone.ADDRESS)
    wrong = [(entry, each) for entry, each in seen if not _usable(each.fields["ip"])]
    limit = "an IPv4 address other than 0.0.0.0"
    if not seen:
        return failed("no address on the console", limit)
    entry, told = (wrong or seen)[0]
    return judged(not wrong, told.fields["ip"], limit, [entry])


@check("network.server", f"{SAMPLE_DOC}, sample output (`cs server …`, `IPv4 Address …`)")
def server(recording: Recording) -> Finding:
    """The central system's name or address is resolved to where it is."""
    asked, resolved = recording.seen(Milestone.SERVER), recording.seen(Milestone.RESOLVED)
    run = recording.run
    limit = f"cs server {run.server_address} {run.server_port}, resolved"
    if not asked or not resolved:
        return failed("no line `cs server …`" if not asked else "no line `IPv4 Address …`", limit)
    host, port, ip = asked[0][1].fields["host"], asked[0][1].fields["port"], resolved[0][1].fields["ip"]
    right = (host, int(port)) == (run.server_address, run.server_port) and _usable(ip)
    if _usable(host):
        right = right and ip == host
    return judged(right, f"cs server {host} {port}, resolved to {ip}", limit, [asked[0][0], resolved[0][0]])


@check("clock.sntp", f"{SAMPLE_DOC}, sample output (`sntp succ since Epoch`); RFC 4330 §5")
def sntp(recording: Recording) -> Finding:
    """The clock is set by SNTP, to the time that this SNTP server told and no other."""
    told = [(entry, each) for entry, each in recording.all(SntpExchange) if each.epoch_s is not None]
    said = recording.seen(Milestone.CLOCK)
    offset = recording.run.world_epoch_s - recording.run.host_epoch_s
    limit = f"within 1 s of what the SNTP server told (the host's time {offset:+,.0f} s)"
    if not told or not said:
        missing = "no SNTP request" if not told else "no line that tells of SNTP's success"
        return failed(missing, limit, [e for e, _ in recording.seen(Milestone.CLOCK_FAILED)])
    (entry, exchange), (line, clock) = told[0], said[0]
    difference = int(clock.fields["epoch"]) - int(exchange.epoch_s or 0)
    return judged(abs(difference) <= 1, f"{difference:+d} s from what was told", limit, [entry, line])


BOOT_CHECKS = (banner, sample, address, server, sntp)
