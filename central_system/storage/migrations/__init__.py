"""The revisions of the tables, oldest first; each is a file in `versions`, executed by alembic (`migrating`).

A new one: change `tables`, write `versions/rNNNN_what_for.py` whose `down_revision` is the one before, and let
`test_the_migrations_make_what_the_models_say` tell what is still missing. Revisions that were released never change.
"""
