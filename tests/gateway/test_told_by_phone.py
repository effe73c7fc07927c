"""What the phone says of a case beside its state: the papers to bring, the day, the sum, the reason, the offer."""

from typing import Any

import pytest
from flask import Flask
from psycopg.types.json import Jsonb

from gateway.settings import ROOT
from menus.gsm import segments
from menus.load import load_content
from tests.fixtures import PostOffice, poster
from tests.gateway.cases import Cases
from tests.handset import Handset

CONTENT = load_content(ROOT / "config")


def put(cases: Cases, handset: Handset, service: str, state: str, details: dict[str, Any], **answers: str) -> str:
    """A case with these details and no others."""
    reference = cases.put(service, state, handset.phone, **answers)
    cases.connection.execute("UPDATE application SET details = %s WHERE reference = %s", [Jsonb(details), reference])
    return reference


def opened(handset: Handset, reference: str) -> str:
    """Every page of the case on the screen."""
    handset.dial()
    if reference not in handset.screen:
        handset.press("6", "1")
    pages = [handset.screen]
    while "8 المزيد" in handset.screen:
        pages.append(handset.press("8").screen)
    return "\n".join(pages)


@pytest.mark.parametrize(
    ("service", "state", "details", "words"),
    [
        ("water", "DOCS_REQUIRED", {}, "اجلب البطاقة والسكن والسند"),
        ("school", "DOCS_REQUIRED", {"medical_on": "2027-02-10"}, "فحص 10/02. بطاقات الطفل والولي"),
        ("water", "VISIT_SET", {"visit_on": "2027-02-10", "hour": 10}, "10/02 س 10"),
        ("produce", "APPROVED", {"deliver_on": "2027-02-10"}, "التسليم 10/02"),
        ("produce", "PAYOUT", {"kg": 5000, "grade": 2}, "5000 كغم درجة 2"),
        ("water", "REJECTED", {"reason": "no_network"}, "السبب: لا شبكة قريبة"),
        ("inputs", "OFFERED", {"urea": 900, "dap": 700}, "يوريا 900 داب 700 كغم"),
        ("inputs", "OFFERED", {"urea": 900, "dap": 700, "seed": 60}, "يوريا 900 داب 700 بذور 60"),
        ("inputs", "OFFERED", {"seed": 60}, "بذور 60 كغم"),
        ("school", "OFFERED", {"school": "دجلة", "bring_by": "2027-02-10"}, "البديل دجلة"),
    ],
)
def test_the_screen_and_the_answer_to_a_reference_say_what_matters_in_one_segment(
    app: Flask, cases: Cases, post: PostOffice, service: str, state: str, details: dict[str, Any], words: str
) -> None:
    handset = Handset(poster(app))
    reference = put(cases, handset, service, state, details)
    post.relay()
    assert words in " ".join(opened(handset, reference).split())
    handset.texts(reference)
    answer = post.texts_to(handset.phone)[-1]
    assert words in answer
    assert segments(answer) == 1


def test_a_detail_that_is_not_known_is_not_spoken_of(app: Flask, cases: Cases, post: PostOffice) -> None:
    handset = Handset(poster(app))
    reference = put(cases, handset, "water", "REJECTED", {})
    assert "{" not in opened(handset, reference)
    handset.texts(reference)
    assert "السبب" not in post.texts_to(handset.phone)[-1]


@pytest.mark.parametrize("service", [name for name, each in CONTENT.services.items() if each.documents])
def test_every_paper_is_on_the_screen_while_the_office_waits_for_them(app: Flask, cases: Cases, service: str) -> None:
    states = CONTENT.services[service].workflow.states
    state = next(name for name in states if CONTENT.papers(CONTENT.services[service], name))
    handset = Handset(poster(app))
    reference = cases.put(service, state, handset.phone)
    shown = opened(handset, reference)
    key = next(line.split()[0] for line in shown.splitlines() if line.endswith("المستمسكات") and line[0].isdigit())
    pages = [handset.press(key).screen]
    while "8 المزيد" in handset.screen:
        pages.append(handset.press("8").screen)
    read = " ".join(" ".join(pages).split())
    for paper in CONTENT.services[service].documents:
        assert all(word in read for word in paper["ar"].split())
    handset.press(*["0"] * len(pages))
    assert reference in handset.screen
