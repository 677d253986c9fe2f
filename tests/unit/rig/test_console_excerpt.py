"""The console around a verdict's evidence."""

from html import unescape

from rig.report.console_excerpt import CONTEXT, MOST, console_excerpt
from tests.recorded import journal_of
from tests.synthetic import BOOT, UPGRADED, journal


def lines(excerpt: str) -> list[str]:
    text = excerpt.removeprefix('<pre class="rig-console">').removesuffix("</pre>")
    return [unescape(line.replace("<mark>", "").replace("</mark>", "")) for line in text.split("\n")]


LOG = "[00:00:0{0}.250,000] <inf> main: line {0}"
TALK = (BOOT, *(LOG.format(n) for n in range(10)))


def test_evidence_is_marked_and_a_few_lines_stand_around_it() -> None:
    excerpt = console_excerpt(journal(*TALK), [7])
    told = lines(excerpt)
    assert told[1] == "  ⋮ 2 lines"
    assert [line[-6:] for line in told[2:-1]] == [f"line {n}" for n in range(1, 8)]
    assert [line for line in told if line.startswith("◆")] == [told[2 + CONTEXT]]
    assert excerpt.count("<mark>") == 1
    assert told[-1] == "  ⋮ 2 lines"


def test_each_line_has_its_number_in_the_journal_and_the_times_of_host_and_device() -> None:
    told = lines(console_excerpt(journal(*TALK, step_s=0.5), [7]))
    assert told[0].split() == ["line", "host", "s", "boot", "device", "s", "text"]
    marked = next(line for line in told if line.startswith("◆"))
    assert marked.split() == ["◆", "7", "3.000", "1", "4.250000", *LOG.format(4).split()]


def test_a_line_without_a_time_of_the_device_has_none() -> None:
    marked = lines(console_excerpt(journal(*TALK), [2]))[1]
    assert marked.split() == ["◆", "2", "0.100", "1", *BOOT.split()]


def test_after_a_restart_each_line_tells_its_boot() -> None:
    recording = journal_of("mps2_an385-reset")
    banners = [entry.n for entry, line in recording.console if line.what == "boot"]
    marked = [line.split() for line in lines(console_excerpt(recording, banners)) if line.startswith("◆")]
    assert [line[3] for line in marked] == ["1", "2"]


def test_evidence_that_is_no_console_has_no_excerpt() -> None:
    assert not console_excerpt(journal(BOOT, *UPGRADED), [3, 4])
    assert not console_excerpt(journal(*UPGRADED), [])


def test_however_much_the_console_told_the_excerpt_stays_short() -> None:
    recording = journal(BOOT, *(f"a line, the {n}th" for n in range(5000)))
    told = lines(console_excerpt(recording, range(2, 5002)))
    assert len(told) == MOST + 2
    assert told[-1] == f"  ⋮ {5001 - MOST} lines"
    assert len(console_excerpt(journal(BOOT, "A" * 4000), [3])) < 2500


def test_what_the_console_told_stays_text() -> None:
    excerpt = console_excerpt(journal("<script>alert(1)</script> & <b>", "\x1b[31m\x07bell \u202egnorw"), [2, 3])
    assert "<script" not in excerpt
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &lt;b&gt;" in excerpt
    assert "\\x07bell \\u202egnorw" in excerpt
