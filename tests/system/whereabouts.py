"""Where calls and their forms are held at any moment, and so what no outage may cost (docs/adr/0010).

Decides: what a redial must offer, which calls go on, and of which nothing can be said. Must not know: the wire.
"""

from gateway.runtime import Runtime
from tests.system.calls import REDIS, Call, Phone
from tests.system.grid import Grid
from tests.system.typed import Form


class Whereabouts:
    """What the model knows of the memory of workers, of Redis and of PostgreSQL."""

    def __init__(self, runtime: Runtime, servers: Grid) -> None:
        self.runtime, self.servers = runtime, servers

    def due(self, phone: Phone, tail: str) -> list[Form]:
        """The forms of which one must be offered."""
        services = self.runtime.content.services
        forms = [each for each in phone.open_forms() if not each.unsure] if self.servers.postgres_is_up else []
        target = self.runtime.content.shortcuts.get(tail)
        if tail and (target is None or {form.service for form in forms} != {target.service}):
            return []
        return [each for each in forms if each.service in services and (each.kept or self.is_next(phone, each))]

    def is_noted(self, phone: Phone, form: Form) -> bool:
        """Whether Redis leads to the form as it was typed last."""
        holder = phone.holder.get(id(form))
        return not form.unsure and holder is not None and holder.noted and self.servers.redis_is_up

    def is_next(self, phone: Phone, form: Form) -> bool:
        return self.is_noted(phone, form) and phone.holder[id(form)] is phone.noted

    def redialled(self, phone: Phone) -> None:
        """The dropped call's form is in PostgreSQL from now on, if that is there."""
        for form in phone.open_forms():
            form.kept = form.kept or (self.servers.postgres_is_up and self.is_next(phone, form))

    def heard(self, call: Call, workers: set[int], body: str) -> None:
        """A hop was answered: its workers know the call, and Redis if it is there."""
        call.knowing = self.reach(workers)
        call.replies[call.transcript], call.over = body, body.startswith("END ")

    def holds(self, phone: Phone, call: Call) -> None:
        if call.form is not None:
            phone.holder[id(call.form)] = call
            call.form.kept = call.over and self.servers.postgres_is_up
            if call.form.is_worth_keeping():
                call.noted = self.servers.redis_is_up
                call.owing = set() if call.noted else call.knowing - {REDIS}
                phone.noted = call

    def lose_track(self, phone: Phone, call: Call, workers: set[int]) -> None:
        """A call that nobody knows is rebuilt from its inputs; where they may mean others now, it is adrift."""
        known = call.knowing & self.reach(workers)
        if not known:
            call.replies.clear()  # of what came before only the place where it led is found again
        same = call.content.digest == self.runtime.content.digest and not call.unrepeatable
        if known or call.adrift or (same and self.servers.postgres_is_up and self._stands(phone, call)):
            return
        self.give_up(phone, call)

    @staticmethod
    def give_up(phone: Phone, call: Call) -> None:
        """Nothing is said of this call's answers any more, nor of what it may do to the phone's other forms."""
        call.adrift = True
        for form in phone.forms:
            form.unsure = True
        call.form = None

    @staticmethod
    def _stands(phone: Phone, call: Call) -> bool:
        """Whether what is known of the phone is what was known when the call began."""
        return not any(form.sent for form in phone.forms if form.origin != call.session and form is not call.form)

    def reach(self, workers: set[int]) -> set[int]:
        """What a hop at these workers can ask."""
        return {*workers, REDIS} if self.servers.redis_is_up else set(workers)
