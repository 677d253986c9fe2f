"""The command line: help that teaches, exit codes that CI can use, errors that say what to do."""

import json
from pathlib import Path

import pytest

from rig.cli.main import main
from rig.cli.run import suites
from rig.journal.codec import encode
from rig.journal.recording import Recording
from tests.recorded import journal_of


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without Zephyr, with the user standing in an empty folder."""
    monkeypatch.delenv("ZEPHYR_BASE", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(recording: Recording, folder: Path) -> Path:
    (folder / "journal.jsonl").write_text(
        "".join(encode(entry) + "\n" for entry in recording.entries), encoding="utf-8"
    )
    return folder


def test_a_board_of_a_farm_is_not_flashed_behind_labgrids_back(
    nowhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    entry = "{connected: true, id: x, platform: stm32f769i_disco, product: p, runner: pyocd, ocpp_rig: {place: disco1}}"
    (nowhere / "bench.yaml").write_text(f"- {entry}\n", encoding="utf-8")
    assert main(["flash"]) == 2
    assert "ocpp-rig run --place disco1" in capsys.readouterr().err


@pytest.mark.parametrize(
    "command",
    [
        *([], ["run"], ["check"], ["compare"], ["build"], ["flash"], ["workspace"], ["workspace", "init"], ["doctor"]),
        *(["bench"], ["bench", "scan"], ["bench", "show"], ["bench", "locks"], ["virtual-board"]),
    ],
)
def test_help_tells_what_a_command_does(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*command, "--help"])
    assert ended.value.code == 0
    assert "usage: ocpp-rig" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "--target", "esp32"], "Choose one of: auto, twin, native_sim"),
        (["run", "--target", "twin", "--ratio", "0"], "--ratio 0"),
        (["run", "--target", "native_sim", "--defect", "dead"], "--defect belongs to --target twin"),
        (["run", "--target", "twin", "--defect", "laziness"], "no such defect"),
        (["run", "--target", "twin", "--expect-build", "x"], "--expect-build names the build of an image given with"),
        (["build", "--board", "esp32"], "esp32"),
        (["build", "--board", "native_sim", "--kconfig", "SHELL"], "write CONFIG_NAME=value"),
        (["check", "no-such-folder"], "no-such-folder"),
    ],
)
def test_a_wrong_command_is_exit_code_2_and_says_what_is_wrong(
    arguments: list[str], said: str, nowhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert said in capsys.readouterr().err
    assert list(nowhere.iterdir()) == []


def test_the_twin_takes_its_own_options(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["twin", "--list-defects"]) == 0
    assert "stop-early" in capsys.readouterr().out


def test_an_unknown_option_is_a_wrong_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["run", "--tarket", "twin"])
    assert ended.value.code == 2
    assert "unrecognized arguments: --tarket" in capsys.readouterr().err


def test_without_a_command_the_choices_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([])
    assert ended.value.code == 2
    assert "COMMAND" in capsys.readouterr().err


@pytest.mark.parametrize(
    "command", [["workspace"], ["build", "--board", "native_sim"], ["run", "--target", "native_sim"]]
)
def test_without_zephyr_real_firmware_is_a_broken_bench_with_its_cure(
    command: list[str], nowhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(command) == 3
    told = capsys.readouterr().err
    assert "the bench broke" in told
    assert "cure:" in told
    assert "ocpp-rig workspace init" in told
    assert list(nowhere.iterdir()) == []


def test_an_image_that_is_not_there_is_a_broken_bench(nowhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--firmware", str(nowhere / "zephyr.exe")]) == 3
    assert "there is no image" in capsys.readouterr().err


def test_a_folder_that_holds_a_run_is_not_written_over(nowhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written(journal_of("native_sim-lifecycle", dhcp=False), nowhere)
    assert main(["run", "--target", "twin", "--out", str(nowhere)]) == 2
    assert "already holds a run" in capsys.readouterr().err


def test_a_recording_is_judged_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = written(journal_of("qemu_x86-lifecycle"), tmp_path)
    assert main(["check", str(folder)]) == 1, "the recording ends before the remote commands"
    told = capsys.readouterr().out
    assert "FAIL           remote.start" in told
    assert "PASS           transaction.charging-time  connector 1 after 29.02 s" in told
    assert "tested: qemu_x86 on qemu, Zephyr 4.1.99, build 9a57e98e494c" in told
    assert "\x1b[" not in told, "no colours unless on a terminal"


def test_verdicts_are_given_as_json_for_programs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = written(journal_of("qemu_x86-lifecycle"), tmp_path)
    main(["check", "--json", str(folder / "journal.jsonl")])
    verdicts = {each["check"]: each for each in json.loads(capsys.readouterr().out)}
    assert verdicts["boot.fields"]["outcome"] == "PASS"
    assert verdicts["meter.register"]["outcome"] == "KNOWN DEFECT"
    assert verdicts["boot.banner"]["evidence"]


def test_a_damaged_journal_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "journal.jsonl").write_text("no journal\n", encoding="utf-8")
    assert main(["check", str(tmp_path)]) == 2
    assert "not a journal line" in capsys.readouterr().err


def test_the_doctor_says_what_is_missing_and_how_to_get_it(nowhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 3
    told = capsys.readouterr().out
    assert "twin                   can be run" in told
    assert "Zephyr workspace" in told
    assert "cure: " in told
    assert nowhere.is_dir()


def test_the_suites_are_found() -> None:
    assert (suites() / "test_lifecycle.py").is_file()
    assert (suites() / "pytest.ini").is_file()
