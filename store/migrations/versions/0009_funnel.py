"""How a call ended, by the provider's own count of its time; each step once; and what is not known is said to be so."""

from pathlib import Path

from alembic import op

revision = "0009"
down_revision = "0008"

SQL = Path(__file__).parent.parent / "sql"


def upgrade() -> None:
    # no_parameters: the driver then takes a file of many statements, and a % in it is only a %.
    script = (SQL / "0009_funnel.sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(script, execution_options={"no_parameters": True})


def downgrade() -> None:
    """Nothing: the views have the columns that they had and two more, and 0001_down.sql takes the schema away."""
