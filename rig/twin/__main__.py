"""``python -m rig.twin``."""

import sys

from rig.twin.main import main

sys.exit(main(sys.argv[1:]))
