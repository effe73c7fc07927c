"""Whom an officer means, in the words of the content: services, open or closed cases, answers, places.

Decides: which audiences a directorate may address, and what it may ask for. Must not know: texts, pace, approval.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from menus.content import Content, Service
from store.audience import Audience

GOVERNORATE = "governorate"
"""The directorate id that speaks to everybody; each other one to those with cases of its services only."""
STATUSES = ("open", "closed", "any")

Fault = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Meant:
    """An audience as an officer writes it. No services: everybody who asked for news, by their own place."""

    services: Sequence[str] = ()
    status: str = "any"
    answers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    places: Sequence[str] = ()


def audience_of(content: Content, directorate: str, meant: Meant) -> Audience:
    """The same for the store: of services that are others', only the cases that the directorate holds."""
    own = [each.id for each in content.services.values() if each.routing.default == directorate]
    holder = None if directorate == GOVERNORATE else directorate
    return Audience(meant.services, meant.status, meant.answers, meant.places, own, holder)


def faults_of(content: Content, directorate: str, meant: Meant) -> Iterator[Fault]:
    """(field, reason) of whatever the content does not have, or the directorate may not ask."""
    if not meant.services and directorate != GOVERNORATE:
        yield "audience.services", f"must name services; only {GOVERNORATE} speaks to everybody"
    if unknown := [each for each in meant.services if each not in content.services]:
        yield "audience.services", f"unknown: {', '.join(unknown)}; there are: {', '.join(content.services)}"
        return
    if meant.status not in STATUSES:
        yield "audience.status", f"must be one of: {', '.join(STATUSES)}"
    if wrong := sorted(set(meant.places) - places(content)):
        yield "audience.places", f"unknown: {', '.join(wrong)}; there are: {', '.join(sorted(places(content)))}"
    services = [content.services[each] for each in meant.services]
    for name, values in meant.answers.items():
        known = _choices(services, name)
        if not known or not values or not set(values) <= known:
            yield f"audience.answers.{name}", f"must be of: {', '.join(sorted(known)) or 'a choice of these services'}"


def places(content: Content) -> set[str]:
    """Every place code."""
    return {code for each in content.districts for code in (each.code, *each.subdistricts)}


def _choices(services: Sequence[Service], name: str) -> set[str]:
    """What every one of these services offers for an answer; personal answers are no way to pick people."""
    offered = [
        {choice.id for question in service.questions if question.id == name for choice in question.choices}
        for service in services
    ]
    return set.intersection(*offered) if offered else set()
