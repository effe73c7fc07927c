"""The shared application store: application, capture of changes, outbox, people."""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None

SQL = Path(__file__).parent.parent / "sql"
PARTS = (
    "workflow", "application", "guard", "event", "capture", "outbox", "people", "broadcasts", "metrics", "drafts", "texting",
    "clocks", "personal", "scale", "measures", "doors",
)


def _run(part: str) -> None:
    # no_parameters: the driver then takes a file of many statements, and a % in it is only a %.
    script = (SQL / f"0001_{part}.sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(script, execution_options={"no_parameters": True})


def upgrade() -> None:
    for part in PARTS:
        _run(part)


def downgrade() -> None:
    _run("down")
