"""The tap as a weapon: what it can do, on purpose, to what passes it and to the connections themselves."""
