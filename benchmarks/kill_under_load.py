"""Kill `ocpp-rig serve` under load as often as you like, and count what it acknowledged and what is left of it.

    python -m benchmarks.kill_under_load [--kills 20] [--charge-points 80] [--database postgresql+psycopg://…]

The database must be a new one. Ends with 1 where anything is lost, doubled or contradicted; `--seed` repeats the
moments of a run.
"""

import argparse
import secrets
import tempfile
from pathlib import Path
from random import Random

from benchmarks.killing import killed
from benchmarks.serving import ocpp_rig

SHOWN = 20


def main() -> int:
    """Kill, compare, say what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20, metavar="N", help="under load (default: %(default)s)")
    parser.add_argument("--charge-points", type=int, default=80, metavar="N", help="default: %(default)s")
    parser.add_argument("--database", metavar="URL", help="a new one (default: SQLite in a folder of its own)")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000), help="default: made up, and told")
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}")
    with tempfile.TemporaryDirectory(prefix="kill-under-load-") as folder:
        database = arguments.database or f"sqlite:///{folder}/central-system.db"
        log = Path(folder) / "serve.log"
        ledger = killed(
            ocpp_rig("--strangers", "--unknown-tags", "Accepted", "--database", database),
            database,
            log,
            kills=arguments.kills,
            charge_points=arguments.charge_points,
            random=Random(arguments.seed),  # noqa: S311  (moments, no secrets)
        )
        for wrong in ledger.wrong[:SHOWN]:
            print(wrong)
        if ledger.wrong:
            print("".join(log.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)[-SHOWN:]))
        print(f"{arguments.kills} kills: {ledger}; {len(ledger.wrong)} wrong")
    return 1 if ledger.wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
