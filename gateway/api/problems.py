"""Everything the API refuses, as RFC 9457 problem documents.

Decides: status, type and title of every refusal. Must not know: routes, HTTP requests.
"""

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, Field
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from gateway.api.reply import Reply

CONTENT_TYPE = "application/problem+json"
TYPE = "urn:problem-type:missan:"
RETRY_AFTER_S = 5

KINDS: Mapping[str, tuple[int, str]] = {
    "bad_json": (400, "The body is not JSON"),
    "unauthorized": (401, "A valid key is needed"),
    "forbidden": (403, "This is not for your role or directorate"),
    "own_case": (403, "The same person may not decide this"),
    "not_found": (404, "No such case"),
    "no_route": (404, "No such route"),
    "wrong_method": (405, "The route does not have this method"),
    "stale": (409, "The case has changed"),
    "illegal_move": (409, "The case cannot make this move"),
    "limit_reached": (409, "The action is used up"),
    "too_late": (409, "The time for this action is over"),
    "already_open": (409, "The citizen has such a case open"),
    "too_large": (413, "The body is too large"),
    "wrong_type": (415, "The body must be application/json"),
    "invalid_params": (422, "The parameters are not valid"),
    "invalid_request": (422, "The request is not valid"),
    "key_reused": (422, "The idempotency key was used for another request"),
    "fault": (500, "The gateway has a fault"),
    "unavailable": (503, "The store is away"),
}
"""Code -> status, title. Those of handlers.context.Refused keep their names."""
_OF_STATUS = {404: "no_route", 405: "wrong_method", 413: "too_large"}


class Fault(BaseModel):
    """What is wrong with one parameter or field."""

    name: str
    reason: str


class Problem(BaseModel):
    """A refusal (RFC 9457). `type` tells the kinds apart: `urn:problem-type:missan:` and the kind."""

    type: str
    title: str
    status: int
    detail: str
    fields: list[Fault] | None = Field(default=None, description="only where parameters or fields are at fault")


class RefusalError(Exception):
    """Ends a request with a problem of this `code`."""

    def __init__(
        self,
        code: str,
        detail: str,
        fields: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.reply = reply(code, detail, fields, headers)


def reply(
    code: str, detail: str, fields: Sequence[tuple[str, str]] = (), headers: Mapping[str, str] | None = None
) -> Reply:
    """The problem called `code`; KeyError for a code that KINDS does not have."""
    status, title = KINDS[code]
    faults = [Fault(name=name, reason=reason) for name, reason in fields] or None
    return _reply(Problem(type=TYPE + code, title=title, status=status, detail=detail, fields=faults), headers or {})


def of_http(error: HTTPException) -> Reply:
    """The problem that stands for what Flask or werkzeug refused."""
    status = error.code or 500
    headers: dict[str, str] = {}
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        headers["Allow"] = ", ".join(sorted(error.valid_methods))
    if status in _OF_STATUS:
        return reply(_OF_STATUS[status], error.description or "", (), headers)
    if status < 400:  # a redirect to another spelling of the path: this API has one
        return reply("no_route", "The path is not written as documented.")
    title = error.name
    return _reply(Problem(type="about:blank", title=title, status=status, detail=error.description or title), headers)


def unauthorized(*, given: bool) -> RefusalError:
    """401, with the challenge of RFC 6750 §3."""
    challenge = 'Bearer realm="missan"' + (', error="invalid_token"' if given else "")
    detail = "The key is not valid." if given else "Send the header Authorization: Bearer <key>."
    return RefusalError("unauthorized", detail, headers={"WWW-Authenticate": challenge})


def unavailable() -> Reply:
    """503, with the seconds after which to try again."""
    return reply("unavailable", "Nothing is lost; try again soon.", headers={"Retry-After": str(RETRY_AFTER_S)})


def fault() -> Reply:
    """500, without a word on what it was: that is in the log."""
    return reply("fault", "The request could not be completed. The log of the gateway says why.")


def _reply(problem: Problem, headers: Mapping[str, str]) -> Reply:
    return Reply(problem.status, problem.model_dump_json(exclude_none=True), CONTENT_TYPE, headers)
