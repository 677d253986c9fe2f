"""`ocpp-rig serve` as a process: what it begins with, what it leaves behind, and what it refuses."""

import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from benchmarks.serving import ocpp_rig, serving


def database(folder: Path) -> list[str]:
    return ["--database", f"sqlite:///{folder}/central-system.db"]


def test_a_new_one_knows_zephyrs_sample_and_what_is_removed_stays_removed(tmp_path: Path) -> None:
    for expected, removed in ((["ZepId00", "ZepId01"], "ZepId01"), (["ZepId00"], "ZepId00"), ([], None)):
        with serving(ocpp_rig(*database(tmp_path)), tmp_path / "log", web=True) as served:
            api = f"http://127.0.0.1:{served.web_port}/api"
            with httpx.Client(trust_env=False) as client:
                assert [each["id"] for each in client.get(f"{api}/charge-points").json()] == ["zephyr"]
                assert [each["id_tag"] for each in client.get(f"{api}/tags").json()] == expected
                if removed:
                    assert client.delete(f"{api}/tags/{removed}").status_code == 204


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_0_and_its_ports_and_storage_are_free(tmp_path: Path, number: signal.Signals) -> None:
    with serving(ocpp_rig(*database(tmp_path)), tmp_path / "log", web=True) as served:
        served.process.send_signal(number)
        assert served.process.wait(20) == 0
    again = ocpp_rig(*database(tmp_path))
    again[again.index("--port") + 1], again[again.index("--web-port") + 1] = str(served.port), str(served.web_port)
    with serving(again, tmp_path / "log", web=True) as restarted:
        assert (restarted.port, restarted.web_port) == (served.port, served.web_port)


def test_a_second_one_on_the_same_storage_is_refused_and_told_who_has_it(tmp_path: Path) -> None:
    with serving(ocpp_rig(*database(tmp_path)), tmp_path / "log") as served:
        second = subprocess.run(ocpp_rig(*database(tmp_path)), capture_output=True, text=True, timeout=60, check=False)
        assert second.returncode == 3
        assert str(served.process.pid) in second.stderr


def test_a_page_that_others_reach_wants_the_token_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("open-sesame\n", encoding="utf-8")
    options = ["--token-file", str(tmp_path / "token"), *database(tmp_path)]
    with serving(ocpp_rig(*options), tmp_path / "log", web=True) as served, httpx.Client(trust_env=False) as client:
        api = f"http://127.0.0.1:{served.web_port}/api/status"
        assert client.get(api).status_code == 401
        assert client.get(api, headers={"Authorization": "Bearer open-sesame"}).status_code == 200


def test_a_terminal_that_nobody_reads_holds_up_nobody(tmp_path: Path) -> None:
    """Its output is a pipe that is full; charge points and page go on."""
    command = [sys.executable, "-c", STUFFED, *ocpp_rig("--strangers", *database(tmp_path))[2:]]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout
        try:
            lines = [process.stdout.readline().decode() for _ in range(6)]
            web = next(line.split()[-1] for line in lines if "operator's page" in line)
            port = next(line for line in lines if "ws://" in line).split("ws://127.0.0.1:")[1].split("/")[0]
            with httpx.Client(trust_env=False) as client:
                for _ in range(1500):
                    assert client.get(f"http://127.0.0.1:{port}/no/such/path").status_code == 404
                assert client.get(f"{web}api/status").json()["connected"] == 0
            process.terminate()
            assert process.wait(20) == 0, "nor is its own end held up"
        finally:
            process.kill()


STUFFED = """
import fcntl, sys
fcntl.fcntl(1, 1031, 4096)  # F_SETPIPE_SZ: a page, which is soon full
from rig.cli.main import main
sys.exit(main(sys.argv[2:]))
"""
