"""What a charge point may have beyond Zephyr's sample: one file for each feature profile of OCPP 1.6."""
