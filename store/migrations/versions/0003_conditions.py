"""Moves that not every case has, refused to every writer."""

from pathlib import Path

from alembic import op

revision = "0003"
down_revision = "0002"

SQL = Path(__file__).parent.parent / "sql"


def _run(part: str) -> None:
    script = (SQL / f"0003_{part}.sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(script, execution_options={"no_parameters": True})


def upgrade() -> None:
    _run("conditions")


def downgrade() -> None:
    _run("down")
