"""Brings a database to the tables of this program: alembic's revisions, without a configuration file."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from central_system.storage.errors import StorageError

VERSION_TABLE = "ocpp_rig_revision"
SCRIPTS = Path(__file__).parent / "migrations"


def migrate(connection: Connection, name: str, *, scripts: Path = SCRIPTS) -> None:
    """Bring the database to the newest revision, wholly or not at all. `name` is what errors call it.

    Raises:
        StorageError: the database is of a revision that this program does not know.
        SQLAlchemyError: the database refuses.
    """
    config = Config(attributes={"connection": connection, "version_table": VERSION_TABLE})
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    known = {each.revision for each in ScriptDirectory.from_config(config).walk_revisions()}
    with connection.begin():
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        if newer := set(context.get_current_heads()) - known:
            raise StorageError(
                f"{name} is of revision {', '.join(newer)}, which this program does not know: a newer one made it",
                "upgrade zephyr-ocpp-rig on this host, or use another database",
            )
        command.upgrade(config, "head")
