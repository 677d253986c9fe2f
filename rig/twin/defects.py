"""The ways in which the twin can be told to misbehave, one at a time."""

from enum import StrEnum
from typing import Self


class Defect(StrEnum):
    """One named misbehaviour; everything else stays right.

    The value is the name on the command line; ``description`` says what goes wrong.
    """

    description: str

    def __new__(cls, name: str, description: str) -> Self:
        """Make a member whose value is its name on the command line."""
        member = str.__new__(cls, name)
        member._value_ = name
        member.description = description
        return member

    WRONG_BUILD = "wrong-build", "the boot banner shows another build string than asked for"
    BANNER_TWICE = "banner-twice", "prints the boot banner twice"
    WRONG_SAMPLE = "wrong-sample", "the console greets as another sample than OCPP"
    NO_ADDRESS = "no-address", "the address lines on the console say 0.0.0.0"
    WRONG_SERVER_LINE = "wrong-server-line", "the console names 192.0.2.1 as the central system"
    SNTP_IGNORED_LINE = "sntp-ignored-line", "the console's epoch seconds are an hour off, the clock is right"
    NO_SNTP = "no-sntp", "no SNTP request and no line about it; the clock stays in 1970"
    TIMESTAMPS_OFF = "timestamps-off", "timestamps in frames are an hour off"
    WRONG_PATH = "wrong-path", "connects to /steve/websocket/CentralSystemService/other"
    NO_SUBPROTOCOL = "no-subprotocol", "offers no WebSocket sub-protocol"
    BOOT_LATE = "boot-late", "sends one Heartbeat before BootNotification"
    BOOT_WRONG_MODEL = "boot-wrong-model", 'BootNotification says chargePointModel "advanced"'
    HEARTBEAT_SLOW = "heartbeat-slow", "Heartbeats come at 1.5 times the interval asked for"
    HEARTBEAT_MISSING = "heartbeat-missing", "sends no Heartbeat"
    AUTHORIZE_SKIPPED = "authorize-skipped", "connector 2 starts without Authorize, console lines unchanged"
    AUTHORIZE_WRONG_TAG = "authorize-wrong-tag", "connector 1 authorises and charges with the tag ZepId99"
    SERIAL_CONNECTORS = (
        "serial-connectors",
        "connector 2 begins only when connector 1 has stopped, and misses its own stop",
    )
    START_WRONG_CONNECTOR = "start-wrong-connector", "connector 2's StartTransaction says connectorId 3"
    START_MISSING = "start-missing", "connector 2 is authorised and never starts"
    METER_AFTER_STOP = "meter-after-stop", "connector 1 sends one more MeterValues 5 s after its stop"
    METER_SLOW = "meter-slow", "MeterValues come at 1.5 times MeterValueSampleInterval"
    METER_MISSING = "meter-missing", "connector 2 sends no MeterValues"
    METER_FALLING = "meter-falling", "sampled values fall"
    METER_WRONG_TRANSACTION = "meter-wrong-transaction", "connector 2's MeterValues: transactionId + 1000"
    METER_WRONG_CONNECTOR = "meter-wrong-connector", "connector 2's MeterValues say connectorId 1"
    REGISTER_RANDOM = "register-random", "meterStart and meterStop are random 32-bit numbers"
    STOP_EARLY = "stop-early", "connector 1 stops at 20 s instead of 30 s"
    STOP_MISSING = "stop-missing", "connector 2 never stops"
    STOP_WRONG_TRANSACTION = "stop-wrong-transaction", "connector 1's StopTransaction carries transactionId -1"
    CONSOLE_SILENT = "console-silent", "the start line of connector 2 is missing on the console"
    CONSOLE_DISORDER = "console-disorder", "connector 1's stop line comes 2 s before its StopTransaction"
    FATAL_ERROR = "fatal-error", "prints a Zephyr fatal-error block after both stops and goes on"
    DROPPED_MESSAGES = "dropped-messages", "the console says that three log messages were dropped"
    SCHEMA_EXTRA_FIELD = "schema-extra-field", 'MeterValues carry an extra field "vendorId"'
    SCHEMA_BAD_TYPE = "schema-bad-type", "StartTransaction's meterStart is a string"
    UID_REUSED = "uid-reused", "two calls in a row carry one message id"
    INVALID_JSON = "invalid-json", "a frame that is no JSON comes just before the first Heartbeat"
    RESTARTS = "restarts", "restarts once, after the second MeterValues of connector 1"
    RECONNECTS = "reconnects", "drops the TCP connection once in mid transaction; no message is lost"
    CRASH = "crash", "prints a fatal-error block in mid transaction and dies of SIGSEGV"
    HALTS = "halts", "prints a fatal-error block in mid transaction and halts, without ending"
    SILENT = "silent", "prints the boot banner and does nothing more"
    DEAD = "dead", "prints nothing and does nothing"
    REMOTE_START_IGNORED = "remote-start-ignored", "accepts RemoteStartTransaction, nothing follows"
    REMOTE_START_REJECTED = "remote-start-rejected", "rejects every RemoteStartTransaction"
    REMOTE_STOP_IGNORED = "remote-stop-ignored", "accepts RemoteStopTransaction, nothing follows"
    UNLOCK_FAILED = "unlock-failed", "answers UnlockConnector with UnlockFailed"
    UNLOCK_SILENT = "unlock-silent", "does not answer UnlockConnector"
