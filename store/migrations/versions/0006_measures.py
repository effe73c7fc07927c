"""No count of the measures tells a small one by what is left of its whole."""

from pathlib import Path

from alembic import op

revision = "0006"
down_revision = "0005"

SQL = Path(__file__).parent.parent / "sql"


def upgrade() -> None:
    # no_parameters: the driver then takes a file of many statements, and a % in it is only a %.
    script = (SQL / "0006_measures.sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(script, execution_options={"no_parameters": True})


def downgrade() -> None:
    """Nothing: the view has the columns that it had, and 0001_down.sql takes the schema away."""
