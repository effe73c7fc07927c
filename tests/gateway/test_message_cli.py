"""`python -m gateway message`: what an operator sees of single messages, and decides."""

import pytest
from click.testing import CliRunner, Result

from gateway.message_cli import message
from gateway.runtime import Runtime
from store import outbox
from store.outbox import HandOver, NewMessage, Settlement

AHMED = "+9647701234567"


@pytest.fixture
def number(runtime: Runtime) -> int:
    """A notice that ended in silence."""
    with runtime.db.transaction() as tx:
        number = outbox.insert(tx, NewMessage(AHMED, "ar", "ack", "…", 2, 1), runtime.now())
        assert number is not None
        outbox.claim(tx, 1, runtime.now(), 60)
        outbox.sending(tx, [HandOver(number, "africastalking")], runtime.now())
        settlement = Settlement("unsure", "africastalking", code="timeout", latency_ms=9050)
        outbox.settle(tx, number, settlement, runtime.now())
    return number


def run(runtime: Runtime, *words: object) -> Result:
    return CliRunner().invoke(message, [str(word) for word in words], obj=lambda: runtime)


def test_unsure_messages_are_listed_without_phones(runtime: Runtime, number: int) -> None:
    listed = run(runtime, "unsure").output
    assert listed.startswith(f"{number}\tunsure\tack\t-\t")
    assert "timeout" in listed
    assert AHMED not in listed


def test_a_message_is_shown_with_its_attempts(runtime: Runtime, number: int) -> None:
    shown = run(runtime, "show", number).output.splitlines()
    assert len(shown) == 2
    assert shown[1].endswith("africastalking unsure timeout 2 parts 9050 ms")


def test_it_is_sent_again_with_a_reason_only(runtime: Runtime, number: int) -> None:
    assert run(runtime, "resend", number).exit_code == 2
    assert run(runtime, "resend", number, "--reason", "she called").exit_code == 0
    again = run(runtime, "resend", number, "--reason", "twice")
    assert again.exit_code == 1
    assert "queued cannot be sent again" in again.output
    assert run(runtime, "unsure").stdout == ""


def test_it_is_dropped_once(runtime: Runtime, number: int) -> None:
    assert [run(runtime, "drop", number).exit_code for _ in range(2)] == [0, 1]


def test_a_message_that_is_not_there_is_named(runtime: Runtime) -> None:
    assert "there is no message 7" in run(runtime, "show", 7).output
