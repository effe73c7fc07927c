"""What a submission writes beside its case is what the relay would have written of its event."""

from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from tests.fixtures import PostOffice
from tests.handset import Handset
from tests.system.journeys import JOURNEYS, Journey

CASE = "SELECT state, due_at, version FROM application WHERE reference = %s"
CLOCK = "SELECT * FROM gateway.clock WHERE reference = %s"
EVENT = "SELECT actor_kind, action, relayed_at IS NOT NULL AS told FROM gateway.event WHERE reference = %s"
MESSAGE = """
    SELECT phone, language, kind, text, parts, priority, state, held, lane FROM gateway.message WHERE reference = %s"""


@pytest.mark.parametrize("journey", JOURNEYS, ids=lambda journey: journey.service)
@pytest.mark.parametrize("opening", [(), ("9",)], ids=["ar", "en"])
def test_a_submission_announces_itself_as_the_relay_would(
    handset: Handset, post: PostOffice, database_url: str, journey: Journey, opening: tuple[str, ...]
) -> None:
    reference = handset.dial().press(*opening, *journey.keys).ends().reference
    with psycopg.connect(database_url, autocommit=True, row_factory=dict_row) as store:

        def written() -> list[list[dict[str, Any]]]:
            return [store.execute(each, [reference]).fetchall() for each in (CASE, CLOCK, EVENT, MESSAGE)]

        by_itself = written()
        assert post.relay() == 0
        store.execute("DELETE FROM gateway.message")
        store.execute("DELETE FROM gateway.clock")
        store.execute("UPDATE application SET due_at = NULL")
        store.execute("UPDATE gateway.event SET relayed_at = NULL")
        assert post.relay() == 1
        assert written() == by_itself
        assert all(by_itself)
