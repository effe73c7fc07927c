"""An edit gives a field or a service another name: forms left unfinished before it go on after it, by every channel."""

import json
from pathlib import Path

import psycopg
import pytest
from flask import Flask

from gateway import promises, workflow_sync
from gateway.runtime import Runtime
from gateway.setbacks import Setbacks
from gateway.switchboard import switchboard
from tests.conversation import Conversation
from tests.fixtures import PostOffice
from tests.gateway.live_edits import RENAMED_CARD, RENAMED_FIELD, RENAMED_SERVICE, Edit, forget_earlier
from tests.gateway.test_deadline import held_up, last_hop, work_dies
from tests.gateway.test_dropped import RESUME, again, hang_up
from tests.handset import Handset
from tests.system.journeys import JOURNEYS, STRANGER

WATER = JOURNEYS[0]
TO_ACCOUNT = ("9", *WATER.open, *STRANGER, "1", "1", "1234")
CHILD = "201912345678"
SCHOOL = ("9", "3", *STRANGER, "1", "1", "202005", "1", "0", CHILD)
"""In English, up to the review."""


def stored(database_url: str, table: str) -> str:
    """Everything that a table holds."""
    with psycopg.connect(database_url) as store:
        return json.dumps(store.execute(f"SELECT to_jsonb(t) FROM {table} t").fetchall(), ensure_ascii=False)


def to_supply(config: Path, edit: Edit) -> None:
    """Water is called supply from now on."""
    (config / "services/water.yaml").rename(config / "services/supply.yaml")
    edit(*RENAMED_SERVICE)


def test_a_kept_answer_follows_its_field(app: Flask, handset: Handset, edit: Edit) -> None:
    handset.dial().press(*TO_ACCOUNT).sees("water account number")
    hang_up(handset)
    edit(*RENAMED_FIELD)
    again(app, handset).dial().press("1").sees("water account number").press("0", "1").sees("Plot: 1234")


def test_a_kept_form_follows_its_service(app: Flask, handset: Handset, config: Path, edit: Edit) -> None:
    handset.dial().press(*TO_ACCOUNT)
    hang_up(handset)
    to_supply(config, edit)
    again(app, handset).dial("31").sees("We use your phone number")
    again(app, handset).dial("21").sees("unfinished water request").press("1").sees("water account number")


def test_a_call_that_drops_after_the_edit_leaves_its_form(
    app: Flask, handset: Handset, post: PostOffice, config: Path, edit: Edit
) -> None:
    handset.dial().press(*TO_ACCOUNT)
    to_supply(config, edit)
    hang_up(handset)
    assert RESUME in post.texts_to(handset.phone)[0]
    again(app, handset).dial().press("1").sees("water account number").press("0", "1").sees("Plot: 1234")


def test_a_call_under_way_is_sent_under_the_new_name_of_its_service(
    handset: Handset, post: PostOffice, config: Path, edit: Edit, runtime: Runtime, database_url: str
) -> None:
    handset.dial().press(*TO_ACCOUNT, "0", "1").sees("1 Send")
    to_supply(config, edit)
    workflow_sync.sync(runtime)
    assert handset.press("1").ends().reference in post.texts_to(handset.phone)[0]
    assert '"service": "supply"' in stored(database_url, "application")


def test_nobody_is_told_of_a_form_whose_service_is_gone(
    app: Flask, handset: Handset, post: PostOffice, config: Path, edit: Edit
) -> None:
    handset.dial().press(*TO_ACCOUNT)
    (config / "services/water.yaml").rename(config / "services/supply.yaml")
    edit(*RENAMED_SERVICE[1:])
    hang_up(handset)
    again(app, handset).dial().sees("Missan services")
    assert post.texts_to(handset.phone) == []


@pytest.mark.parametrize("gone", [False, True], ids=["held", "gone"])
def test_a_sensitive_answer_is_stored_sealed_when_a_call_drops_after_the_edit(
    app: Flask, handset: Handset, edit: Edit, runtime: Runtime, database_url: str, gone: bool
) -> None:
    handset.dial().press(*SCHOOL).sees("1 Send")
    edit(*RENAMED_CARD)
    if gone:
        forget_earlier(runtime)
    hang_up(handset)
    assert "child_card" in stored(database_url, "gateway.draft")
    assert CHILD not in stored(database_url, "gateway.draft")
    again(app, handset).dial().press("1").sees(f"Card: {CHILD}")


@pytest.mark.parametrize("gone", [False, True], ids=["held", "gone"])
def test_a_promise_of_before_the_edit_is_kept_with_its_sensitive_answer_sealed(
    handset: Handset, edit: Edit, runtime: Runtime, database_url: str, gone: bool
) -> None:
    handset.dial().press(*SCHOOL)
    with held_up(database_url):
        assert last_hop(switchboard(runtime), handset).startswith("END We are saving it now")
        work_dies(database_url)
    edit(*RENAMED_CARD)
    if gone:
        forget_earlier(runtime)
    promises.mend(runtime, Setbacks())
    kept = stored(database_url, "application")
    assert ("card_of_child" if gone else "child_card") in kept
    assert CHILD not in kept


def test_a_form_of_texts_goes_on_under_the_new_names(
    handset: Handset, post: PostOffice, config: Path, edit: Edit, database_url: str
) -> None:
    citizen = Conversation(handset, post)
    citizen.says("ماء", *STRANGER, "1", "1", "1234").hears("الجيران")
    to_supply(config, edit)
    citizen.says("0").hears("مقياس")
    citizen.says("لاحقا").says("ماء").hears("مقياس")
    citizen.says("1").hears("قطعة: 1234")


def test_a_sensitive_answer_of_a_form_of_texts_stays_sealed(
    handset: Handset, post: PostOffice, edit: Edit, database_url: str
) -> None:
    citizen = Conversation(handset, post)
    citizen.says("تسجيل ابني", *STRANGER, "1", "1", "202005", "1", "0", CHILD).hears("تأكيد")
    edit(*RENAMED_CARD)
    citizen.says("2").hears("بطاقة الطفل")
    assert CHILD not in stored(database_url, "gateway.draft") + stored(database_url, "gateway.dialogue")
    citizen.says("0").hears(CHILD)


def test_a_form_of_texts_whose_service_is_gone_is_over(
    handset: Handset, post: PostOffice, config: Path, edit: Edit
) -> None:
    citizen = Conversation(handset, post)
    citizen.says("ماء", *STRANGER, "1", "1", "1234").hears("الجيران")
    (config / "services/water.yaml").rename(config / "services/supply.yaml")
    edit(*RENAMED_SERVICE[1:])
    citizen.says("24839174").hears("لا يوجد طلب")
    citizen.says("اكمل").hears("ليس لديك")
