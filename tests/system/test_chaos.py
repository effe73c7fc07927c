"""Everything is killed, cut and flushed while cases change: every event has its message, and none goes twice.

A longer run: `python -m bench.chaos --seconds 600`.
"""

from pathlib import Path

import pytest

from bench.chaos.audit import Message, Taken, disorder, doubles, phantoms
from bench.chaos.run import run

SECONDS = 25


@pytest.mark.xdist_group("chaos")
@pytest.mark.timeout(360)
def test_nothing_is_lost_doubled_or_overtaken_whatever_breaks(tmp_path: Path) -> None:
    report = run(tmp_path, seconds=SECONDS, cases=150, writers=2, trouble=0.08, settle_s=90)
    print("\n".join(report.lines()))  # noqa: T201 - the counts are what the test is for
    assert not {name: number for name, number in report.faults.items() if number}
    assert report.deserters == []
    assert report.counts["events"] > 300
    assert report.made.total() > 5


def message(number: int, provider_id: str | None = None, *, unsure: bool = False, event: int | None = None) -> Message:
    return Message(number, event or number, "24839174", "+9647700000001", "نص", "sent", provider_id, unsure)


def taken(*ids: str) -> list[Taken]:
    return [Taken(each, "+9647700000001", "نص") for each in ids]


def test_the_audit_sees_a_message_that_went_twice() -> None:
    sent = message(1, "a")
    assert doubles([sent], {"a": sent}, taken("a", "b")) == 1
    assert doubles([sent], {"a": sent}, taken("a")) == 0


def test_the_audit_excuses_one_acceptance_for_each_unsure_message_and_no_more() -> None:
    lost = message(1, unsure=True)
    assert doubles([lost], {}, taken("a")) == 0
    assert doubles([lost], {}, taken("a", "b")) == 1


def test_the_audit_sees_a_message_that_was_overtaken() -> None:
    first, second = message(1, "a"), message(2, "b")
    known = {"a": first, "b": second}
    assert disorder(known, taken("a", "b")) == 0
    assert disorder(known, taken("b", "a")) == 1


def test_the_audit_sees_a_message_that_nobody_took() -> None:
    assert phantoms({"a": message(1, "a")}, taken("b")) == 1
    assert phantoms({"a": message(1, "a")}, taken("a")) == 0
