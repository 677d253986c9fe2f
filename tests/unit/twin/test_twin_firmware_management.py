"""Firmware Management: what the twin tells while it fetches firmware and delivers diagnostics."""

import pytest

from rig.twin.profiles.profile import Profile
from tests.unit.twin.bench import Bench
from tests.unit.twin.profile_bench import against_an_idle_twin, at, charge, valid

IMAGE = "ftp://files.example/firmware.bin"
NOWHERE = "http://files.invalid/firmware.bin"


def told(bench: Bench, action: str = "FirmwareStatusNotification") -> list[str]:
    return [call.payload["status"] for call in bench.of(action)]


def test_firmware_is_installed_after_retrieve_date_while_connectors_are_unavailable() -> None:
    async def scenario(bench: Bench) -> None:
        assert await valid(bench, "UpdateFirmware", location=IMAGE, retrieveDate=at(20)) == {}
        await bench.until(lambda: len(bench.of("FirmwareStatusNotification")) == 4)
        assert told(bench) == ["Downloading", "Downloaded", "Installing", "Installed"]
        assert bench.of("FirmwareStatusNotification")[0].at == pytest.approx(20, abs=0.5)
        await bench.until(lambda: bench.statuses(2)[-2:] == ["Unavailable", "Available"])

    against_an_idle_twin(scenario, Profile.FIRMWARE_MANAGEMENT)


def test_installation_waits_for_transactions() -> None:
    async def scenario(bench: Bench) -> None:
        transaction = await charge(bench, 1)
        await valid(bench, "UpdateFirmware", location=IMAGE, retrieveDate="2020-01-01T00:00:00.5+02:00")
        await bench.until(lambda: bench.statuses(2)[-1] == "Unavailable")
        assert told(bench) == ["Downloading", "Downloaded"]
        start = await valid(bench, "RemoteStartTransaction", idTag="Guest", connectorId=2)
        assert start == {"status": "Rejected"}
        await valid(bench, "RemoteStopTransaction", transactionId=transaction)
        await bench.until(lambda: told(bench)[-1] == "Installed")
        assert bench.statuses(1)[-1] == "Unavailable"

    against_an_idle_twin(scenario, Profile.FIRMWARE_MANAGEMENT)


def test_a_download_that_fails_is_tried_again_as_often_as_asked() -> None:
    async def scenario(bench: Bench) -> None:
        await valid(bench, "UpdateFirmware", location=NOWHERE, retrieveDate=at(0), retries=2, retryInterval=30)
        await bench.until(lambda: told(bench) == ["Downloading", "DownloadFailed"])
        begin, end = (call.at for call in bench.of("FirmwareStatusNotification"))
        assert end - begin == pytest.approx(2 * (2 + 30) + 2, abs=1)

    against_an_idle_twin(scenario, Profile.FIRMWARE_MANAGEMENT)


def test_a_folder_is_no_firmware() -> None:
    async def scenario(bench: Bench) -> None:
        await valid(bench, "UpdateFirmware", location="https://files.example/", retrieveDate=at(0))
        await bench.until(lambda: told(bench) == ["Downloading", "Downloaded", "Installing", "InstallationFailed"])
        await bench.until(lambda: bench.statuses(2)[-1] == "Available")

    against_an_idle_twin(scenario, Profile.FIRMWARE_MANAGEMENT)


def test_diagnostics_are_uploaded_under_the_name_in_the_answer() -> None:
    async def scenario(bench: Bench) -> None:
        answer = await valid(bench, "GetDiagnostics", location="ftp://files.example/")
        assert answer["fileName"].endswith(".log")
        await bench.until(lambda: told(bench, "DiagnosticsStatusNotification") == ["Uploading", "Uploaded"])
        await valid(bench, "GetDiagnostics", location="gopher://files.example/")
        await bench.until(lambda: told(bench, "DiagnosticsStatusNotification")[2:] == ["Uploading", "UploadFailed"])

    against_an_idle_twin(scenario, Profile.FIRMWARE_MANAGEMENT)


def test_there_are_no_diagnostics_of_the_future() -> None:
    async def scenario(bench: Bench) -> None:
        assert await valid(bench, "GetDiagnostics", location="ftp://files.example/", startTime=at(1000)) == {}
        backwards = {"startTime": at(-10), "stopTime": at(-20)}
        assert await valid(bench, "GetDiagnostics", location="ftp://files.example/", **backwards) == {}

    against_an_idle_twin(scenario, Profile.FIRMWARE_MANAGEMENT)
