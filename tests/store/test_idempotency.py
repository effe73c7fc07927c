"""A key is answered once; a rival waits for the first and then learns that it came second."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from store import idempotency, ussd_sessions
from store.db import Database
from store.idempotency import Remembered
from store.ussd_sessions import SessionEnd
from tests.store.workflow import NOW, PHONE


def test_an_answer_is_recalled(db: Database) -> None:
    with db.transaction() as tx:
        assert idempotency.recall(tx, "k") is None
        assert idempotency.remember(tx, "k", "f", {"state": "موافق"}, NOW)
        assert not idempotency.remember(tx, "k", "g", {}, NOW)
        assert idempotency.recall(tx, "k") == Remembered("f", {"state": "موافق"})


@pytest.mark.parametrize("first_commits", [True, False])
def test_a_rival_waits_for_the_first(db: Database, first_commits: bool) -> None:
    waiting = threading.Event()

    def rival() -> bool:
        with db.transaction() as tx:
            waiting.set()
            return idempotency.remember(tx, "k", "rival", {}, NOW)

    with ThreadPoolExecutor(1) as pool:
        try:
            with db.transaction() as tx:
                assert idempotency.remember(tx, "k", "first", {}, NOW)
                second = pool.submit(rival)
                waiting.wait()
                with pytest.raises(TimeoutError):
                    second.result(timeout=0.2)
                if not first_commits:
                    raise InterruptedError
        except InterruptedError:
            pass
        assert second.result() is not first_commits


def test_the_end_of_a_session_is_kept_once(db: Database) -> None:
    end = SessionEnd("s1", PHONE, "*964#", "62120", "Success", 41_000, 6, "IQD 0")
    with db.transaction() as tx:
        assert ussd_sessions.record_end(tx, end, NOW)
        assert not ussd_sessions.record_end(tx, end, NOW)
