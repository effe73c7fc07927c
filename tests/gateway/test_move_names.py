"""A move that another system makes by SQL has the name that it has for this case."""

import psycopg
import pytest

from tests.gateway.office import Office


@pytest.mark.parametrize(("stage", "name"), [("transfer", "dg_approve"), ("primary", "seat")])
def test_of_two_moves_between_two_states_the_history_names_the_one_that_the_case_has(
    office: Office, database_url: str, stage: str, name: str
) -> None:
    reference = office.case("school", stage=stage)
    with psycopg.connect(database_url) as portal:
        for state in ("UNDER_REVIEW", "APPROVED"):
            portal.execute("UPDATE application SET state = %s WHERE reference = %s", [state, reference])
        row = portal.execute(
            "SELECT action FROM gateway.event WHERE reference = %s ORDER BY id DESC LIMIT 1", [reference]
        ).fetchone()
    assert row == (name,)
