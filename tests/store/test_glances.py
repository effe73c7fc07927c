"""A glance at a case has one row, whether there is a case or not."""

from gateway.runtime import Runtime
from store import glances


def test_a_reference_of_nothing_is_a_row_of_nothing(runtime: Runtime) -> None:
    with runtime.db.transaction() as tx:
        found = glances.look(tx, "00000000")
    assert found == glances.Glance("00000000", None, None, None, None, None, None)
