"""A log line holds no phone and no card, even where its writer forgot; a hash in it stays whole."""

import json
import logging

import pytest

from gateway import logs


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("lost +9647701234567", "lost +9647…67"),
        ("lost 199012345678 today", "lost … today"),
        ("anchor 7: 12 events up to 345, 1234567890123abc", "anchor 7: 12 events up to 345, 1234567890123abc"),
        ("message 123456 sent", "message 123456 sent"),
    ],
)
def test_what_looks_like_a_person_is_masked(said: str, kept: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = logging.getLogger().handlers[:]
    try:
        logs.configure()
        logging.getLogger("gateway.test").warning(said)
        assert json.loads(capsys.readouterr().err)["event"] == kept
    finally:
        logging.getLogger().handlers[:] = before
