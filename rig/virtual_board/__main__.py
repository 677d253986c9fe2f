"""``python -m rig.virtual_board``."""

import sys

from rig.virtual_board.main import main

sys.exit(main(sys.argv[1:]))
