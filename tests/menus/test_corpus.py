"""How well citizens' messages are understood, counted on the half that was tuned on and on the half that was not."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from menus.commands import Command, Grammar
from menus.keywords import ANSWER
from tests.corpus import Message, messages
from tests.corpus.varied import seeds, varied

CONFIG = Path(__file__).parents[2] / "config"
grammar = Grammar.load(YAML(typ="safe", pure=True).load(CONFIG / "keywords.yaml"))
FLOOR = {True: 0.97, False: 0.95}
VARIED_FLOOR = {True: 0.95, False: 0.85}


def _right(message: Message, read: tuple[Command, ...]) -> bool:
    return [command.intent for command in read] == [message.intent]


def _acts_falsely(message: Message, read: tuple[Command, ...]) -> bool:
    """Something would change although the citizen did not ask; a guess asks first, so it changes nothing."""
    acting = grammar.acting | {ANSWER}
    return not _right(message, read) and any(command.intent in acting and not command.meant for command in read)


@pytest.mark.parametrize("tuned", [True, False], ids=["tuned", "untouched"])
def test_messages_are_understood(tuned: bool, capsys: pytest.CaptureFixture[str]) -> None:
    found = [message for message in messages() if message.tuned == tuned]
    right = sum(_right(message, grammar.read(message.text)) for message in found)
    with capsys.disabled():
        print(f"\n{'tuned' if tuned else 'untouched'}: {right} of {len(found)}, {right / len(found):.1%}")  # noqa: T201
    assert right / len(found) >= FLOOR[tuned]


@pytest.mark.parametrize("tuned", [True, False], ids=["tuned", "untouched"])
def test_spellings_made_by_rule_are_understood(tuned: bool, capsys: pytest.CaptureFixture[str]) -> None:
    found, typed = list(varied(tuned)), [Message(text, intent, tuned) for intent, text in seeds(tuned)]
    right = {
        name: [_right(each, grammar.read(each.text)) for each in some]
        for name, some in (("seeds", typed), ("spellings", found))
    }
    with capsys.disabled():
        for name, results in right.items():
            share = f"{sum(results)} of {len(results)}, {sum(results) / len(results):.1%}"
            print(f"\n{'tuned' if tuned else 'untouched'} {name}: {share}")  # noqa: T201
    assert sum(right["spellings"]) / len(found) >= VARIED_FLOOR[tuned]


def test_the_corpus_is_large_and_has_no_message_twice() -> None:
    texts = [message.text for message in messages()]
    assert len(texts) >= 600
    assert len(set(texts)) == len(texts)


def test_no_message_is_taken_for_an_order_that_it_is_not() -> None:
    everything = [*messages(), *varied(True), *varied(False)]
    assert [message for message in everything if _acts_falsely(message, grammar.read(message.text))] == []
