"""That every text is there which is said, and that each of its placeholders is filled in.

Decides: which texts are refused at boot. Must not know: languages, sizes, the texts of one service's workflow (see
menus/workflow_checks.py).
"""

from collections.abc import Iterable, Iterator, Mapping

from menus import texts
from menus.content import Content
from menus.localized import Localized, placeholders
from menus.spoken import Spoken, spoken
from menus.workflow_checks import words_of
from menus.yaml_source import Fault

FILE = "texts.yaml"


def missing(ussd: Mapping[str, Localized], sms: Mapping[str, Localized]) -> Iterator[Fault]:
    """The texts that the gateway says by name and `texts.yaml` does not have."""
    for section, table, present in (("ussd", texts.USSD, ussd), ("sms", texts.SMS, sms)):
        for name in texts.missing(table, present):
            yield FILE, (section,), f"the text {name} is missing"


def unfilled(found: Iterable[Spoken]) -> Iterator[Fault]:
    """Placeholders that nothing fills."""
    for each in found:
        unknown = placeholders(each.text) - each.words if each.words is not None else set()
        for word in sorted(unknown):
            yield each.file, each.where, f"nothing fills {{{word}}} in; {_known(each.words or frozenset())}"


def _known(words: frozenset[str]) -> str:
    if not words:
        return "this text has no placeholders"
    return f"it may use {', '.join(f'{{{word}}}' for word in sorted(words))}"


def check(content: Content) -> Iterator[Fault]:
    """Every fault, but for those of `missing`."""
    yield from unfilled(spoken(content))
    yield from _needs(content)
    for name in content.sms:
        if name.endswith(texts.SHORT) and name.removesuffix(texts.SHORT) not in content.sms:
            yield (
                FILE,
                ("sms", name),
                f"there is no text {name.removesuffix(texts.SHORT)} of which it is the short form",
            )


def _needs(content: Content) -> Iterator[Fault]:
    """A `need_` text that no state has, or that no case can fill, is a spelling mistake: nobody would ever see it."""
    for name, text in content.ussd.items():
        if not name.startswith(texts.NEED):
            continue
        services = [each for each in content.services if _is_of(content, each, name)]
        if not services:
            yield FILE, ("ussd", name), f"the text {name} is of no state"
        known = {word for each in services for word in words_of(content.services[each])}
        for word in sorted(placeholders(text) - known) if services else ():
            yield FILE, ("ussd", name), f"nothing fills {{{word}}} in: no move gives it"


def _is_of(content: Content, service: str, name: str) -> bool:
    """Whether a `need_` text is of one of the service's states."""
    for state in content.services[service].workflow.states:
        own = f"{texts.NEED}{service}_{state.lower()}"
        if name == f"{texts.NEED}{state.lower()}" or f"{name}_".startswith(f"{own}_"):
            return True
    return False
