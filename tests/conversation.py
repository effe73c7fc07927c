"""A citizen who only texts: says something, reads what comes back. Each answer has left before the next message."""

from typing import Self

from tests.fixtures import PostOffice
from tests.handset import Handset


class Conversation:
    """One phone's SMS. `last` are the texts that the last message brought."""

    def __init__(self, handset: Handset, post: PostOffice) -> None:
        self.handset, self.post, self.last = handset, post, [""]

    @property
    def phone(self) -> str:
        """The number."""
        return self.handset.phone

    def says(self, *texts: str) -> Self:
        """Send each text, and read what it brings."""
        for text in texts:
            before = len(self.post.texts_to(self.phone))
            self.handset.texts(text)
            self.last = self.post.texts_to(self.phone)[before:]
            self.post.deliver()
        return self

    def hears(self, *words: str) -> Self:
        """The last message brought one text, with these words."""
        assert len(self.last) == 1, self.last
        for word in words:
            assert word in self.last[0], f"{word!r} is not in {self.last[0]!r}"
        return self

    def hears_nothing(self) -> Self:
        """The last message brought no text."""
        assert self.last == []
        return self

    @property
    def reference(self) -> str:
        """The 8-digit reference in the last text."""
        words = self.last[-1].replace(".", " ").replace(":", " ").split()
        return next(word for word in words if len(word) == 8 and word.isdecimal())
