"""The Kconfig file that tells the twin where to connect."""

from pathlib import Path

import pytest

from rig.twin.config import ConfigError, TwinConfig, parse_config, read_config


def test_defaults_are_those_of_the_documentation() -> None:
    assert parse_config([], source="prj.conf") == TwinConfig(
        server="127.0.0.1",
        port=8180,
        path="/steve/websocket/CentralSystemService/zephyr",
        sntp_server="127.0.0.1",
        sntp_port=123,
        board="twin",
    )


def test_reads_the_samples_symbols_and_leaves_others_alone(tmp_path: Path) -> None:
    file = tmp_path / "prj.conf"
    file.write_text(
        "# networking\n"
        "CONFIG_NETWORKING=y\n"
        "# CONFIG_NET_IPV6 is not set\n"
        "\n"
        "CONFIG_HEAP_MEM_POOL_SIZE=0x4000\n"
        'CONFIG_NET_SAMPLE_OCPP_SERVER="central.example"\n'
        "CONFIG_NET_SAMPLE_OCPP_PORT=1\n"
        "CONFIG_NET_SAMPLE_OCPP_PORT=9000\n"
        'CONFIG_NET_SAMPLE_OCPP_WS_PATH="/a\\"b"\n'
        'CONFIG_NET_SAMPLE_SNTP_SERVER="time.example"\n'
        "CONFIG_NET_SAMPLE_SNTP_SERVER_PORT=1123\n"
        'CONFIG_BOARD="bench"\n'
    )
    assert read_config(file) == TwinConfig("central.example", 9000, '/a"b', "time.example", 1123, "bench")


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("NET_SAMPLE_OCPP_PORT=8180", "prj.conf:1: 'NET_SAMPLE_OCPP_PORT=8180' is no Kconfig assignment"),
        ("CONFIG_NETWORKING", "is no Kconfig assignment; write CONFIG_NAME=value"),
        ("CONFIG_NET_SAMPLE_OCPP_PORT=0", "expected a port from 1 to 65535"),
        ("CONFIG_NET_SAMPLE_OCPP_PORT=65536", "expected a port from 1 to 65535"),
        ("CONFIG_NET_SAMPLE_SNTP_SERVER_PORT=ntp", "expected a port from 1 to 65535"),
        ("CONFIG_NET_SAMPLE_OCPP_SERVER=127.0.0.1", "expected a quoted string"),
        ('CONFIG_NET_SAMPLE_OCPP_WS_PATH="zephyr"', 'it must begin with "/"'),
    ],
)
def test_says_what_is_wrong_and_where(line: str, complaint: str) -> None:
    with pytest.raises(ConfigError) as failure:
        parse_config([line], source="prj.conf")
    assert complaint in str(failure.value)
    assert str(failure.value).startswith("prj.conf")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot read .*none\.conf"):
        read_config(tmp_path / "none.conf")
