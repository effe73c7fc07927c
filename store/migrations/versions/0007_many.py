"""Submissions are entered together, and one act may stand for many citizens."""

from pathlib import Path

from alembic import op

revision = "0007"
down_revision = "0006"

SQL = Path(__file__).parent.parent / "sql"


def upgrade() -> None:
    # no_parameters: the driver then takes a file of many statements, and a % in it is only a %.
    script = (SQL / "0007_many.sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(script, execution_options={"no_parameters": True})


def downgrade() -> None:
    """Nothing: the tables are as they were, and 0001_down.sql takes the schema away."""
