"""A citizen without USSD: one service from the first word to the rating, by SMS alone, over HTTP, in Arabic."""

from collections.abc import Iterator

import pytest

from tests.handset import new_phone
from tests.system.journeys import JOURNEYS, STRANGER
from tests.system.running import Gateway, until
from tests.system.simulated_phone import SimulatedPhone

pytestmark = [pytest.mark.xdist_group("sms-only"), pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway of its own."""
    running = Gateway(tmp_path_factory.mktemp("texting") / "data").start()
    running.make_portal_role()
    yield running
    assert running.stop() == 0, running.output()


def says(phone: SimulatedPhone, text: str) -> str:
    """Send a text and wait for the one that it brings."""
    before = len(phone.inbox())
    phone.texts(text)
    return until(lambda: phone.inbox()[before:], f"an answer to {text}")[-1]


def moved(gateway: Gateway, phone: SimulatedPhone, reference: str, state: str) -> str:
    """The portal moves the case; the text that it brings."""
    before = len(phone.inbox())
    gateway.sql("UPDATE application SET state = %s WHERE reference = %s", state, reference, role="portal")
    return until(lambda: phone.inbox()[before:], state)[-1]


def test_a_water_request_lives_by_sms_alone(gateway: Gateway) -> None:
    phone = SimulatedPhone(gateway.addresses["base"], new_phone())
    assert "نستعمل رقم هاتفك" in says(phone, "ماء")
    for answer in (*STRANGER, *JOURNEYS[0].answers):
        question = says(phone, answer)
    assert "تأكيد" in question
    receipt = says(phone, "1")
    ((reference, channel),) = gateway.sql("SELECT reference, channel FROM application WHERE phone = %s", phone.phone)
    assert reference in receipt
    assert channel == "sms"
    assert "المستمسكات" in moved(gateway, phone, reference, "DOCS_REQUIRED")
    assert "قيد التدقيق" in moved(gateway, phone, reference, "UNDER_REVIEW")
    assert "موعد كشف" in moved(gateway, phone, reference, "VISIT_OFFERED")
    assert reference in says(phone, "١")
    assert gateway.sql("SELECT state FROM application WHERE phone = %s", phone.phone) == [("VISIT_SET",)]
    for state in ("FEE_DUE", "APPROVED", "COMPLETED"):
        moved(gateway, phone, reference, state)
    assert "شكرا" in says(phone, "5")
    assert "water" in gateway.command("sms", "ledger")
