"""The API as a Flask blueprint: who asks, one log line a request, and no answer that is not JSON.

Decides: the order of checks (route, key, form, rights). Must not know: what operations do.
"""

import json
import time
from collections.abc import Callable

import structlog
from flask import Blueprint, Response, g, request
from werkzeug.exceptions import HTTPException

from gateway import keys
from gateway.api import applications, broadcasts, catalogue, counter, measures, messages, openapi, problems, traffic
from gateway.api.operation import Caller, Operation
from gateway.api.problems import RefusalError
from gateway.api.reading import read_body, read_key, read_query
from gateway.api.reply import Reply
from gateway.runtime import Runtime
from store.db import StoreUnavailable
from store.officers import Officer

log = structlog.get_logger(__name__)

PREFIX = "/api/v1"
OPERATIONS = (
    applications.list_applications,
    applications.open_application,
    counter.submit_application,
    applications.act_on_application,
    applications.act_on_many,
    catalogue.list_services,
    messages.list_messages,
    messages.resend_message,
    traffic.list_held,
    traffic.list_quiet,
    traffic.release_sender,
    traffic.list_costs,
    measures.list_measures,
    measures.list_views,
    measures.export_person,
    broadcasts.preview_broadcast,
    broadcasts.propose_broadcast,
    broadcasts.list_broadcasts,
    broadcasts.open_broadcast,
    broadcasts.act_on_broadcast,
)


def api(runtime: Runtime) -> Blueprint:
    """Everything under /api/v1, and the refusal of whatever else is under /api."""
    blueprint = Blueprint("api", __name__, url_prefix=PREFIX)
    for operation in OPERATIONS:
        _route(blueprint, operation.path, operation.name, operation.method, _view(runtime, operation))
    description = json.dumps(openapi.document(OPERATIONS, PREFIX), ensure_ascii=False)
    _route(blueprint, "/openapi.json", "describe", "GET", lambda: _response(Reply(200, description)))
    blueprint.before_app_request(_begin)
    blueprint.after_app_request(_end)
    blueprint.register_error_handler(RefusalError, lambda error: _response(error.reply))
    blueprint.register_error_handler(HTTPException, lambda error: _response(problems.of_http(error)))
    blueprint.register_error_handler(StoreUnavailable, lambda _: _response(problems.unavailable()))
    blueprint.register_error_handler(Exception, _fault)
    return blueprint


def _route(blueprint: Blueprint, path: str, name: str, method: str, view: Callable[..., Response]) -> None:
    # Flask's own answer to OPTIONS would ask for no key.
    blueprint.add_url_rule(path, name, view, methods=[method], provide_automatic_options=False)


def _view(runtime: Runtime, operation: Operation) -> Callable[..., Response]:
    def view(**path: str) -> Response:
        officer = _authenticated(runtime)
        given = [read_query(request, operation.query)] if operation.query else []
        if operation.query is None:
            read_query(request, None)
        key = None
        if operation.body:
            key, given = read_key(request), [read_body(request, operation.body)]
        return _response(operation.run(Caller(runtime, officer, key), *given, **path))

    return view


def _authenticated(runtime: Runtime) -> Officer:
    header = request.headers.get("Authorization")
    with runtime.db.transaction() as tx:
        officer = keys.authenticate(tx, header)
    if officer is None:
        raise problems.unauthorized(given=header is not None)
    g.officer = officer.name
    return officer


def _begin() -> Response | None:
    """What no route takes is refused here, before Flask refuses or redirects it in HTML."""
    if not _is_ours():
        return None
    g.started = time.perf_counter()
    error = request.routing_exception
    return None if error is None else _response(problems.of_http(error))


def _end(response: Response) -> Response:
    if "started" in g:
        log.info(
            "api",
            officer=g.get("officer"),
            method=request.method,
            route=request.url_rule.rule if request.url_rule else None,
            status=response.status_code,
            ms=round((time.perf_counter() - g.started) * 1000, 1),
        )
    return response


def _is_ours() -> bool:
    path = request.path.lstrip("/")
    return path == "api" or path.startswith("api/")


def _fault(error: Exception) -> Response:
    log.exception("a request failed", error=type(error).__name__)
    return _response(problems.fault())


def _response(reply: Reply) -> Response:
    response = Response(reply.body, reply.status, content_type=reply.content_type)
    response.headers.update(reply.headers)
    return response
