"""One request of a citizen's SMS, as it was read.

Decides: what a reading says. Must not know: how it came about (menus/commands.py).
"""

from dataclasses import dataclass, field

from menus.words import Language


@dataclass(frozen=True, slots=True)
class Command:
    """One request, read.

    `intent` is one of the keywords' intents, or REFERENCE (nothing but a reference), BAD_REFERENCE (eight digits whose
    check digit is wrong, whatever else is said; `value` is the whole text), ANSWER (only numbers, or a reference and
    something else; `value` is what is not the reference), THANKS (only politeness), UNKNOWN (`value` is the whole
    text). With a keyword, `value` is the value the keyword names or the text left over. `language` is that of the
    letters, None when there are none. `meant`: the keyword that a misspelt one was taken for; ask before acting on it.
    `loose`: it was read out of some words of a sentence: a question that is open and takes words goes before.
    """

    intent: str
    reference: str | None = None
    value: str | None = None
    language: Language | None = None
    meant: str | None = None
    loose: bool = field(default=False, compare=False)
