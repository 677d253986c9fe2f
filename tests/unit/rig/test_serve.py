"""`ocpp-rig serve`: what it refuses before it serves anybody."""

import socket
from pathlib import Path

import pytest

from central_system.ports import listening_socket
from rig.cli.main import main


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user with an empty home."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--sntp-fault", "sleepy"], "kiss-of-death"),
        (["--tls-certificate", "cert.pem"], "--tls-key"),
        (["--client-ca", "ca.pem"], "--tls-certificate"),
        (["--token-file", "/nonexistent/token"], "cannot read the token"),
    ],
)
def test_options_that_make_no_sense_are_a_usage_error(
    options: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["serve", *options]) == 2
    assert said in capsys.readouterr().err


def test_an_empty_token_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "token").write_text("\n", encoding="utf-8")
    assert main(["serve", "--token-file", str(tmp_path / "token")]) == 2
    assert "openssl rand" in capsys.readouterr().err


NOTHING_FIXED = ["--sntp-port", "none", "--web-port", "none"]


def test_a_port_that_is_taken_breaks_the_bench_with_a_cure(capsys: pytest.CaptureFixture[str]) -> None:
    with listening_socket(socket.SOCK_STREAM, "127.0.0.1", 0) as taken:
        taken.listen()
        assert main(["serve", "--port", str(taken.getsockname()[1]), *NOTHING_FIXED]) == 3
    assert "choose another with --port" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--database", "oracle://x"], "sqlite:///"),
        (["--database", "sqlite:////nonexistent/folder/x.db"], "/nonexistent/folder"),
        (["--tls-certificate", "/nonexistent/c.pem", "--tls-key", "/nonexistent/k.pem"], "/nonexistent/c.pem"),
    ],
)
def test_what_cannot_be_used_breaks_the_bench(
    options: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["serve", "--port", "0", *NOTHING_FIXED, *options]) == 3
    assert said in capsys.readouterr().err
