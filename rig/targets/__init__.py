"""The ways of running a charge point: each a small class with the same interface, `rig.targets.base.Target`."""
