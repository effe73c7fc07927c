"""What PostgreSQL holds of a phone's forms, compared with what its citizen typed.

Decides: what counts as lost, doubled or invented. Must not know: what the gateway says of itself on the screen.
"""

from collections.abc import Mapping
from typing import Any

import psycopg

from gateway.runtime import Runtime
from handlers import personal
from tests.system.calls import Phone
from tests.system.typed import PLACE, Form, Sent, faults

_OFFERED = """
    SELECT d.origin, d.service, d.answers FROM gateway.ussd_offer o JOIN gateway.draft d ON d.session = o.draft
    WHERE o.session = %s"""
_DRAFT = """
    SELECT answers FROM gateway.draft WHERE origin = %s AND closed_at IS NULL ORDER BY saved_at DESC LIMIT 1"""
_SENT = """
    SELECT a.reference, a.service, a.submission, a.answers, a.place, count(m.id)
    FROM application a LEFT JOIN gateway.message m ON m.reference = a.reference
    WHERE a.phone = %s GROUP BY a.reference, a.service, a.submission, a.answers, a.place"""
_TOLD = "SELECT count(*) FROM gateway.message WHERE phone = %s AND kind = 'resume'"


class Truth:
    """The store, read past the gateway; sealed answers are opened with its keys."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        url = runtime.settings.database_url
        assert url is not None
        self._url = url.get_secret_value()

    def offered(self, session: str) -> tuple[str, str, dict[str, Any]]:
        """Of the form that a session was offered: the session in which it was begun, its service, its answers."""
        ((origin, service, answers),) = self._rows(_OFFERED, session)
        return origin, service, self._opened(answers)

    def draft(self, form: Form) -> dict[str, Any] | None:
        """The answers of a form as the next call would find them."""
        found = self._rows(_DRAFT, form.origin)
        return self._opened(found[0][0]) if found else None

    def every_kept_form_is_whole(self, phone: Phone) -> None:
        """No accepted answer is lost: each unfinished form is a draft with what was typed."""
        for form in phone.open_forms():
            if form.unsure or not form.kept:
                continue
            stored = self.draft(form)
            assert stored is not None, f"a form is lost: {form}"
            assert not (wrong := form.faults(stored)), f"{wrong} in the draft of {form}"

    def every_form_sent_is_one_application(self, phone: Phone, *, strays: bool) -> None:
        """Never a second application, and none lost: what the screen called done is there as it was typed.

        `strays`: a call was rebuilt where nobody can say what it sent.
        """
        found = self._rows(_SENT, phone.number)
        forms = {f"ussd:{form.origin}": form for form in phone.forms}
        assert len({submission for _, _, submission, *_ in found}) == len(found), f"a form is two applications: {found}"
        for reference, service, submission, answers, place, receipts in found:
            form = forms.get(submission)
            assert receipts == 1, f"{receipts} receipts of {reference}"
            if strays:
                continue
            assert form, f"nobody sent {submission}: {found}"
            assert form.sent, f"nobody sent {form}"
            assert (service, form.reference) in ((form.service, reference), (form.service, "")), (reference, form)
            self._is_as_typed(form, self._opened(answers), place)
        known = {reference for reference, *_ in found}
        lost = [form for form in phone.forms if form.reference and form.reference not in known]
        assert not lost, f"an application is lost: {lost}"
        made = {submission for _, _, submission, *_ in found}
        broken = [form for form in phone.forms if form.promised and f"ussd:{form.origin}" not in made]
        assert not broken, f"a promise is broken: {broken}"

    def nobody_is_told_twice(self, phone: Phone) -> None:
        """One SMS a form says how to go on with it."""
        ((told,),) = self._rows(_TOLD, phone.number)
        assert told <= len(phone.forms), f"{told} texts about {len(phone.forms)} forms"

    def _is_as_typed(self, form: Form, answers: Mapping[str, Any], place: str) -> None:
        wrong = []
        for sent in form.sent:
            own = {name: value for name, value in sent.typed.items() if name not in ("consent", "card", *PLACE)}
            wrong.append(faults(form, Sent(own, sent.content), answers))
            if sent.typed.get("subdistrict", place) not in (place, "?"):
                wrong[-1].append(f"the place is {place}")
        assert [] in wrong, f"{wrong} in the application {answers} of {form}"

    def _opened(self, answers: Mapping[str, Any]) -> dict[str, Any]:
        return personal.opened(self._runtime.seals, answers)

    def _rows(self, statement: str, *values: object) -> list[Any]:
        with psycopg.connect(self._url) as store:
            return store.execute(statement.encode(), values).fetchall()
