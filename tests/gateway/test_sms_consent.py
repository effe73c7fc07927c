"""STOP and START, for everything and for one case; quiet hours, days off, and what is exempt from them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

import psycopg
import pytest
from click.testing import CliRunner

from gateway.app import create_app
from gateway.relay import relay_once
from gateway.runtime import Runtime
from gateway.setbacks import Setbacks
from gateway.sms_cli import sms
from handlers import notify
from menus.notices import QuietHours
from store import clocks
from tests.conversation import Conversation
from tests.fixtures import PostOffice, poster
from tests.handset import Handset
from tests.system.journeys import JOURNEYS

BAGHDAD = ZoneInfo("Asia/Baghdad")
EVENING = datetime(2026, 11, 23, 22, 30, tzinfo=BAGHDAD)  # a Monday
FRIDAY = datetime(2026, 11, 27, 10, 0, tzinfo=BAGHDAD)


@pytest.fixture
def citizen(handset: Handset, post: PostOffice) -> Conversation:
    handset.dial().press(*JOURNEYS[0].keys).ends()
    return Conversation(handset, post)


@pytest.fixture
def changed(runtime: Runtime, database_url: str) -> Callable[..., tuple[str, str, datetime, str | None]]:
    """The portal moves the case; the last message row of it: kind, state, when it may leave, why it waits."""

    def change(
        *states: str, now: datetime | None = None, quiet: str = "21:00-08:00"
    ) -> tuple[str, str, datetime, str | None]:
        content = replace(runtime.content, quiet=QuietHours.parse(quiet))
        for state in states:
            with psycopg.connect(database_url) as connection:
                connection.execute("UPDATE application SET state = %s", [state])
            relay_once(
                runtime.db,
                lambda tx, fresh, at: notify.announce(tx, content, fresh, at),
                now or runtime.now(),
                Setbacks(),
            )
        with psycopg.connect(database_url) as connection:
            ((kind, found, leaves, held),) = connection.execute(
                "SELECT kind, state, next_attempt_at, held FROM gateway.message WHERE event_id IS NOT NULL"
                " ORDER BY id DESC LIMIT 1"
            ).fetchall()
        return kind, found, leaves.astimezone(BAGHDAD), held

    return change


@pytest.mark.parametrize("word", ["STOP", "ايقاف", "إيقاف الرسائل", "eeqaf", "unsubscribe"])
def test_stop_silences_notices_but_not_decisions_nor_answers(
    citizen: Conversation, changed: Callable[..., tuple[str, str, datetime, str | None]], word: str
) -> None:
    citizen.says(word)
    assert len(citizen.last) == 1
    assert changed("DOCS_REQUIRED", quiet="")[:2] == ("docs", "muted")
    citizen.says(citizen.handset.reference).hears(citizen.handset.reference)
    assert changed("UNDER_REVIEW", "REJECTED", quiet="")[1] == "queued"
    citizen.says("اعتراض").hears("استلمنا اعتراضك")


def test_start_brings_the_notices_back(
    citizen: Conversation, changed: Callable[..., tuple[str, str, datetime, str | None]]
) -> None:
    citizen.says("STOP", "بدء").hears("عادت")
    assert changed("DOCS_REQUIRED", quiet="")[:2] == ("docs", "queued")


def test_stop_with_a_reference_mutes_that_case_alone(
    citizen: Conversation, changed: Callable[..., tuple[str, str, datetime, str | None]], database_url: str
) -> None:
    reference = citizen.handset.reference
    citizen.says(f"ايقاف {reference}").hears("أوقفنا أخبار", reference)
    assert changed("DOCS_REQUIRED", quiet="")[1] == "muted"
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT stopped_at FROM gateway.person").fetchall() == [(None,)]
    citizen.says(f"بدء {reference}").hears("عادت أخبار")
    assert changed("UNDER_REVIEW", quiet="")[1] == "queued"


@pytest.mark.parametrize(
    ("now", "states", "kind", "leaves", "held"),
    [
        (EVENING, ("DOCS_REQUIRED",), "docs", "2026-11-24 08:00", "quiet hours"),
        (EVENING.replace(hour=3), ("DOCS_REQUIRED",), "docs", "2026-11-23 08:00", "quiet hours"),
        (EVENING.replace(hour=12), ("DOCS_REQUIRED",), "docs", "2026-11-23 12:30", None),
        (FRIDAY, ("DOCS_REQUIRED",), "docs", "2026-11-27 10:00", None),
        (
            FRIDAY,
            ("DOCS_REQUIRED", "UNDER_REVIEW", "VISIT_OFFERED", "VISIT_SET", "FEE_DUE", "APPROVED", "COMPLETED"),
            "done_rate",
            "2026-11-29 08:00",
            "day off",
        ),
    ],
)
def test_notices_wait_for_the_morning_and_courtesies_for_a_working_day(
    citizen: Conversation,
    changed: Callable[..., tuple[str, str, datetime, str | None]],
    now: datetime,
    states: tuple[str, ...],
    kind: str,
    leaves: str,
    held: str | None,
) -> None:
    found = changed(*states, now=now)
    assert (found[0], f"{found[2]:%Y-%m-%d %H:%M}", found[3]) == (kind, leaves, held)


def test_a_courtesy_waits_for_a_day_off_that_the_governorate_added(
    runtime: Runtime, citizen: Conversation, changed: Callable[..., tuple[str, str, datetime, str | None]]
) -> None:
    with runtime.db.transaction() as tx:
        clocks.set_day(tx, clocks.SpecialDay(date(2026, 11, 23), False, "يوم محلي", "local day"), EVENING)
    way = ("DOCS_REQUIRED", "UNDER_REVIEW", "VISIT_OFFERED", "VISIT_SET", "FEE_DUE", "APPROVED", "COMPLETED")
    kind, _, leaves, held = changed(*way, now=EVENING.replace(hour=12))
    assert (kind, f"{leaves:%F %R}", held) == ("done_rate", "2026-11-24 08:00", "day off")


def test_what_the_citizen_does_at_night_is_answered_at_night_even_behind_held_notices(
    runtime: Runtime,
    citizen: Conversation,
    changed: Callable[..., tuple[str, str, datetime, str | None]],
    database_url: str,
) -> None:
    citizen.post.deliver()
    changed("DOCS_REQUIRED", "UNDER_REVIEW", "VISIT_OFFERED", now=EVENING)
    night = replace(runtime, now=lambda: EVENING)
    night.versions.take(replace(runtime.content, quiet=None))
    Handset(poster(create_app(night)), citizen.phone).texts("1")
    with psycopg.connect(database_url) as connection:
        waiting = connection.execute(
            "SELECT m.event_id IS NOT NULL FROM gateway.next_in_lane n JOIN gateway.message m USING (id)"
            " WHERE n.next_attempt_at <= %s",
            [EVENING],
        ).fetchall()
    assert waiting == [(True,)]


def test_people_see_what_waits(
    runtime: Runtime, citizen: Conversation, changed: Callable[..., tuple[str, str, datetime, str | None]]
) -> None:
    changed("DOCS_REQUIRED", now=EVENING)
    shown = CliRunner().invoke(sms, ["held"], obj=lambda: replace(runtime, now=lambda: EVENING)).output
    assert "docs" in shown
    assert "2026-11-24 08:00" in shown
    assert "quiet hours" in shown


def test_the_providers_opt_out_and_its_blacklist_are_stops(
    citizen: Conversation, changed: Callable[..., tuple[str, str, datetime, str | None]], database_url: str
) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "INSERT INTO gateway.attempt (message_id, provider, at, outcome, code) SELECT min(id), 'africastalking',"
            " now(), 'failed', 'UserInBlacklist' FROM gateway.message"
        )
    assert changed("DOCS_REQUIRED", quiet="")[1] == "muted"
    citizen.says("START")
    assert changed("UNDER_REVIEW", quiet="")[1] == "queued"
    citizen.handset.post("optout", {"senderId": "MISSAN", "phoneNumber": citizen.phone})
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT stopped_by FROM gateway.person").fetchall() == [("provider",)]


def test_the_ledger_counts_parts_and_prices_by_directorate_and_service(
    runtime: Runtime, citizen: Conversation, database_url: str
) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "INSERT INTO gateway.attempt (message_id, provider, at, outcome, code, parts, cost)"
            " SELECT id, 'africastalking', now(), 'sent', 'Success', 2, 'KES 1.6000' FROM gateway.message"
        )
    shown = CliRunner().invoke(sms, ["ledger"], obj=lambda: runtime).output
    line = next(line for line in shown.splitlines() if "water" in line)
    assert line.split()[1:] == ["water", "water", "1", "2", "1", "1.6000", "KES"]
