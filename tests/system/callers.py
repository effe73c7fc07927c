"""People at three phones: they dial, answer well and oddly, correct, send, and hang up.

Decides: what a citizen does at each screen and what must hold whenever one comes back. Must not know: why a server is
away (see outages.py), what the network does to hops (see network.py).
"""

from gateway.runtime import Runtime
from tests.system import following
from tests.system.calls import Call, Line, Phone
from tests.system.grid import Grid
from tests.system.reading import Shown, read
from tests.system.truth import Truth
from tests.system.typed import Form
from tests.system.whereabouts import Whereabouts


class Callers(Whereabouts):
    """What phones do on a line, each act followed by what must be true then."""

    def __init__(self, runtime: Runtime, servers: Grid, seed: int) -> None:
        super().__init__(runtime, servers)
        self.line, self.truth = Line(runtime, servers, seed), Truth(runtime)
        self.phones = [Phone("41820"), Phone("70001"), Phone("99999")]

    # -- dialling ---------------------------------------------------------------------------------------------------

    def dial(self, phone: Phone, tail: str = "", *, in_code: bool = False, worker: int | None = None) -> None:
        """A new call; whatever the last one left is offered."""
        if phone.live:
            phone.live.over = True
        worker = self.line.any_worker() if worker is None else worker
        due = self.due(phone, tail)
        self.redialled(phone)
        call = Call(self.runtime.content, code=f"*964*{tail}#" if in_code else "*964#")
        phone.call = call
        phone.calls.append(call)
        transcript = "" if in_code else tail
        body = self.line.send(phone, call, transcript, worker)
        call.transcript, call.unrepeatable = transcript, not self.servers.postgres_is_up
        target = self.runtime.content.shortcuts.get(tail)
        call.service = (target.service or "") if target else ""
        call.shown = read(call.content, body, call.service)
        self.heard(call, {worker}, body)
        if call.shown.kind == "resume":
            self._resumed(phone, call)
        elif call.shown.kind == "question":
            following.opened(phone, call, call.service)
        assert not due or call.shown.kind == "resume", f"an unfinished form is not offered: {due}, but {body!r}"

    def _resumed(self, phone: Phone, call: Call) -> None:
        """What is offered is a form of this phone, as it was typed."""
        if not self.servers.postgres_is_up:
            call.form = self._recalled(phone, call)
            call.form.content, call.service = call.content, call.form.service
            return
        origin, service, answers = self.truth.offered(call.session)
        form = next((each for each in reversed(phone.forms) if each.origin == origin), None)
        if form is None and any(each.adrift and each.session == origin for each in phone.calls):
            call.adrift = True
            return
        assert form is not None, f"nobody began this form: {origin}"
        assert form.service == service
        assert not form.over or form.unsure, f"it was given up, and is offered: {form}"
        assert not form.reference, f"it was sent, and is offered: {form}"
        if form.unsure or not form.kept:
            form.adopt(answers)
        else:
            assert not (wrong := form.faults(answers)), f"{wrong} in the draft of {form}"
        form.content, call.form, call.service = call.content, form, service

    @staticmethod
    def _recalled(phone: Phone, call: Call) -> Form:
        """The form that Redis remembers of the phone's last call with one, while the store is away."""
        shown = call.shown.text if call.shown else ""
        forms = [each.form for each in reversed(phone.calls) if each.form and not each.form.over]
        nouns = {each.service: each.content.services[each.service].noun.values() for each in forms}
        form = next((each for each in forms if any(noun in shown for noun in nouns[each.service])), None)
        assert form is not None, f"nobody began this form: {shown!r}"
        return form

    # -- pressing ---------------------------------------------------------------------------------------------------

    def press(self, phone: Phone, call: Call, key: str, *, twice: bool = False) -> None:
        """The citizen presses keys and sends them, and the network may carry them twice at once."""
        before, transcript, worker = call.shown, call.after(key), self.line.any_worker()
        assert before is not None
        workers = {worker} if not twice else {0, 1}
        self.lose_track(phone, call, {worker} if not twice else workers)
        following.sending(call, key)
        body = (
            self.line.send_twice(phone, call, transcript) if twice else self.line.send(phone, call, transcript, worker)
        )
        if transcript in call.replies:  # an empty input at the first screen is a repeat on the wire
            assert body == call.replies[transcript]
            return
        service = call.service or self._service(call, before, key)
        after = read(call.content, body, service)
        if after.kind == "other" and key in ("8", "0"):  # a page without a heading
            after = before
        call.transcript, call.shown = transcript, after
        call.unrepeatable = call.unrepeatable or "*" in key
        if after.notice == "anew":
            assert not call.knowing & self.reach(workers), f"a call that is known begins anew: {body!r}"
            self.give_up(phone, call)
        self.heard(call, workers, body)
        if not call.adrift:
            following.follow(phone, call, before, key, after)
        self.holds(phone, call)

    def repeat(self, phone: Phone, call: Call, transcript: str) -> None:
        """An old hop again, at whichever worker."""
        worker, before = self.line.any_worker(), call.replies[transcript]
        if call is phone.live and transcript == call.transcript:
            self.lose_track(phone, call, {worker})
        knows = call.knowing & self.reach({worker})
        body = self.line.send(phone, call, transcript, worker)
        assert body == before or not knows, f"not the same bytes: {body!r}, {before!r}"

    def deliver_late(self, phone: Phone, call: Call, transcript: str) -> None:
        """A hop of a call that dropped comes after all; another call of the phone may be over by that."""
        worker = self.line.any_worker()
        if not call.knowing & self.reach({worker}):
            for form in phone.forms:
                form.unsure = True
        if phone.live and phone.live is not call:
            phone.live.rivalled = True
        body = self.line.send(phone, call, transcript, worker)
        call.replies[transcript] = body

    def drop(self, phone: Phone, call: Call, *, told: bool) -> None:
        """The call is over; the provider's word, if it comes, is not waited for where PostgreSQL hangs."""
        call.over = True
        if told and not self.servers.postgres_hangs:
            worker = self.line.any_worker()
            self.line.ended(phone, call, worker)
            if call.form and self.servers.postgres_is_up:
                call.form.kept = call.form.kept or bool(call.knowing & self.reach({worker}))

    @staticmethod
    def _service(call: Call, before: Shown, key: str) -> str:
        """What a menu's line, or a shortcut typed into it, leads to."""
        items = call.content.menus[before.name].items if before.kind == "menu" else []
        shortcut = call.content.shortcuts.get(key)
        return next((each.service for each in items if each.key == key), shortcut and shortcut.service) or ""
