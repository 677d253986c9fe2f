"""An error tells what happened, where the evidence is and what to do next."""

from __future__ import annotations

from pathlib import Path

from firmware_build import BuildError, BuildFailed


def test_an_error_shows_message_log_and_cure() -> None:
    error = BuildFailed("compiling ended with 1", cure="read the log", log=Path("/cache/build.log"))

    assert str(error) == "compiling ended with 1\nlog: /cache/build.log\ncure: read the log"


def test_an_error_without_a_log_shows_none() -> None:
    assert str(BuildError("no gcc", cure="apt-get install gcc")) == "no gcc\ncure: apt-get install gcc"
