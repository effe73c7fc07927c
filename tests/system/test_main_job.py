"""The main job from outside, as `make run` starts it: every service, in both languages, to the last SMS."""

import re
from collections.abc import Iterator

import pytest
import requests

from tests.handset import Handset, new_phone
from tests.peers import Peer, peer
from tests.system.journeys import JOURNEYS, Journey
from tests.system.running import Gateway, until
from tests.system.simulated_phone import SimulatedPhone

pytestmark = [pytest.mark.xdist_group("main-job"), pytest.mark.timeout(240)]

LABELS = {
    "ar": {"DOCS_REQUIRED": "المستمسكات", "UNDER_REVIEW": "قيد التدقيق", "APPROVED": "", "OFFERED": "", "RESOLVED": ""},
    "en": {"DOCS_REQUIRED": "documents", "UNDER_REVIEW": "under review", "APPROVED": "", "OFFERED": "", "RESOLVED": ""},
}


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway with nothing set but its port and its data directory."""
    running = Gateway(tmp_path_factory.mktemp("a path with a space") / "data").start()
    running.make_portal_role()
    yield running
    assert running.stop() == 0, running.output()


@pytest.fixture(scope="module")
def keys(gateway: Gateway) -> dict[str, str]:
    """One officer a service."""
    return {each.service: gateway.officer(f"of-{each.service}", each.role, each.directorate) for each in JOURNEYS}


@pytest.mark.parametrize("language", ["ar", "en"])
@pytest.mark.parametrize("journey", JOURNEYS, ids=lambda journey: journey.service)
def test_a_stranger_applies_and_hears_of_every_change(
    gateway: Gateway, keys: dict[str, str], journey: Journey, language: str
) -> None:
    phone = SimulatedPhone(gateway.addresses["base"], new_phone()).dial()
    if language == "en":
        phone.press("9")
    reference = phone.press(*journey.keys).reference
    assert phone.kind == "END"
    phone.gets(1, reference)
    phone.texts(reference).gets(2, reference)
    phone.texts(f"{reference[:4]} {reference[4:]}").gets(3, reference)

    case = gateway.api(keys[journey.service], "GET", f"/applications/{reference}").json()
    body = {"action": journey.action, "params": {}, "expected_version": case["version"]}
    answer = gateway.api(keys[journey.service], "POST", f"/applications/{reference}/actions", body)
    assert answer.status_code == 200, answer.text
    assert phone.gets(4, reference, LABELS[language][journey.moved])

    if journey.plain:
        statement = "UPDATE application SET state = %s WHERE reference = %s"
        gateway.sql(statement, journey.plain, reference, role="portal")
        phone.gets(5, reference, LABELS[language][journey.plain])
    phone.dial().press("6", "1")
    assert reference in phone.screen


def test_a_case_made_by_another_system_is_tracked_by_phone(gateway: Gateway) -> None:
    phone = SimulatedPhone(gateway.addresses["base"], new_phone())
    statement = (
        "INSERT INTO application (service, phone, place, language) VALUES ('water', %s, '10', 'ar') RETURNING reference"
    )
    ((reference,),) = gateway.sql(statement, phone.phone, role="portal")
    phone.gets(1, reference)
    phone.texts(reference).gets(2, reference)


def test_a_restart_of_everything_in_mid_session_is_not_noticed(gateway: Gateway) -> None:
    handset = Handset(gateway.post).dial().press("2", "1", "1")
    waiting = handset.screen
    assert gateway.stop() == 0
    gateway.start()
    assert handset.send().screen == waiting
    reference = handset.press("1", "1", "1", "1", "1234", "0", "1", "1").ends().reference
    again = handset.screen
    assert handset.send().screen == again
    assert gateway.sql("SELECT count(*) FROM application WHERE phone = %s", handset.phone) == [(1,)]
    assert gateway.sql("SELECT reference FROM application WHERE phone = %s", handset.phone) == [(reference,)]


@pytest.fixture(scope="module")
def far() -> Iterator[Peer]:
    """A provider that is not the simulator."""
    with peer() as far:
        yield far


@pytest.fixture(scope="module")
def live(far: Peer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """The production path: PROVIDER=africastalking, its SDK, and a peer's address."""
    settings = {"AT_BASE_URL": far.url, "AT_USERNAME": "missan", "AT_API_KEY": "k" * 20, "AT_SENDER_ID": "MISSAN"}
    running = Gateway(tmp_path_factory.mktemp("live") / "data", PROVIDER="africastalking", **settings).start()
    running.make_portal_role()
    yield running
    assert running.stop() == 0, running.output()


@pytest.mark.parametrize("language", ["ar", "en"])
@pytest.mark.parametrize("journey", JOURNEYS, ids=lambda journey: journey.service)
def test_the_same_on_the_wire_of_a_peer_that_is_not_ours(
    live: Gateway, far: Peer, journey: Journey, language: str
) -> None:
    handset = Handset(live.post)
    opening = ("9",) if language == "en" else ()
    reference = handset.dial().press(*opening, *journey.keys).ends().reference

    def texts() -> list[str]:
        return [text for phone, text in far.sent if phone == handset.phone]

    until(lambda: len(texts()) == 1, "receipt")
    handset.texts(reference)
    until(lambda: len(texts()) == 2, "status")
    live.sql("UPDATE application SET state = %s WHERE reference = %s", journey.moved, reference, role="portal")
    until(lambda: len(texts()) == 3, "notice")
    assert all(reference in text for text in texts()), texts()
    ((provider_id,),) = live.sql(
        "SELECT provider_id FROM gateway.message WHERE phone = %s ORDER BY id LIMIT 1", handset.phone
    )
    report = {"id": provider_id, "status": "Success", "phoneNumber": handset.phone, "networkCode": "41820"}
    assert live.post("delivery", report) == (200, "OK\n")
    assert live.sql("SELECT state FROM gateway.message WHERE provider_id = %s", provider_id) == [("delivered",)]


def test_any_web_process_tells_of_the_hops_of_all(gateway: Gateway) -> None:
    def hops() -> float:
        answer = requests.get(f"{gateway.addresses['base']}/metrics", timeout=15)
        assert answer.status_code == 200
        (count,) = re.findall(r"^missan_hop_seconds_count (\S+)$", answer.text, re.MULTILINE)
        return float(count)

    Handset(gateway.post).dial()
    before = hops()
    for _ in range(20):  # each on a connection of its own, so that both processes get some
        Handset(gateway.post).dial()
    assert {hops() for _ in range(10)} == {before + 20}
