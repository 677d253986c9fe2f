"""One run, one file, one clock: the events of a run, their writer and their reader."""
