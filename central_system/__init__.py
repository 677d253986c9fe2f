"""The other end of the charge point: an OCPP 1.6-J central system and an SNTP responder behind a wire tap.

Knows nothing of the rig. What it observes it hands to one callback, as the events of `central_system.events`.
"""

import logging

# A library's log is its user's to show. What matters is told to the observer as well.
logging.getLogger(__name__).addHandler(logging.NullHandler())
