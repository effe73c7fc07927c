"""The provider repeats itself: the same id, the same text under a new id, and after a store that was away."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import psycopg
from flask import Flask
from pydantic import SecretStr

from gateway.app import create_app
from gateway.runtime import Runtime, build
from tests.conversation import Conversation
from tests.fixtures import SECRET, PostOffice, poster
from tests.handset import Handset
from tests.system.journeys import JOURNEYS


def test_the_same_text_under_a_new_id_has_one_effect_and_one_answer(handset: Handset, post: PostOffice) -> None:
    handset.texts("HELP").texts("HELP")
    assert len(post.texts_to(handset.phone)) == 1


def test_asked_again_after_the_answer_it_is_answered_again(handset: Handset, post: PostOffice) -> None:
    citizen = Conversation(handset, post)
    citizen.says("HELP").hears("Text your").says("HELP").hears("Text your")


def test_a_move_repeated_under_a_new_id_counts_once_even_after_its_answer_left(
    handset: Handset, post: PostOffice, database_url: str
) -> None:
    handset.dial().press(*JOURNEYS[0].keys).ends()
    with psycopg.connect(database_url) as connection:
        for state in ("DOCS_REQUIRED", "UNDER_REVIEW", "VISIT_OFFERED"):
            connection.execute("UPDATE application SET state = %s", [state])
    post.relay()
    citizen = Conversation(handset, post)
    citizen.says("2")
    assert len(citizen.last) == 1
    citizen.says("2").hears_nothing()
    with psycopg.connect(database_url) as connection:
        (found,) = connection.execute("SELECT count(*) FROM gateway.event WHERE action = 'change'").fetchone() or (0,)
    assert found == 1


def test_repeats_that_arrive_side_by_side_have_one_effect(app: Flask, post: PostOffice) -> None:
    phone = Handset(poster(app)).phone

    def deliver(number: int) -> int:
        form = {"from": phone, "to": "5599", "text": "HELP", "id": str(uuid.uuid4()), "date": "2026-01-02 03:04:05"}
        return app.test_client().post(f"/at/{SECRET}/sms", data=form).status_code

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(deliver, range(4))) == {200}
    assert len(post.texts_to(phone)) == 1


def test_what_was_refused_while_the_store_was_away_is_answered_once_when_it_is_repeated(
    runtime: Runtime, app: Flask, post: PostOffice, closed_port_url: str
) -> None:
    settings = runtime.settings.model_copy(update={"database_url": SecretStr(closed_port_url)})
    form = {"from": "+9647700000001", "to": "5599", "text": "HELP", "id": "1"}
    broken = create_app(build(settings))
    assert broken.test_client().post(f"/at/{SECRET}/sms", data=form).status_code == 503
    assert [app.test_client().post(f"/at/{SECRET}/sms", data=form).status_code for _ in range(2)] == [200, 200]
    assert len(post.texts_to("+9647700000001")) == 1
