"""The suites that run against a charge point; in an installed wheel they are `rig.hil`."""
