"""What a citizen reads on a screen: which question it asks, the menu, the review, or how the call ended.

Decides: by the words on the screen alone, and the texts of config/. Must not know: what the gateway holds of the call.
"""

import re
from dataclasses import dataclass
from functools import cache

from menus.content import Content
from menus.forms import Choice, Question, Special
from menus.localized import LANGUAGES, Localized

ENDS = ("done", "promised", "fault", "too_many", "declined", "already_open", "replaced")
SCREENS = {"resume": "resume", "review": "review", "which_answer": "correct", "closed": "closed"}
NOTICES = {name + form: name for name in ("retry", "unavailable", "anew") for form in ("", "_short")}
_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩", "0123456789")


@dataclass(frozen=True)
class Shown:
    """`kind`: `menu`, `question`, `review`, `correct`, `resume`, `closed`, `end`, or `other`; `name` says which.

    `notice`: what stands above it, that an answer was not good, could not be saved, or that the call begins anew.
    """

    kind: str
    name: str = ""
    question: Question | None = None
    notice: str = ""
    text: str = ""

    @property
    def more(self) -> bool:
        """Whether a further page is offered."""
        return "\n8 " in self.text

    def asks(self, other: "Shown") -> bool:
        """Whether both ask the same question."""
        return self.question is not None and other.question is not None and self.question.id == other.question.id


def read(content: Content, body: str, service: str) -> Shown:
    """The screen of a call to this content, whose citizen has chosen `service`."""
    text, notice = _without_notice(content, body[4:])
    if body.startswith("END "):
        return Shown("end", next((name for name in ENDS if says(content.ussd[name], text)), ""), None, notice, text)
    for name, kind in SCREENS.items():
        if says(content.ussd[name], text):
            return Shown(kind, "", None, notice, text)
    for name, menu in content.menus.items():
        if says(menu.prompt, text):
            return Shown("menu", name, None, notice, text)
    question = _question(content, service, text)
    return (
        Shown("question", question.id, question, notice, text) if question else Shown("other", "", None, notice, text)
    )


def meaning(question: Question, key: str) -> str | None:
    """What a key says to a question: a choice's id or a number; None where that is not plain to see."""
    plain = key.strip().translate(_DIGITS)
    for option in options_of(question):
        if option.key == plain:
            return option.id
    if question.choices or not (plain.isascii() and plain.isdecimal()):
        return None
    if question.type == "integer":
        return str(int(plain)) if (question.low or 0) <= int(plain) <= (question.high or 0) else None
    if question.type == "year_month":
        return plain if len(plain) == 6 else None
    return plain if question.type == "digits" and (question.low or 0) <= len(plain) <= (question.high or 0) else None


def options_of(question: Question) -> list[Choice | Special]:
    """What is answered by a key of its own."""
    return [*question.choices, *([question.special] if question.special else [])]


def reference_in(text: str) -> str:
    """The eight digits of a request's number."""
    return next(word for word in text.split() if len(word) == 8 and word.isdecimal())


def says(words: Localized, text: str) -> bool:
    """Whether a text begins with the first line of these words, in either language."""
    return any(_first_line(words[language]).match(text) for language in LANGUAGES)


def _question(content: Content, service: str, text: str) -> Question | None:
    asked = content.services[service].questions if service else []
    found = [each for each in (*content.profile, *asked) if says(each.prompt, text)]
    return max(found, key=lambda each: len(each.prompt["en"].split("\n")[0]), default=None)


def _without_notice(content: Content, text: str) -> tuple[str, str]:
    for text_key, name in NOTICES.items():
        if says(content.ussd[text_key], text):
            return text.partition("\n")[2], name
    return text, ""


@cache
def _first_line(words: str) -> re.Pattern[str]:
    pieces = re.split(r"\{\w+\}", words.split("\n")[0])
    return re.compile(".+?".join(map(re.escape, pieces)) + r"(?=\n|$)")
