"""Which generation of the sample a Zephyr tree has."""

from __future__ import annotations

import shutil

import pytest

from firmware_build import SampleNotFound, Workspace, read_sample
from firmware_build.sample import OCPP_PATH


def test_the_sample_of_zephyr_4_3_has_a_fixed_time_port_and_path(workspace: Workspace) -> None:
    sample = read_sample(workspace)

    assert sample.path == workspace.zephyr_base / "samples" / "net" / "ocpp"
    assert (sample.ocpp_port, sample.ocpp_path, sample.sntp_port) == (8180, OCPP_PATH, 123)
    assert not sample.ocpp_path_configurable
    assert not sample.sntp_port_configurable


def test_the_newer_sample_lets_the_time_port_and_the_path_be_chosen(workspace: Workspace) -> None:
    kconfig = workspace.zephyr_base / "samples" / "net" / "ocpp" / "Kconfig"
    kconfig.write_text(
        'config NET_SAMPLE_OCPP_PORT\n\tint "OCPP server port"\n\tdefault 9000\n'
        'config NET_SAMPLE_SNTP_SERVER_PORT\n\tint "SNTP server port"\n\tdefault 1123\n'
        'config NET_SAMPLE_OCPP_WS_PATH\n\tstring "path"\n\tdefault "/ocpp/zephyr"\n\thelp\n\t  The path.\n'
    )

    sample = read_sample(workspace)

    assert (sample.ocpp_path, sample.sntp_port) == ("/ocpp/zephyr", 1123)
    assert sample.ocpp_port == 8180, "prj.conf comes after Kconfig's default"
    assert sample.ocpp_path_configurable
    assert sample.sntp_port_configurable


def test_a_zephyr_without_the_sample_is_refused_with_a_way_to_get_it(workspace: Workspace) -> None:
    shutil.rmtree(workspace.zephyr_base / "samples")

    with pytest.raises(SampleNotFound, match="ocpp-rig workspace init"):
        read_sample(workspace)
