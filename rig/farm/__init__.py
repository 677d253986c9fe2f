"""A farm of boards: labgrid's places, acquired and given back with the run.

Whatever talks to labgrid's coordinator is a process of its own (`rig.farm.keeper`); only that and `rig.farm.driver`
import labgrid, which is the optional extra `farm`.
"""
