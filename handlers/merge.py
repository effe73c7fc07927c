"""Two cases about the same thing become one: the duplicate is closed, the other one notes it.

Decides: which case may take another in. Must not know: who asks for it, screens.
"""

from handlers.context import Context, Refused
from handlers.notify import announce_all
from menus.workflow import Move
from store import applications
from store.applications import Act, Application

INTO = "merged_into"
FROM = "merged_from"
JOINED = "joined"


def join(context: Context, case: Application, move: Move, act: Act) -> Refused | None:
    """The other half of a merge, in the case that goes on; None when it is done or this move is no merge."""
    if not any(param.id == INTO for param in move.params):
        return None
    reference = str(act.details[INTO])
    if reference == case.reference:
        return _refused("is this case itself")
    other = applications.lock_free(context.tx, reference)
    if other is None:
        known = applications.find(context.tx, reference) is not None
        return Refused("stale", f"{reference} is being changed; try again.") if known else _refused("is no case")
    service = context.content.services[case.service]
    other_half = service.workflow.find(other.state, JOINED, other.answers) if other.service == case.service else None
    if other_half is None:
        return _refused("is no open case of this service")
    applications.move(
        context.tx,
        other,
        to_state=other.state,
        act=Act(act.kind, act.actor, JOINED, {FROM: case.reference}),
        details={FROM: case.reference},
        due_at=other.due_at,
        now=context.now,
    )
    announce_all(context.tx, context.content, other.reference, context.now)
    return None


def _refused(reason: str) -> Refused:
    return Refused("invalid_params", "The parameters of this action are not valid.", ((INTO, reason),))
