"""The twin: the charge point that Zephyr's OCPP sample documents, as a program of its own.

It speaks real WebSockets and real SNTP, prints the firmware's console lines and reads the firmware's
``CONFIG_*`` names, so that the rig runs it as it runs firmware. ``--profile NAME`` gives it what OCPP 1.6 asks
beyond the sample; ``--defect NAME`` makes it misbehave in one named way, which proves that the rig's checks can fail.
"""
