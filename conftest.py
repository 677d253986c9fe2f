"""For all tests: they run from a checkout, and one that needs Zephyr says so by its marker."""

import sys
from pathlib import Path

# `tests` is no package of the wheel; its helpers are imported as `tests.…` from the checkout.
sys.path.insert(0, str(Path(__file__).parent))
