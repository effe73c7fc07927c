"""The whole corpus sent by a phone with open cases: nothing changes unless the message asks for it."""

import json

import pytest
import sqlalchemy as sa

from gateway.runtime import Runtime
from handlers.answers import Sender
from handlers.texting import answer
from store.db import Transaction
from tests.corpus import messages
from tests.handset import new_phone

ORDERS = frozenset({"STOP", "START", "LANG", "CANCEL", "APPEAL", "YES", "NO", "ANSWER"})
SEEN = ("DOCS_REQUIRED", "UNDER_REVIEW")
KEPT = "SELECT to_jsonb(a) - 'updated_at' FROM application a WHERE phone = :phone ORDER BY reference"
PERSON = "SELECT language, stopped_at, disowned_at FROM gateway.person WHERE phone = :phone"
MUTED = "SELECT reference FROM gateway.muted_case WHERE phone = :phone"


@pytest.fixture
def phone(runtime: Runtime) -> str:
    """A phone with a visit to answer, a request to withdraw, one to object to, one that lacks its plot number."""
    phone = new_phone()
    with runtime.db.transaction() as tx:
        for path in ((*SEEN, "VISIT_OFFERED"), (), (*SEEN, "REJECTED"), (*SEEN, "INFO_REQUIRED")):
            insert = "INSERT INTO application (service, phone, place, language) VALUES ('water', :phone, '10', 'ar')"
            reference = tx.execute(sa.text(f"{insert} RETURNING reference"), {"phone": phone}).scalar()
            for state in path:
                values = {"state": state, "reference": reference, "asked": '{"question": "plot"}'}
                update = "UPDATE application SET state = :state, details = CAST(:asked AS jsonb)"
                tx.execute(sa.text(f"{update} WHERE reference = :reference"), values)
    return phone


def _data(tx: Transaction, phone: str) -> str:
    said = [tx.execute(sa.text(query), {"phone": phone}).all() for query in (KEPT, PERSON, MUTED)]
    return json.dumps(said, default=str)


def test_no_message_of_the_corpus_changes_what_it_does_not_ask_to_change(runtime: Runtime, phone: str) -> None:
    changed = []
    with runtime.db.transaction() as tx:
        before = _data(tx, phone)
        for number, message in enumerate(messages(), 1_000_000):
            with tx.begin_nested() as savepoint:
                answer(runtime.context(tx), Sender(phone, number, "ar", "*964#"), message.text)
                if message.intent not in ORDERS and _data(tx, phone) != before:
                    changed.append(message)
                savepoint.rollback()
    assert changed == []
