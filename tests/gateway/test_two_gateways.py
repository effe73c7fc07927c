"""Two gateways, each with its own store, whose SMS reach each other's callback: they fall silent by themselves."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count

import psycopg
import pytest
from pydantic import SecretStr

from gateway import workflow_sync
from gateway.app import create_app
from gateway.runtime import Runtime, build
from gateway.versions import Versions
from handlers import apply
from tests.fixtures import poster
from tests.gateway.office import ANSWERS
from tests.servers import Servers

MOST = 2
_IDS = count(1)


class Line:
    """A gateway on its number: what it writes to a number, and what it is sent."""

    def __init__(self, runtime: Runtime, number: str, url: str) -> None:
        self.runtime, self.number, self._url = runtime, number, url
        self._post = poster(create_app(runtime))

    def receives(self, text: str, sender: str) -> None:
        """The provider's callback."""
        form = {"from": sender, "to": self.number, "text": text, "id": f"id-{next(_IDS)}", "date": "2026-01-02"}
        assert self._post("sms", form)[0] == 200

    def sends(self, to: str) -> list[str]:
        """What leaves for a number now."""
        statement = (
            "UPDATE gateway.message SET state = 'sent', sent_at = clock_timestamp()"
            " WHERE phone = %s AND state = 'queued' RETURNING text"
        )
        with psycopg.connect(self._url) as connection:
            return [text for (text,) in connection.execute(statement, [to]).fetchall()]

    def reasons(self) -> set[str]:
        """Why it keeps senders quiet."""
        with psycopg.connect(self._url) as connection:
            return {reason for (reason,) in connection.execute("SELECT reason FROM gateway.quarantine").fetchall()}


@pytest.fixture
def one(runtime: Runtime, database_url: str) -> Line:
    return Line(runtime, "+9647801110001", database_url)


@pytest.fixture
def other(runtime: Runtime, servers: Servers) -> Iterator[Line]:
    url = servers.create(f"other_{next(_IDS)}_{datetime.now(UTC):%H%M%S%f}", template="template")
    second = build(runtime.settings.model_copy(update={"database_url": SecretStr(url)}))
    workflow_sync.sync(second)
    yield Line(second, "+9647801110002", url)
    second.db.close()
    second.redis.close()


def reworded(line: Line) -> Line:
    """The same gateway with texts of its own: no text of the one is known to the other."""
    sms = {
        key: {"ar": f"اهلا بكم في محافظتنا العزيزة وبعد {text['ar']}", "en": f"Dear citizen of ours, {text['en']}"}
        for key, text in line.runtime.content.sms.items()
    }
    content = replace(line.runtime.content, sms=sms)
    return Line(replace(line.runtime, versions=Versions(content)), line.number, line._url)


def talk(one: Line, other: Line) -> int:
    """Carry what each writes to the other's number until both are silent; how many messages that took."""
    carried = 0
    while carried < 20:
        sent = [(other, text, one.number) for text in one.sends(other.number)]
        sent += [(one, text, other.number) for text in other.sends(one.number)]
        if not sent:
            return carried
        for line, text, sender in sent:
            line.receives(text, sender)
        carried += len(sent)
    return carried


@pytest.mark.parametrize("words", ["كلام لا معنى له ابدا", "hello there machine", "HELP", "12345678", "طلبي", "7"])
@pytest.mark.parametrize("as_it_is", [lambda line: line, reworded], ids=["the same texts", "other texts"])
def test_answers_that_go_to_another_gateway_stop_within_two_messages(
    one: Line, other: Line, words: str, as_it_is: Callable[[Line], Line]
) -> None:
    other = as_it_is(other)
    one.receives(words, other.number)
    assert talk(one, other) <= MOST


def test_a_notice_to_another_gateways_number_is_not_answered(one: Line, other: Line) -> None:
    args = {"service": "water", "language": "ar", "answers": ANSWERS, "place": "10", "person": {}}
    with one.runtime.db.transaction() as tx:
        apply.submit(one.runtime.context(tx), other.number, "ussd", "s1", args)
    assert talk(one, other) == 1
    assert other.reasons() == {"automatic"}


@pytest.mark.parametrize("sender", ["5599", "MISSAN", "Zain", "0", "+5622"])
def test_short_codes_and_letters_are_not_answered(one: Line, other: Line, sender: str) -> None:
    one.receives("HELP", sender)
    one.receives("لم نفهم رسالتك", sender)
    assert one.reasons() == {"no phone"}
    with psycopg.connect(one._url) as connection:
        assert connection.execute("SELECT count(*) FROM gateway.message").fetchone() == (0,)


def test_a_gateway_that_hears_itself_is_silent(runtime: Runtime, one: Line) -> None:
    settings = runtime.settings.model_copy(update={"sms_number": one.number})
    itself = Line(replace(runtime, settings=settings), one.number, one._url)
    itself.receives("HELP", one.number)
    assert talk(itself, itself) == 0
    assert itself.reasons() == {"our own number"}
