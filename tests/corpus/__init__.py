"""Messages as citizens write them, each with the intent that a person gives it.

Two halves, told apart by the text itself: rules and keywords were tuned while looking at the misses of the first;
those of the second are only counted.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Message:
    """One message and what it asks for."""

    text: str
    intent: str
    tuned: bool


def messages() -> Iterator[Message]:
    """Every message of the corpus."""
    for path in sorted(Path(__file__).parent.glob("*.tsv")):
        for line in path.read_text(encoding="utf-8").splitlines():
            intent, text = line.split("\t", 1)
            yield Message(text, intent, hashlib.sha256(text.encode()).digest()[0] < 128)
