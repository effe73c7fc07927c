"""Settling by key whatever the size of the outbox, and an index of old texts that messages under way do not touch."""

from pathlib import Path

from alembic import op

revision = "0004"
down_revision = "0003"

SQL = Path(__file__).parent.parent / "sql"


def _run(name: str) -> None:
    # no_parameters: the driver then takes a file of many statements, and a % in it is only a %.
    script = (SQL / name).read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(script, execution_options={"no_parameters": True})


def upgrade() -> None:
    _run("0004_delivery.sql")


def downgrade() -> None:
    _run("0004_down.sql")
