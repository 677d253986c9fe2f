"""Pure functions over a recording, each a check with an id and a citation, each giving a verdict with its evidence."""
