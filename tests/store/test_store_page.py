"""docs/store.md is true: its statements are executed in order, and what it says is refused is refused."""

import re
import secrets
from pathlib import Path

import psycopg
import pytest

from store import places
from store.db import Database
from store.events import history

PAGE = (Path(__file__).parents[2] / "docs" / "store.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```sql(?: ([^\n]*))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
REFERENCE = "24839174"


@pytest.mark.usefixtures("services")
def test_the_pages_examples_work_as_it_says(db: Database, owner: psycopg.Connection, database_url: str) -> None:
    with db.transaction() as tx:
        places.sync(tx, ["10", "11", "20"])
    role, portal, reference = f"portal_{secrets.token_hex(4)}", None, REFERENCE
    try:
        for mark, block in BLOCK.findall(PAGE):
            if mark == "administrator":  # another database and fixed names: tests/store/test_doors.py does the like
                continue
            statement = block.replace("citizen_portal", role).replace(REFERENCE, reference)
            if mark == "owner":
                owner.execute(statement)
                portal = psycopg.connect(database_url, user=role, password="change-me", autocommit=True)
                continue
            assert portal is not None
            if mark.startswith("refused "):
                with pytest.raises(psycopg.errors.CheckViolation, match=re.escape(mark.removeprefix("refused "))):
                    portal.execute(statement)
                continue
            with portal.cursor() as done:
                done.execute(statement)
                if "RETURNING reference" in statement:
                    reference = str((done.fetchone() or [""])[0])
                assert all(result.rowcount != 0 for result in done.results()), statement
    finally:
        if portal is not None:
            portal.close()
        owner.execute(f"DROP OWNED BY {role}")
        owner.execute(f"DROP ROLE {role}")
    with db.transaction() as tx:
        events = history(tx, reference)
    assert {event.actor for event in events} == {role}
    assert [event.reason for event in events if event.reason] == ["the inspector is ill", "agreed by phone"]
    assert events[-1].to_state == "VISIT_SET"


def test_the_page_names_every_column(owner: psycopg.Connection) -> None:
    columns = owner.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' "
        "AND table_name = 'application' ORDER BY ordinal_position"
    )
    assert re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE) == [name for (name,) in columns]
