"""The operations on cases: list, open, act, act on many.

Decides: what each operation takes and answers. Must not know: rights (the desk), Flask.
"""

import json

import structlog

from gateway.api import acting, catalogue, cursors, operation, problems
from gateway.api.models import (
    Action,
    Actions,
    Case,
    CaseFile,
    Cases,
    Clock,
    Event,
    Filter,
    Message,
    ReferencedAction,
    Results,
)
from gateway.api.operation import Caller
from gateway.api.problems import RefusalError
from gateway.api.reply import Reply, ok
from handlers import desk
from menus.content import Content
from menus.references import is_reference
from store.db import StoreUnavailable

log = structlog.get_logger(__name__)

MOVE_PROBLEMS = (
    "forbidden",
    "own_case",
    "not_found",
    "stale",
    "illegal_move",
    "limit_reached",
    "too_late",
    "invalid_params",
)


@operation.get("/applications", Cases, Filter)
def list_applications(caller: Caller, asked: Filter) -> Reply:
    """The cases that are the officer's to see, newest first, a page at a time."""
    _check(caller.runtime.content, asked)
    query = desk.Query(
        service=asked.service,
        state=asked.state,
        phone=asked.phone,
        after=cursors.read(asked.cursor) if asked.cursor else None,
        limit=asked.limit + 1,  # one more tells whether there is a next page
    )
    with caller.runtime.db.transaction() as tx:
        found = desk.listed(caller.runtime.context(tx), caller.officer, query)
    page, last = found[: asked.limit], found[asked.limit - 1 : asked.limit]
    more = [cursors.write((case.created_at, case.reference)) for case in last if len(found) > asked.limit]
    return ok(Cases(items=[Case.model_validate(case) for case in page], next=more[0] if more else None))


def _check(content: Content, asked: Filter) -> None:
    """A filter with a typing mistake must not look like an empty desk."""
    known = {"service": content.services, "state": content.states}
    faults = [
        (name, f"must be one of: {', '.join(sorted(names))}")
        for name, names in known.items()
        if getattr(asked, name) is not None and getattr(asked, name) not in names
    ]
    if faults:
        raise RefusalError("invalid_request", "The request has faults; see fields.", faults)


@operation.get("/applications/<reference>", CaseFile, problems=("not_found",))
def open_application(caller: Caller, reference: str) -> Reply:
    """One case whole, with the actions that the officer may make now."""
    _check_reference(reference)
    with caller.runtime.db.transaction() as tx:
        found = desk.opened(caller.runtime.context(tx), caller.officer, reference)
    if found is None:
        raise _no_case()
    return ok(
        CaseFile(
            **Case.model_validate(found.case).model_dump(),
            history=[Event.model_validate(event) for event in found.history],
            messages=[Message.model_validate(message) for message in found.messages],
            actions=[catalogue.move(move) for move in found.actions],
            clock=Clock.model_validate(found.clock) if found.clock else None,
        )
    )


@operation.post("/applications/<reference>/actions", Case, Action, MOVE_PROBLEMS)
def act_on_application(caller: Caller, asked: Action, reference: str) -> Reply:
    """Make an action; the case as it is afterwards. The citizen is told in the same transaction."""
    _check_reference(reference)
    return acting.act(caller, ReferencedAction(**asked.model_dump(), reference=reference))


@operation.post("/actions", Results, Actions)
def act_on_many(caller: Caller, asked: Actions) -> Reply:
    """Make actions on many cases, each in its own transaction; a refused one does not stop the others."""
    results = []
    away = False
    for index, action in enumerate(asked.actions):
        reply = problems.unavailable() if away else _result(caller, action, index)
        away = away or reply.status == problems.KINDS["unavailable"][0]
        results.append(_shown(action.reference, reply))
    return Reply(200, json.dumps({"results": results}, ensure_ascii=False, separators=(",", ":")))


def _result(caller: Caller, action: ReferencedAction, index: int) -> Reply:
    """Whatever happens here, the caller must still hear what became of the actions before."""
    try:
        return acting.act(caller, action, index)
    except StoreUnavailable:
        return problems.unavailable()
    except Exception as error:
        log.exception("an action of many failed", error=type(error).__name__)
        return problems.fault()


def _shown(reference: str, reply: Reply) -> dict[str, object]:
    part = "application" if reply.status < 400 else "problem"
    return {"reference": reference, "status": reply.status, part: json.loads(reply.body)}


def _check_reference(reference: str) -> None:
    if not is_reference(reference):
        raise _no_case()


def _no_case() -> RefusalError:
    return RefusalError("not_found", "There is no such case in your directorate.")
