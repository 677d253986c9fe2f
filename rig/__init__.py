"""Run a charge point, record it on one clock, judge the recording."""
