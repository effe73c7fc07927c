"""Citizens without USSD: whole lives of the five services by SMS alone, in Arabic, over HTTP, as dialogues/*.yaml tell.

A line is what a citizen texts, what an officer does by the API, or what the portal writes into the store; `gateway` is
what the one SMS that follows must say. {ref} is the case's reference, {day+9} and {dm+9} the ninth working day to come.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from ruamel.yaml import YAML

from gateway import keys
from handlers.calendar import add_working_days
from menus.gsm import segments
from menus.load import load_content
from store import officers
from store.db import Database
from tests.handset import new_phone
from tests.system.running import ROOT, Gateway, until
from tests.system.simulated_phone import SimulatedPhone

pytestmark = [pytest.mark.xdist_group("sms-only"), pytest.mark.timeout(240)]
DIALOGUES = sorted((Path(__file__).parent / "dialogues").glob("*.yaml"))
CALENDAR = load_content(ROOT / "config").calendar
TODAY = datetime.now(ZoneInfo("Asia/Baghdad")).date()
_DAY = re.compile(r"\{(day|dm)\+(\d+)\}")


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway of its own, on a working day."""
    running = Gateway(tmp_path_factory.mktemp("texting") / "data").start()
    running.make_portal_role()
    running.command("calendar", "add", TODAY.isoformat(), "--name", "a day of tests", "--working")
    yield running
    assert running.stop() == 0, running.output()


class Story:
    """One dialogue under way."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway, self.phone = gateway, SimulatedPhone(gateway.addresses["base"], new_phone())
        self.desks: dict[str, str] = {}
        self.reference = ""

    def play(self, line: dict[str, Any]) -> None:
        """One line, and the SMS that it brings."""
        before = len(self.phone.inbox())
        if "citizen" in line:
            until(self._all_left, "nothing on its way")  # nobody types faster than the network notes a delivery
            self.phone.texts(self._filled(line["citizen"]))
        elif "office" in line:
            self._acts(line["office"], line["does"], line.get("with", {}))
        else:
            update = "UPDATE application SET state = %s WHERE reference = %s"
            self.gateway.sql(update, line["portal"], self._known(), role="portal")
        if not line.get("silence"):
            found = until(lambda: self.phone.inbox()[before:], f"an answer to {line}")
            assert len(found) == 1, found
            said = self._filled(line["gateway"])
            assert said in found[0], f"{line}: {found[0]!r}"

    def _all_left(self) -> bool:
        waiting = "SELECT FROM gateway.message WHERE phone = %s AND state IN ('queued', 'claimed', 'sending')"
        return not self.gateway.sql(waiting, self.phone.phone)

    def _acts(self, who: str, action: str, params: dict[str, Any]) -> None:
        role, directorate = who.split(" of ")
        key = self.desks.get(who) or self.desks.setdefault(who, self._hired(who, role, directorate))
        given = {name: self._filled(value) if isinstance(value, str) else value for name, value in params.items()}
        path = f"/applications/{self._known()}"
        version = self.gateway.api(key, "GET", path).json()["version"]
        body = {"action": action, "params": given, "expected_version": version}
        answer = self.gateway.api(key, "POST", f"{path}/actions", body)
        assert answer.status_code == 200, f"{who}: {action}: {answer.text}"

    def _hired(self, who: str, role: str, directorate: str) -> str:
        made, db = keys.make(), Database(self.gateway.addresses["database_url"])
        with db.transaction() as tx:
            name = f"{who} {self.phone.phone}"
            officers.add(tx, name, [role], directorate, made.key_id, made.key_hash, datetime.now(UTC))
        db.close()
        return made.key

    def _known(self) -> str:
        if not self.reference:
            statement = "SELECT reference FROM application WHERE phone = %s"
            ((self.reference,),) = self.gateway.sql(statement, self.phone.phone)
        return self.reference

    def _filled(self, text: str) -> str:
        text = text.replace("{ref}", self._known()) if "{ref}" in text else text
        return _DAY.sub(lambda found: _day(found[1], int(found[2])), text)


def _day(form: str, ahead: int) -> str:
    day = add_working_days(CALENDAR, TODAY, ahead)
    return day.isoformat() if form == "day" else f"{day:%d/%m}"


@pytest.mark.parametrize("path", DIALOGUES, ids=lambda path: path.stem)
def test_a_case_lives_by_sms_alone(gateway: Gateway, path: Path) -> None:
    told = YAML(typ="safe", pure=True).load(path)
    story = Story(gateway)
    for line in told["lines"]:
        story.play(line)
    statement = "SELECT service, state, channel FROM application WHERE phone = %s"
    assert gateway.sql(statement, story.phone.phone) == [(told["service"], told["state"], "sms")]
    inbox = story.phone.inbox()
    assert not any(told.get("never", "\0") in text for text in inbox)
    assert max(map(segments, inbox)) <= 2
    costs = "SELECT sum(parts) >= 5 FROM gateway.sms_ledger WHERE service = %s"
    assert gateway.sql(costs, told["service"]) == [(True,)]
