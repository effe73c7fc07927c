"""Sealed values: opened by their field under any key that is held, found again by a keyed hash, and never changed."""

from collections.abc import Callable

import pytest

from handlers.sealing import MARK, Seals, UnknownKey, is_sealed, key_id, read_key

OLD, NEW = bytes(32), bytes(range(32))
CARD = "199012345678"


def test_a_value_comes_back_and_shows_nothing_of_itself() -> None:
    seals = Seals([NEW])
    stored = seals.seal("card", CARD)
    assert is_sealed(stored)
    assert CARD not in stored[MARK]
    assert stored[MARK].startswith(f"{key_id(NEW)}.")
    assert seals.open("card", stored) == CARD
    assert seals.seal("card", CARD) != stored


def test_what_is_not_sealed_is_as_it_is() -> None:
    assert [Seals([NEW]).open("use", value) for value in ("home", 7, None, {"a": "b"})] == ["home", 7, None, {"a": "b"}]


def test_an_older_key_opens_and_the_newest_seals() -> None:
    stored = Seals([OLD]).seal("card", CARD)
    rotated = Seals([NEW, OLD])
    assert rotated.open("card", stored) == CARD
    assert not rotated.is_current(stored)
    assert rotated.is_current(rotated.seal("card", CARD))
    assert Seals([OLD]).lookup("card", CARD) in rotated.lookups("card", CARD)
    assert rotated.lookup("card", CARD) != rotated.lookup("child_card", CARD)


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("child_card", lambda text: text),
        ("card", lambda text: text[:-6] + "AAAAA="),
        ("card", lambda text: "00000000" + text[8:]),
        ("card", lambda text: text[:12]),
    ],
    ids=["another field's", "another ciphertext", "another key's name", "cut"],
)
def test_what_was_tampered_with_does_not_open(field: str, change: Callable[[str], str]) -> None:
    seals = Seals([NEW])
    stored = {MARK: change(seals.seal("card", CARD)[MARK])}
    with pytest.raises(UnknownKey, match=field):
        seals.open(field, stored)


@pytest.mark.parametrize("text", ["", "short", "!" * 43, "A" * 44])
def test_a_key_is_32_bytes_in_base64(text: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        read_key(text)


def test_a_kept_secret_is_a_key() -> None:
    assert len(read_key("A" * 43)) == 32
