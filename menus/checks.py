"""What no single file can say about itself: that the pieces of content fit together.

Decides: which content is refused at boot. Must not know: screens' sizes (see menus/measure.py), the store.
"""

from collections.abc import Iterator, Mapping, Sequence

from menus import menu_checks, moved, operators, shared_moves, text_checks, workflow_checks
from menus.content import Content, Service
from menus.forms import Question
from menus.localized import placeholders
from menus.places import numbered
from menus.rules import RULES
from menus.yaml_source import Fault, Where, YamlSource, located

CARD = "card"
"""The profile's question for the national card, which is kept with the phone."""
KNOWN = ("known_consent", "known_card", "known_place")
"""What may be known of a phone before it is asked."""


def check(content: Content, sources: Mapping[str, YamlSource]) -> list[str]:
    """Every fault, as `file:line: reason`."""
    found = [*text_checks.check(content), *menu_checks.check(content), *_shared(content), *_profile(content)]
    found += [("menus.yaml", ("moved", entry), reason) for entry, reason in moved.faults(content)]
    found += [("operators.yaml", where, reason) for where, reason in operators.repeated(content.operators)]
    for service in content.services.values():
        found += [(f"services/{service.id}.yaml", where, reason) for where, reason in _service(content, service)]
    return located(sources, found)


def _shared(content: Content) -> Iterator[Fault]:
    states = {state for service in content.services.values() for state in service.workflow.states}
    for where, state in shared_moves.unknown(content.shared, states):
        yield "workflow.yaml", where, f"no service has the state {state}"


def _profile(content: Content) -> Iterator[Fault]:
    for number, question in numbered(content.profile):
        for reason in _question(content, question, content.profile):
            yield "profile.yaml", ("questions", number), f"{question.id}: {reason}"
        if question.id == CARD and question.data != "sensitive":
            yield "profile.yaml", ("questions", number), f"{CARD}: the national card is kept sealed: data: sensitive"


def _service(content: Content, service: Service) -> Iterator[tuple[Where, str]]:
    yield from _routing(content, service)
    yield from _sealed(content, service)
    everything = (*content.profile, *service.questions)
    for number, question in numbered(service.questions):
        for reason in _question(content, question, everything):
            yield ("questions", number), f"{question.id}: {reason}"
    about = [question for question in service.questions if question.id == service.about_case]
    if service.about_case and not (about and about[0].type == "reference" and about[0].own):
        yield ("about_case",), f"{service.about_case} is no question for an own reference"
    for name in service.one_open or ():
        if name not in {question.id for question in service.questions}:
            yield ("one_open",), f"{name} is no question here"
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
        told = {service.confidential.field: service.confidential.values}
        yield from ((("confidential",), reason) for reason in workflow_checks.answers(service, told))
    for name in sorted(sensitive & used):
        yield ("questions",), f"{name} is sensitive, so nothing may depend on its answer"


def _question(content: Content, question: Question, everything: Sequence[Question]) -> Iterator[str]:
    names = {each.id for each in everything}
    for name in (*question.when, *question.above):
        if name not in names and name not in KNOWN:
            yield f"`when` or `above` names {name}, which is no question here"
    for name, values in question.when.items():
        known = {choice.id for each in everything if each.id == name for choice in each.choices} | {""}
        if len(known) > 1 and (unknown := set(values) - known):
            yield f"`when` names {name}: {', '.join(sorted(unknown))}, which is no answer there"
    if question.rule and question.rule not in RULES:
        yield f"there is no rule {question.rule}; known: {', '.join(RULES)}"
    for choice in question.choices:
        if choice.redo and choice.redo not in names:
            yield f"choice {choice.key} asks {choice.redo} again, which is no question here"
        if choice.end and choice.end not in content.ussd:
            yield f"choice {choice.key}: there is no text {choice.end} to end with"
        elif choice.end and (words := placeholders(content.ussd[choice.end])):
            yield f"choice {choice.key} ends with the text {choice.end}, in which nothing fills {{{min(words)}}} in"
