"""What a central system acknowledged, held against what its database keeps."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, create_engine, text


@dataclass
class Ledger:
    """What was acknowledged, by transaction id, and what contradicts it."""

    started: dict[int, tuple[str, str]] = field(default_factory=dict)
    """Charge point and time stamp of the start."""
    stopped: dict[int, int] = field(default_factory=dict)
    """The register at the end, in Wh."""
    metered: dict[str, int] = field(default_factory=dict)
    """Each value's transaction; no value is sent twice."""
    unknown: set[str] = field(default_factory=set)
    """Values that were sent and not acknowledged."""
    stopping: set[int] = field(default_factory=set)
    """Transactions of which a stop was sent and not acknowledged: they may be open or not."""
    wrong: list[str] = field(default_factory=list)

    @property
    def open(self) -> set[int]:
        """The transactions of which no stop was acknowledged."""
        return self.started.keys() - self.stopped.keys()

    def __str__(self) -> str:
        return (
            f"{len(self.started)} starts, {len(self.stopped)} stops and {len(self.metered)} meter values acknowledged, "
            f"{len(self.unknown)} meter values of unknown fate"
        )


def compare(database: str, ledger: Ledger) -> None:
    """Note in the ledger what the database (an SQLAlchemy URL) lacks, has twice or has otherwise."""
    engine = create_engine(database)
    try:
        with engine.connect() as connection:
            transactions = connection.execute(
                text("SELECT transaction_id, charge_point, started, meter_stop, stopped_at FROM transactions")
            ).all()
            values = connection.execute(text("SELECT value, transaction_id FROM meter_values")).all()
    finally:
        engine.dispose()
    _compare_transactions(transactions, ledger)
    _compare_values(Counter((row.value, row.transaction_id) for row in values), ledger)


def _compare_transactions(rows: Sequence[Row[Any]], ledger: Ledger) -> None:
    kept = {row.transaction_id: row for row in rows}
    for number, mine in ledger.started.items():
        row = kept.get(number)
        if row is None or (row.charge_point, row.started) != mine:
            ledger.wrong.append(f"transaction {number} of {mine} is kept as {row}")
            continue
        meter_stop = ledger.stopped.get(number)
        if meter_stop is not None and (row.stopped_at is None or row.meter_stop != meter_stop):
            ledger.wrong.append(f"transaction {number} ended at {meter_stop} Wh and is kept as {row}")
    for mine, times in Counter((row.charge_point, row.started) for row in rows).items():
        if times > 1:
            ledger.wrong.append(f"the start of {mine} is kept {times} times")


def _compare_values(kept: Counter[tuple[str, int]], ledger: Ledger) -> None:
    for (value, number), times in kept.items():
        if times > 1 or (value not in ledger.unknown and ledger.metered.get(value) != number):
            ledger.wrong.append(f"meter value {value} of transaction {number} is kept {times} times")
    for value, number in ledger.metered.items():
        if (value, number) not in kept:
            ledger.wrong.append(f"meter value {value} of transaction {number} is lost")
