"""What the sample's documentation and source say the charge point does, in one place (`samples/net/ocpp`)."""

from rig.journal.recording import Recording

MODEL, VENDOR = "basic", "zephyr"
"""`struct ocpp_cp_info cpi` of main.c."""
ID_TAGS = {1: "ZepId00", 2: "ZepId01"}
"""`snprintf(idtag[i], …, "ZepId%02d", i)`: the idTag of each connector."""
SAMPLE_INTERVAL_S = 5.0
"""MeterValueSampleInterval, as the library sets it."""
STOP_AFTER_BOOT_S = {1: 29.0, 2: 30.0}
"""BootNotification goes out 1 s after `ocpp init success`, the stops 30 s and 31 s after it."""
SUBPROTOCOL = "ocpp1.6"
ANSWER_LIMIT_S = 0.5
"""Device seconds that the sample waits for Authorize, StartTransaction and StopTransaction (`timeout_ms`)."""

REMOTE_TAG = "RigRemote01"
"""The idTag that the rig starts a transaction with: none of the sample's, and short enough for the firmware."""
REMOTE_CONNECTOR = 1
CONNECTOR_OF_TAG = {tag: connector for connector, tag in ID_TAGS.items()} | {REMOTE_TAG: REMOTE_CONNECTOR}
"""The connector that each idTag charges at, whatever a StartTransaction says."""
UNLOCK_CONNECTOR = 2


def tolerance_s(recording: Recording, span_s: float) -> float:
    """How far a span of `span_s` device seconds, measured on the host, may be off.

    One second for the charge point's own scheduling, its clock's known error, and twice the longest wait for a
    processor that the host imposed in this run (at either end of the span), as recorded.
    """
    return 1.0 + recording.run.clock_error * span_s + 2 * recording.device_s(recording.latest_s)
