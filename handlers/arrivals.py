"""How a case came into the state that it is in, read from its history.

Decides: that a question asked in between, and its answer, are no new arrival: what was possible for three days or by
three directorates does not begin again with them. Must not know: the store, limits. The triggers read the history in
the same way (`gateway.arrival`).
"""

from collections.abc import Sequence

from menus.workflow import Workflow
from store.applications import Application
from store.events import Event


def since(flow: Workflow, case: Application, history: Sequence[Event]) -> Sequence[Event]:
    """The event by which the case came into its state and all after it; all there are when none is known."""
    numbers = range(len(history) - 1, -1, -1)
    return history[next((n for n in numbers if _arrives(flow, case, history[n])), 0) :]


def arrival(flow: Workflow, case: Application, history: Sequence[Event]) -> Event | None:
    """The event by which the case came into its state; None when the history does not tell."""
    return next((event for event in reversed(history) if _arrives(flow, case, event)), None)


def came_from(flow: Workflow, case: Application, history: Sequence[Event]) -> str | None:
    """The state before this one; None when it is not known, as of a case that began in it."""
    event = arrival(flow, case, history)
    return event.from_state if event else None


def _arrives(flow: Workflow, case: Application, event: Event) -> bool:
    return event.to_state == case.state != event.from_state and event.from_state not in flow.detours
