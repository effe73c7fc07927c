"""The OpenAPI 3.1 document of the API, made from its operations.

Decides: how operations are described. Must not know: how they are served.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from gateway.api import problems
from gateway.api.operation import Operation
from gateway.api.problems import Problem
from gateway.api.reply import JSON

Node = dict[str, Any]

EVERYWHERE = ("unauthorized", "invalid_request", "fault", "unavailable")
WITH_BODY = ("bad_json", "too_large", "wrong_type", "key_reused")
ABOUT = (
    "Cases of the directorates of Missan. Every refusal is a problem document of RFC 9457. Times are UTC. A POST with "
    "an Idempotency-Key may be repeated: the same key and body give the same answer and are done once."
)
PATTERNS = {"reference": "^[0-9]{8}$", "number": "^[0-9]{1,15}$"}
"""What the variables of paths look like."""
_VARIABLE = re.compile(r"<(\w+)>")


def document(operations: Sequence[Operation], prefix: str) -> Node:
    """The document of these operations, with its own route at `<prefix>/openapi.json`."""
    _, schemas = models_json_schema(list(_models(operations)), ref_template="#/components/schemas/{model}")
    paths: dict[str, Node] = {f"{prefix}/openapi.json": {"get": _itself()}}
    for each in operations:
        paths.setdefault(prefix + _VARIABLE.sub(r"{\1}", each.path), {})[each.method.lower()] = _described(each)
    return {
        "openapi": "3.1.0",
        "info": {"title": "e-Missan officers' API", "version": "1", "description": ABOUT},
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "An officer's key."}},
        },
    }


def _models(operations: Iterable[Operation]) -> Iterable[tuple[type[BaseModel], JsonSchemaMode]]:
    yield Problem, "serialization"
    for each in operations:
        yield each.answers, "serialization"
        if each.body:
            yield each.body, "validation"


def _itself() -> Node:
    content = {JSON: {"schema": {"type": "object"}}}
    responses = {"200": {"description": "An OpenAPI 3.1 document.", "content": content}}
    return {"operationId": "describe", "summary": "This document.", "security": [], "responses": responses}


def _described(each: Operation) -> Node:
    described: Node = {
        "operationId": each.name,
        "summary": each.summary,
        "parameters": [*_path_parameters(each), *_query_parameters(each)],
        "responses": {"200": _answer(each.answers.__name__, "Done.", JSON), **_problems(each)},
    }
    if each.body:
        described["parameters"].append(_header("Idempotency-Key"))
        described["requestBody"] = {"required": True, "content": {JSON: {"schema": _ref(each.body.__name__)}}}
    return described


def _path_parameters(each: Operation) -> list[Node]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "pattern": PATTERNS[name]}}
        for name in _VARIABLE.findall(each.path)
    ]


def _query_parameters(each: Operation) -> list[Node]:
    properties = each.query.model_json_schema()["properties"] if each.query else {}
    return [
        {"name": name, "in": "query", "description": about.get("description", ""), "schema": _plain(about)}
        for name, about in properties.items()
    ]


def _plain(about: Node) -> Node:
    """A query's schema: what is absent there is not null."""
    kinds = [kind for kind in about.get("anyOf", []) if kind != {"type": "null"}]
    return kinds[0] if kinds else {name: about[name] for name in about if name not in ("description", "title")}


def _header(name: str) -> Node:
    schema = {"type": "string", "pattern": "^[!-~]{1,200}$"}
    return {"name": name, "in": "header", "description": "Makes the request safe to repeat.", "schema": schema}


def _problems(each: Operation) -> dict[str, Node]:
    codes = [*EVERYWHERE, *(WITH_BODY if each.body else ()), *each.problems]
    by_status: dict[int, list[str]] = {}
    for code in codes:
        by_status.setdefault(problems.KINDS[code][0], []).append(code)
    return {
        str(status): _answer("Problem", "Refused: " + ", ".join(sorted(found)) + ".", problems.CONTENT_TYPE)
        for status, found in sorted(by_status.items())
    }


def _answer(model: str, description: str, content_type: str) -> Node:
    return {"description": description, "content": {content_type: {"schema": _ref(model)}}}


def _ref(model: str) -> Node:
    return {"$ref": f"#/components/schemas/{model}"}
