"""One case is looked at by the clock: what has run out is done, and its clocks are noted anew.

Decides: nothing of its own: the clocks say what is due, the workflow where it leads. Must not know: which cases to
look at.
"""

from handlers import moves, winding
from handlers.context import Context, Refused
from store import applications

ACTOR = "clock"


class TickError(Exception):
    """The workflow refused what its clock asked for; `str()` says why, without personal data."""


def tick(context: Context, reference: str) -> str | None:
    """The action made on the case, or None. Whoever is writing the case goes first: it is looked at again later."""
    case = applications.lock_free(context.tx, reference)
    if case is None:
        return None
    service = context.content.services.get(case.service)
    found = winding.read(context.tx, context.content, case)
    step = found.step(context.now) if found else None
    if service is None or step is None:
        winding.wind(context.tx, context.content, case)
        return None
    before = moves.came_from(context, case)
    move = service.workflow.by_system(case.state, step.action, case.answers, before)
    if move is None:
        raise TickError(f"{case.service}: {case.state} has no move {step.action}")
    made = moves.make(context, case, move, "system", ACTOR, {}, **step.details)
    if isinstance(made, Refused):
        raise TickError(f"{case.service}: {made.message}")
    return move.action
