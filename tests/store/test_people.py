"""Citizens keep their language, profile and wish not to be written to."""

from datetime import datetime, timedelta

from store import people
from store.db import Database, Transaction
from tests.store.workflow import NOW, PHONE

LATER = NOW + timedelta(days=1)


def test_a_stranger_is_nobody(db: Database) -> None:
    with db.transaction() as tx:
        assert people.find(tx, PHONE) is None


def test_news_is_for_who_asked_for_it_and_until_they_stop_it(db: Database) -> None:
    def asked(tx: Transaction) -> datetime | None:
        person = people.find(tx, PHONE)
        return person.news_at if person else None

    with db.transaction() as tx:
        people.set_language(tx, PHONE, "en", None, NOW)
        assert asked(tx) is None
        people.start(tx, PHONE, NOW)
        people.start(tx, PHONE, LATER)
        assert asked(tx) == NOW
        people.stop(tx, PHONE, LATER)
        assert asked(tx) is None


def test_the_language_before_a_session_is_remembered_through_all_its_changes(db: Database) -> None:
    with db.transaction() as tx:
        seen = []
        for language, session in (("ar", None), ("en", "s1"), ("ar", "s1"), ("en", "s1"), ("ar", "s2")):
            people.set_language(tx, PHONE, language, session, NOW)
            person = people.find(tx, PHONE)
            assert person is not None
            seen.append((person.language, person.language_before, person.language_session))
    assert seen == [("ar", None, None), ("en", "ar", "s1"), ("ar", "ar", "s1"), ("en", "ar", "s1"), ("ar", "en", "s2")]


def test_a_profile_keeps_what_is_not_given_and_the_first_consent(db: Database) -> None:
    with db.transaction() as tx:
        people.save_profile(tx, PHONE, language="en", consent=True, place="amara", card="199012345678", now=NOW)
        people.save_profile(tx, PHONE, language="ar", consent=True, place=None, card=None, now=LATER)
        person = people.find(tx, PHONE)
        assert person is not None
        assert (person.language, person.place, person.card) == ("ar", "amara", "199012345678")
        assert (person.consent_at, person.created_at, person.updated_at) == (NOW, NOW, LATER)
        people.save_profile(tx, PHONE, language="ar", consent=False, place=None, card="none", now=LATER)
        person = people.find(tx, PHONE)
        assert person is not None
        assert (person.consent_at, person.card) == (None, "none")


def test_stop_and_start(db: Database) -> None:
    with db.transaction() as tx:
        for now in (NOW, LATER):
            people.stop(tx, PHONE, now)
        stopped = people.find(tx, PHONE)
        people.start(tx, PHONE, LATER)
        started = people.find(tx, PHONE)
    assert stopped is not None
    assert started is not None
    assert (stopped.stopped_at, stopped.language, started.stopped_at) == (NOW, "ar", None)
