"""What a central system is like after the garbage: its log, its page, its database."""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from sqlalchemy import MetaData, create_engine, select

from benchmarks.api import ApiError, told
from benchmarks.bystanders import Steady

TRACEBACK = "Traceback (most recent call last)"
BAD_LOG = re.compile(r"^(ERROR|CRITICAL):|never retrieved|never awaited|[Uu]nhandled|ResourceWarning|was destroyed")
VIEWS = (
    "/api/status",
    "/api/charge-points",
    "/api/refused",
    "/api/tags",
    "/api/transactions?limit=200",
    "/api/transactions?open=true&limit=200",
    "/api/notifications?limit=500",
    "/api/operated?limit=500",
    "/api/frames?limit=1000",
    "/api/frames?limit=200&text=heartbeat",
    "/api/sntp",
)
JSON_COLUMNS = {"request", "boot", "answer", "raw"}


async def unshown(web_port: int) -> list[str]:
    """What the page cannot be told."""
    wrong = []
    for path in VIEWS:
        try:
            await told(web_port, path)
        except (OSError, ApiError) as error:
            wrong.append(str(error))
    try:
        for each in await told(web_port, "/api/transactions?limit=100"):
            await told(web_port, f"/api/transactions/{each['transaction']}")
    except (OSError, ApiError) as error:
        wrong.append(str(error))
    return wrong


def bad_lines(log: Path) -> Iterator[str]:
    """What the log has that it may not have: each kind once, with its first occurrence and how often it occurs."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    found: dict[str, list[int]] = {}
    for number, line in enumerate(lines):
        if TRACEBACK in line:
            end = next((n for n in range(number + 1, len(lines)) if not lines[n].startswith(" ")), number)
            found.setdefault(f"{lines[end - 1].strip()}: {lines[end]}", []).append(number)
        elif BAD_LOG.search(line):
            found.setdefault(line[:100], []).append(number)
    for kind, numbers in found.items():
        yield f"{log}:{numbers[0] + 1}, {len(numbers)} times: {kind}"


def unreadable(database: str, steady: Iterable[Steady]) -> Iterator[str]:
    """What the database does not give back, and what it lacks of those who behaved."""
    engine = create_engine(database)
    tables = MetaData()
    values: dict[str, list[str]] = {}
    try:
        with engine.connect() as connection:
            tables.reflect(connection)
            for table in tables.sorted_tables:
                for row in connection.execute(select(table)).mappings():
                    for column in JSON_COLUMNS & row.keys():
                        if row[column] is not None:
                            json.loads(row[column])
                    if table.name == "meter_values":
                        values.setdefault(row["charge_point"], []).append(row["value"])
    except ValueError as error:
        yield f"the database cannot be read: {error!r}"
    finally:
        engine.dispose()
    for each in steady:
        kept, due = values.get(each.identity, []), [str(number + 1) for number in range(each.values)]
        if kept[: len(due)] != due or len(kept) > len(due) + 1:
            yield f"{each.identity}: of {len(due)} acknowledged meter values the database has {len(kept)}: {kept[-3:]}"
