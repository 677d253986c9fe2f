"""The other end of the charge point: an OCPP 1.6-J central system and an SNTP responder behind a wire tap.

Knows nothing of the rig. What it observes it hands to one callback, as the events of `central_system.events`.
"""
