"""For all tests: they run from a checkout, and in the background of a shell too."""

import signal
import sys
from pathlib import Path

import hypothesis

# `tests` is no package of the wheel; its helpers are imported as `tests.…` from the checkout.
sys.path.insert(0, str(Path(__file__).parent))

# A shell without job control starts its background jobs with SIGINT ignored, and whatever they start inherits that: a
# test that sends Ctrl-C to a child would wait for ever.
signal.signal(signal.SIGINT, signal.default_int_handler)

# How long an example takes is the host's business; what is slow is measured in benchmarks/.
hypothesis.settings.register_profile("rig", deadline=None)
hypothesis.settings.load_profile("rig")
