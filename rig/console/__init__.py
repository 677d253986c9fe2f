"""The charge point's console: bytes to lines, to Zephyr log records, to the milestones of the sample."""
