"""The first tables, for all kinds of facts."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """From an empty database."""
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    time = sa.DateTime(timezone=True)
    op.create_table(
        "applied",
        sa.Column("spool", sa.Text(), nullable=False),
        sa.Column("sequence", big, nullable=False),
        sa.PrimaryKeyConstraint("spool", name="pk_applied"),
    )
    op.create_table(
        "boots",
        sa.Column("id", big, nullable=False),
        sa.Column("charge_point", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("at", time, nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_boots"),
    )
    op.create_index("ix_boots_charge_point_id", "boots", ["charge_point", "id"])
    op.create_table(
        "charge_points",
        sa.Column("identity", sa.Text(), nullable=False),
        sa.Column("registered", sa.Boolean(), nullable=False),
        sa.Column("boot_status", sa.Text(), nullable=False),
        sa.Column("heartbeat_interval_s", big, nullable=False),
        sa.Column("password", sa.Text(), nullable=True),
        sa.Column("boot", sa.Text(), nullable=True),
        sa.Column("booted_at", time, nullable=True),
        sa.PrimaryKeyConstraint("identity", name="pk_charge_points"),
    )
    op.create_table(
        "connectors",
        sa.Column("charge_point", sa.Text(), nullable=False),
        sa.Column("connector", big, autoincrement=False, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("error_code", sa.Text(), nullable=False),
        sa.Column("at", time, nullable=False),
        sa.PrimaryKeyConstraint("charge_point", "connector", name="pk_connectors"),
    )
    op.create_table(
        "meter_values",
        sa.Column("id", big, nullable=False),
        sa.Column("transaction_id", big, nullable=True),
        sa.Column("charge_point", sa.Text(), nullable=False),
        sa.Column("connector", big, nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("timestamp", sa.Text(), nullable=True),
        sa.Column("received_at", time, nullable=False),
        sa.Column("measurand", sa.Text(), nullable=True),
        sa.Column("phase", sa.Text(), nullable=True),
        sa.Column("context", sa.Text(), nullable=True),
        sa.Column("format", sa.Text(), nullable=True),
        sa.Column("location", sa.Text(), nullable=True),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("number", sa.Double(), nullable=True),
        sa.Column("raw", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_meter_values"),
    )
    op.create_index("ix_meter_values_charge_point_id", "meter_values", ["charge_point", "id"])
    op.create_index("ix_meter_values_transaction_id_id", "meter_values", ["transaction_id", "id"])
    op.create_table(
        "notifications",
        sa.Column("id", big, nullable=False),
        sa.Column("charge_point", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("at", time, nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_notifications"),
    )
    op.create_index("ix_notifications_charge_point_id", "notifications", ["charge_point", "id"])
    op.create_table(
        "operations",
        sa.Column("id", big, nullable=False),
        sa.Column("charge_point", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("at", time, nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_operations"),
    )
    op.create_index("ix_operations_charge_point_id", "operations", ["charge_point", "id"])
    op.create_table(
        "statuses",
        sa.Column("id", big, nullable=False),
        sa.Column("charge_point", sa.Text(), nullable=False),
        sa.Column("connector", big, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("at", time, nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_statuses"),
    )
    op.create_index("ix_statuses_charge_point_id", "statuses", ["charge_point", "id"])
    op.create_table(
        "tags",
        sa.Column("id_tag", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("expiry", time, nullable=True),
        sa.Column("parent", sa.Text(), nullable=True),
        sa.Column("concurrent", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id_tag", name="pk_tags"),
    )
    op.create_table(
        "transactions",
        sa.Column("transaction_id", big, autoincrement=False, nullable=False),
        sa.Column("charge_point", sa.Text(), nullable=False),
        sa.Column("connector", big, nullable=True),
        sa.Column("id_tag", sa.Text(), nullable=True),
        sa.Column("reservation", big, nullable=True),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("meter_start", big, nullable=True),
        sa.Column("started", sa.Text(), nullable=True),
        sa.Column("started_at", time, nullable=True),
        sa.Column("meter_stop", big, nullable=True),
        sa.Column("stopped", sa.Text(), nullable=True),
        sa.Column("stopped_at", time, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("stop_id_tag", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("transaction_id", name="pk_transactions"),
    )
    op.create_index("ix_transactions_charge_point_transaction_id", "transactions", ["charge_point", "transaction_id"])
    running = sa.text("stopped_at IS NULL")
    op.create_index(
        "ix_transactions_open", "transactions", ["transaction_id"], sqlite_where=running, postgresql_where=running
    )
