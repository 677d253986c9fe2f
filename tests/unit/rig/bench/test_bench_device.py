"""Which board of the bench is meant."""

import dataclasses
import pickle

import pytest

from rig.bench.device import Device, Dhcp, Network, find_device
from rig.errors import UsageError

DISCO = Device("A1", "stm32f769i_disco", product="STM32 STLink")
SECOND = Device("B2", "stm32f769i_disco", product="STM32 STLink")
TWO_FACED = Device("C3", "nrf5340dk/nrf5340/cpuapp nrf5340dk/nrf5340/cpuapp/ns", product="J-Link")


def test_the_only_one_needs_no_name() -> None:
    assert find_device([DISCO]) == DISCO


def test_a_platform_or_an_id_names_one_of_several() -> None:
    assert find_device([DISCO, TWO_FACED], platform="stm32f769i_disco") == DISCO
    assert find_device([DISCO, SECOND], id="B2") == SECOND


def test_a_board_is_the_same_with_and_without_its_qualifiers() -> None:
    qualified = Device("D4", "stm32f769i_disco/stm32f769xx")
    assert find_device([qualified], platform="stm32f769i_disco").id == "D4"
    assert find_device([DISCO], platform="stm32f769i_disco/stm32f769xx").id == "A1"
    with pytest.raises(UsageError):
        find_device([DISCO], platform="stm32f769i")


def test_one_of_several_variants_of_a_board_is_chosen_by_its_name() -> None:
    found = find_device([TWO_FACED], platform="nrf5340dk/nrf5340/cpuapp/ns")
    assert (found.id, found.platform) == ("C3", "nrf5340dk/nrf5340/cpuapp/ns")
    with pytest.raises(UsageError, match="several platforms; name one: nrf5340dk/nrf5340/cpuapp, nrf5340dk"):
        find_device([TWO_FACED], id="C3")


def test_several_that_fit_are_listed() -> None:
    with pytest.raises(UsageError) as error:
        find_device([DISCO, SECOND, TWO_FACED], platform="stm32f769i_disco")
    assert "2 connected devices" in str(error.value)
    assert "A1" in str(error.value)
    assert "B2" in str(error.value)
    assert "C3" not in str(error.value)


def test_none_that_fits_lists_what_there_is_and_what_is_not_connected() -> None:
    with pytest.raises(UsageError) as error:
        find_device([dataclasses.replace(DISCO, connected=False), TWO_FACED], platform="stm32f769i_disco")
    assert "no connected device for platform stm32f769i_disco" in str(error.value)
    assert "A1  stm32f769i_disco  STM32 STLink  (not connected)" in str(error.value)


def test_a_device_goes_into_journals_and_to_other_processes() -> None:
    device = dataclasses.replace(DISCO, network=Network(dhcp=Dhcp("192.0.2.2", "192.0.2.9", names={"a": "192.0.2.1"})))
    assert pickle.loads(pickle.dumps(device)) == device  # noqa: S301  (our own)
    assert dataclasses.asdict(device)["network"]["dhcp"]["names"] == {"a": "192.0.2.1"}
