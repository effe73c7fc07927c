"""Politeness, greetings and what leads up to a request, taken away from both ends of a message.

Decides: which words of a message are aside from it. Must not know: what the rest means.
"""

from collections.abc import Mapping

from menus.keywords import FILLER, GREETING, POLITE, Meaning
from menus.words import Word, joined

ASIDES = (POLITE, GREETING, FILLER)
_KIND = (POLITE, GREETING)


class Asides:
    """The asides of a vocabulary, whose phrases have at most `longest` words."""

    def __init__(self, meanings: Mapping[str, Meaning], longest: int) -> None:
        self._meanings, self._sizes = meanings, range(longest, 0, -1)

    def without(self, words: list[Word]) -> list[Word]:
        """Without politeness and greetings at either end, and what leads up to a request at its beginning."""
        while size := self._leading(words, ASIDES):
            words = words[size:]
        return self._without_end(words)

    def trimmed(self, words: list[Word]) -> list[Word]:
        """Without politeness and greetings at either end."""
        while size := self._leading(words, _KIND):
            words = words[size:]
        return self._without_end(words)

    def _without_end(self, words: list[Word]) -> list[Word]:
        while size := next((size for size in self._sizes if self._is_aside(words[-size:], _KIND)), 0):
            words = words[:-size]
        return words

    def _leading(self, words: list[Word], kinds: tuple[str, ...]) -> int:
        return next((size for size in self._sizes if self._is_aside(words[:size], kinds)), 0)

    def _is_aside(self, words: list[Word], kinds: tuple[str, ...]) -> bool:
        meaning = self._meanings.get(joined(words))
        return meaning is not None and meaning.intent in kinds
