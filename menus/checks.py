"""What no single file can say about itself: that the pieces of content fit together.

Decides: which content is refused at boot. Must not know: screens' sizes (see menus/measure.py), the store.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from menus import workflow_checks
from menus.content import Content, Service
from menus.forms import Question
from menus.localized import placeholders
from menus.rules import RULES
from menus.yaml_source import YamlSource

USSD_TEXTS = frozenset(
    "more back yes no change place place_same district subdistrict review send correct cancel which_answer closed done"
    " retry too_many unavailable fault declined my_requests no_requests status status_due sure acted already_open"
    " changed not_possible rate rate_1 rate_2 rate_3 rate_4 rate_5 resume resume_1 resume_2 resume_3 replaced"
    " answer_by_text papers"
    " pin_set pin_ask pin_reference pin_owner pin_kept pin_removed pin_none pin_locked pin_refused complain".split()
)
SMS_TEXTS = frozenset(
    "help unknown_ref bad_ref not_understood which_one system status status_due status_needs status_why generic"
    " resume stopped started bad_choice dial acted withdraw_ask pin_not_by_text pin_by_call".split()
)
Where = Sequence[str | int]
Fault = tuple[str, Where, str]


def check(content: Content, sources: Mapping[str, YamlSource]) -> list[str]:
    """Every fault, as `file:line: reason`."""
    found = [*_texts(content), *_needs(content), *_menus(content), *_shortcuts(content), *_profile(content)]
    for service in content.services.values():
        found += [(f"services/{service.id}.yaml", where, reason) for where, reason in _service(content, service)]
    return [sources[file].fault(where, reason) for file, where, reason in found]


def _texts(content: Content) -> Iterator[Fault]:
    for section, needed, present in (("ussd", USSD_TEXTS, content.ussd), ("sms", SMS_TEXTS, content.sms)):
        for name in sorted(needed - set(present)):
            yield "texts.yaml", (section,), f"the text {name} is missing"


def _needs(content: Content) -> Iterator[Fault]:
    """A `need_` text that no state has is a spelling mistake: nobody would ever see it."""
    shared = {f"need_{state.lower()}" for state in content.states}
    own = {f"need_{name}_{state.lower()}" for name, each in content.services.items() for state in each.workflow.states}
    for name in content.ussd:
        if (
            name.startswith("need_")
            and name not in shared
            and not any(f"{name}_".startswith(f"{each}_") for each in own)
        ):
            yield "texts.yaml", ("ussd", name), f"the text {name} is of no state"


def _menus(content: Content) -> Iterator[Fault]:
    if "main" not in content.menus:
        yield "menus.yaml", ("menus",), "there is no menu main"
    reached = {"main"}
    for name, menu in content.menus.items():
        for number, item in enumerate(menu.items):
            where = ("menus", name, "items", number)
            targets = [item.service, item.menu, item.cases, item.language, item.pin]
            if sum(target is not None for target in targets) != 1:
                yield "menus.yaml", where, "an item has one of service, menu, cases, language, pin"
            if item.service and item.service not in content.services:
                yield "menus.yaml", where, f"there is no service {item.service}"
            if item.menu and item.menu not in content.menus:
                yield "menus.yaml", where, f"there is no menu {item.menu}"
            if item.cases and item.cases != "all" and item.cases not in content.services:
                yield "menus.yaml", where, f"there is no service {item.cases}"
            reached.add(item.menu or "main")
    for name in sorted(set(content.menus) - reached):
        yield "menus.yaml", ("menus", name), "no item leads to this menu"


def _shortcuts(content: Content) -> Iterator[Fault]:
    """A shortcut is a name: no menu key, no key of a pager, and it leads somewhere that exists."""
    for name, target in content.shortcuts.items():
        where = ("shortcuts", name)
        if not re.fullmatch(r"[1-9][0-9]{1,3}", name) or name == "98":
            yield "menus.yaml", where, "a shortcut has two to four digits, the first no 0, and is not 98"
        if sum(each is not None for each in (target.service, target.menu, target.cases)) != 1:
            yield "menus.yaml", where, "a shortcut has one of service, menu, cases"
        if target.menu and target.menu not in content.menus:
            yield "menus.yaml", where, f"there is no menu {target.menu}"
        for service in (target.service, target.cases):
            if service and service != "all" and service not in content.services:
                yield "menus.yaml", where, f"there is no service {service}"


def _profile(content: Content) -> Iterator[Fault]:
    for question in content.profile:
        for choice in question.choices:
            if choice.end and choice.end not in content.ussd:
                yield "profile.yaml", ("questions",), f"{question.id}: there is no text {choice.end}"


def _service(content: Content, service: Service) -> Iterator[tuple[Where, str]]:
    yield from _routing(content, service)
    yield from _sealed(content, service)
    names = {q.id for q in (*content.profile, *service.questions)}
    for question in service.questions:
        yield from ((("questions",), f"{question.id}: {reason}") for reason in _question(content, question, names))
    about = [question for question in service.questions if question.id == service.about_case]
    if service.about_case and not (about and about[0].type == "reference" and about[0].own):
        yield ("about_case",), f"{service.about_case} is no question for an own reference"
    yield from workflow_checks.check(content, service)


def _routing(content: Content, service: Service) -> Iterator[tuple[Where, str]]:
    for directorate in (service.routing.default, *service.routing.by_place.values()):
        if directorate not in content.directorates:
            yield ("routing",), f"there is no directorate {directorate}"
    for place in service.routing.by_place:
        if content.place_name(place, "en") == place:
            yield ("routing", "by_place", place), "there is no such place"


def _sealed(content: Content, service: Service) -> Iterator[tuple[Where, str]]:
    """A sensitive answer is stored sealed, so nothing can depend on it."""
    sensitive = {question.id for question in (*service.questions, *content.profile) if question.data == "sensitive"}
    used = {name for question in service.questions for name in (*question.when, *question.above)}
    used |= {name for move in service.workflow.moves for name in move.when}
    used |= set(service.urgent.when if service.urgent else ())
    if service.confidential:
        used.add(service.confidential.field)
        if service.confidential.field not in {question.id for question in service.questions}:
            yield ("confidential",), f"no question {service.confidential.field}"
    for name in sorted(sensitive & used):
        yield ("questions",), f"{name} is sensitive, so nothing may depend on its answer"


def _question(content: Content, question: Question, names: set[str]) -> Iterator[str]:
    for name in (*question.when, *question.above):
        if name not in names and not name.startswith("known_"):
            yield f"`when` or `above` names {name}, which is no question here"
    for word in placeholders(question.prompt) - names - {"place"}:
        yield f"the prompt names {{{word}}}, which is no answer"
    if question.rule and question.rule not in RULES:
        yield f"there is no rule {question.rule}; known: {', '.join(RULES)}"
    for choice in question.choices:
        if choice.redo and choice.redo not in names:
            yield f"choice {choice.key} asks {choice.redo} again, which is no question here"
        if choice.end and choice.end not in content.ussd:
            yield f"choice {choice.key} ends with the text {choice.end}, which does not exist"
