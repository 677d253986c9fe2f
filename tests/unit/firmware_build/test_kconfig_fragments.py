"""Kconfig fragments, and what became of the symbols they ask for."""

from __future__ import annotations

from pathlib import Path

import pytest

from firmware_build import Fragment, FragmentRefused, UnknownFragment, available_fragments, load_fragment
from firmware_build.configuration import check_accepted, check_understood, fragment_of_values, parse_config

LOG = Path("/cache/build.log")


def test_every_fragment_of_the_package_says_what_it_is_for_and_asks_for_something() -> None:
    for fragment in available_fragments():
        assert len(fragment.summary) > 20, fragment.name
        assert fragment.symbols, fragment.name


def test_a_fragment_is_loaded_by_name_or_by_path(tmp_path: Path) -> None:
    mine = tmp_path / "mine.conf"
    mine.write_text("# Mine.\nCONFIG_X=y\n")

    assert load_fragment("addresses-loopback").symbols["CONFIG_NET_SAMPLE_OCPP_SERVER"] == "127.0.0.1"
    assert load_fragment(mine) == Fragment(str(mine), "# Mine.\nCONFIG_X=y\n")


@pytest.mark.parametrize("name", ["no-such-fragment", "../west", "/no/such/file.conf"])
def test_an_unknown_fragment_is_refused_with_the_names_that_are_known(name: str) -> None:
    with pytest.raises(UnknownFragment, match="addresses-loopback, addresses-qemu-user"):
        load_fragment(name)


def test_configuration_files_are_read_as_kconfig_writes_them() -> None:
    text = (
        "# CONFIG_OFF is not set\nCONFIG_ON=y\n"
        'CONFIG_TEXT="a \\"b\\" \\\\"\n'
        "CONFIG_HEX=0x20\n\n# a comment\nCONFIG_ON=n\n"
    )

    assert parse_config(text) == {
        "CONFIG_OFF": "n",
        "CONFIG_ON": "n",
        "CONFIG_TEXT": 'a "b" \\',
        "CONFIG_HEX": "0x20",
    }


def test_values_become_a_fragment_that_kconfig_reads_the_same() -> None:
    values: dict[str, str | int | bool] = {
        "CONFIG_PORT": 9000,
        "SERVER": 'a"b\\',
        "CONFIG_FLAG": False,
        "TRISTATE": "y",
        "SIZE": "0x10",
    }

    fragment = fragment_of_values(values)

    assert 'CONFIG_SERVER="a\\"b\\\\"\n' in fragment.text
    assert fragment.symbols == {
        "CONFIG_PORT": "9000",
        "CONFIG_SERVER": 'a"b\\',
        "CONFIG_FLAG": "n",
        "CONFIG_TRISTATE": "y",
        "CONFIG_SIZE": "0x10",
    }


@pytest.mark.parametrize(
    ("wanted", "config"),
    [
        ("CONFIG_A=y", "CONFIG_A=y"),
        ("CONFIG_A=n", "# CONFIG_A is not set"),
        ("CONFIG_A=n", ""),  # a symbol whose dependencies are not met does not appear at all
        ("# CONFIG_A is not set", ""),
        ("CONFIG_A=16", "CONFIG_A=0x10"),
        ('CONFIG_A="127.0.0.1"', 'CONFIG_A="127.0.0.1"'),
    ],
)
def test_equal_values_in_different_spelling_are_accepted(wanted: str, config: str) -> None:
    check_accepted([Fragment("mine", wanted)], parse_config(config), LOG)


def test_a_later_fragment_overrules_an_earlier_one() -> None:
    fragments = [Fragment("first", "CONFIG_A=1"), Fragment("second", "CONFIG_A=2")]

    check_accepted(fragments, {"CONFIG_A": "2"}, LOG)


def test_a_symbol_with_another_value_is_refused_with_all_that_is_known_of_it() -> None:
    fragment = Fragment("sanitizers", "CONFIG_ASAN=y\nCONFIG_SIZE=5")

    with pytest.raises(FragmentRefused) as refused:
        check_accepted([fragment], {"CONFIG_SIZE": "6"}, LOG)

    assert "CONFIG_ASAN from sanitizers: wanted 'y', got 'n'" in refused.value.message
    assert "CONFIG_SIZE from sanitizers: wanted '5', got '6'" in refused.value.message
    assert refused.value.log == LOG


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ("/x/0-mine.conf:2: warning: attempt to assign the value 'y' to the undefined symbol ODD", "does not exist"),
        ("error: ODD (defined at net/Kconfig:3) is assigned in a file, but is not directly\nuser-configurable",
         "cannot be set by hand"),
        ("/x/0-mine.conf:2: warning: 'ten' is not a valid value for the int symbol ODD. Assignment ignored.",
         "cannot have this value"),
    ],
)  # fmt: skip
def test_a_symbol_at_which_zephyr_gives_up_is_recognised_in_its_output(output: str, reason: str) -> None:
    with pytest.raises(FragmentRefused, match=f"CONFIG_ODD {reason}.*from mine"):
        check_understood([Fragment("mine", "CONFIG_ODD=ten")], output, LOG)


def test_a_symbol_that_no_fragment_asked_for_is_no_fragments_fault() -> None:
    output = "prj.conf:2: warning: attempt to assign the value 'y' to the undefined symbol OF_THE_SAMPLE"

    check_understood([Fragment("mine", "CONFIG_ODD=y")], output, LOG)
