"""A record of a session: read as it was written, small, and dropped when it is not of this release."""

import zlib
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.records import Record, key, pack, unpack
from menus.localized import LANGUAGES
from menus.state import State

KNOWN = {"today": "2026-01-02", "known_consent": "yes", "known_card": "yes", "known_place": "yes", "place": "1601"}
FIRST = State(known=KNOWN)
LATER = State(at="form", service="water", answers={"request": "new", "use": "home", "plot": "1234"}, known=KNOWN)
RECORD = Record("+9647701234567", "0123456789abcdef", "2*1*1*1*1234", LATER, 5, False, FIRST, (0, 1, 3, 5, 7, 12))
OF_RELEASE_1 = bytes.fromhex(
    "83d1068646c626a666e640a530a685656252724a6a1a50c848cb100281324a3aa63a063ad1063a863ac640a6b98ea151ac4e74ac0e291ec517baf89359414e3e3835811c528b2fc48ca81c62b8e39ca488a4b6b36201"
)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
words = st.dictionaries(texts, texts, max_size=5)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
results = st.dictionaries(texts, values, max_size=3)
states = st.builds(
    State,
    at=texts,
    language=st.sampled_from(LANGUAGES),
    menu=texts,
    service=texts,
    answers=words,
    known=words | st.just(KNOWN),
    cases=st.lists(results, max_size=2),
    case=results,
    action=texts,
    page=st.integers(0, 9),
    tries=st.integers(0, 2),
    notice=texts,
    first=st.booleans(),
)
records = st.builds(
    Record,
    phone=texts,
    digest=texts,
    transcript=texts,
    state=states,
    turns=st.integers(0, 99),
    ended=st.booleans(),
    first=states,
    cuts=st.lists(st.integers(0, 200)).map(tuple),
    results=st.lists(values, max_size=3).map(tuple),
)


@given(records, st.booleans(), st.booleans())
def test_a_record_is_read_as_it_was_written(record: Record, has_moved: bool, is_known_kept: bool) -> None:
    first = record.first if has_moved else record.state
    record = replace(record, first=first.but(known=record.state.known) if is_known_kept else first)
    stored = pack(record)
    found = unpack(stored)
    assert found == record.written(stored) == replace(record, stored=stored)
    assert pack(found) == stored
    assert list(found.state.answers) == list(record.state.answers)


def test_equal_records_are_equal_bytes_wherever_they_were_made() -> None:
    again = replace(RECORD, first=State(known=dict(KNOWN)), state=replace(LATER, known=dict(KNOWN)))
    assert pack(again) == pack(RECORD)
    assert pack(replace(RECORD, state=FIRST)) == pack(replace(RECORD, state=State(known=dict(KNOWN))))


def test_every_field_of_a_state_has_its_place() -> None:
    full = State("form", "en", "m", "s", {"a": "1"}, {"k": "2"}, [{"c": 1}], {"d": None}, "x", 3, 2, "retry", True)
    assert all(getattr(full, field.name) for field in fields(State))
    found = unpack(pack(replace(RECORD, state=full)))
    assert found is not None
    assert found.state == full


def test_a_session_in_mid_form_is_small() -> None:
    assert len(key("ATUid_" + "x" * 60)) == 12
    assert len(pack(RECORD)) < 90


@pytest.mark.parametrize(
    "stored",
    [b"", b"x", b"\xff" * 90, b'{"phone": 1}', OF_RELEASE_1, pack(RECORD)[:-9], pack(RECORD)[:1], pack(RECORD)[1:]],
)
def test_what_is_no_record_of_this_release_is_dropped_and_said(stored: bytes, caplog: pytest.LogCaptureFixture) -> None:
    assert unpack(stored) is None
    assert [each.getMessage() for each in caplog.records] == ["session record of another release is dropped"]


@given(st.binary(max_size=80))
def test_no_bytes_are_a_fault(stored: bytes) -> None:
    unpack(pack(RECORD)[:1] + stored)


@pytest.mark.parametrize("text", [b"[]", b"1", b"null", b'["a",1]', b'["p","d","t",1,true,[0],[],[1],[1]]', b"{}"])
def test_json_that_is_no_record_is_dropped(text: bytes) -> None:
    packing = zlib.compressobj(wbits=-10)
    assert unpack(pack(RECORD)[:1] + packing.compress(text) + packing.flush()) is None
