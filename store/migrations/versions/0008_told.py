"""A form says whether the citizen was texted about it."""

from pathlib import Path

from alembic import op

revision = "0008"
down_revision = "0007"

SQL = Path(__file__).parent.parent / "sql"


def upgrade() -> None:
    op.get_bind().exec_driver_sql((SQL / "0008_told.sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    op.execute("ALTER TABLE gateway.draft DROP COLUMN told")
