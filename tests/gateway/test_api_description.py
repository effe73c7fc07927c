"""What the API says of itself: the OpenAPI document, and the services."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from gateway.runtime import Runtime
from menus.localized import LANGUAGES
from tests.gateway.office import Office

METHODS = {"get", "post"}


@pytest.fixture
def document(app: Flask) -> dict[str, Any]:
    answer = app.test_client().get("/api/v1/openapi.json")
    assert (answer.status_code, answer.content_type) == (200, "application/json")
    assert answer.json is not None
    return dict(answer.json)


@pytest.fixture
def catalogue(runtime: Runtime, app: Flask) -> dict[str, Any]:
    answer = Office(runtime, app).hire("Zahra", "CLERK", directorate="tax").get("/services")
    assert answer.status_code == 200
    assert answer.json is not None
    return dict(answer.json)


def nodes(value: Any) -> Iterator[dict[str, Any]]:
    """Every object inside a JSON value."""
    if isinstance(value, dict):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from nodes(each)


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(path, method, one) for path, item in document["paths"].items() for method, one in item.items()]


def test_every_route_is_described_and_nothing_else(app: Flask, document: dict[str, Any]) -> None:
    served = {
        (re.sub(r"<(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api")
        for method in (rule.methods or set()) - {"HEAD"}
    }
    assert {(path, method) for path, method, _ in operations(document)} == served


def test_the_document_has_what_openapi_31_requires(document: dict[str, Any]) -> None:
    assert re.fullmatch(r"3\.1\.\d", document["openapi"])
    assert document["info"].keys() >= {"title", "version"}
    assert document["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    names = [one["operationId"] for _, _, one in operations(document)]
    assert len(set(names)) == len(names)
    for path, method, one in operations(document):
        assert method in METHODS
        assert one["summary"]
        assert "200" in one["responses"]
        for status, response in one["responses"].items():
            assert re.fullmatch(r"[2-5]\d\d", status)
            assert response["description"]
        declared = [each["name"] for each in one.get("parameters", []) if each["in"] == "path"]
        assert declared == re.findall(r"\{(\w+)\}", path)
        assert all(each["required"] for each in one.get("parameters", []) if each["in"] == "path")
        assert all(each.keys() >= {"name", "in", "schema"} for each in one.get("parameters", []))


def test_every_reference_inside_the_document_leads_somewhere(document: dict[str, Any]) -> None:
    found = [node["$ref"] for node in nodes(document) if "$ref" in node]
    assert found
    for reference in found:
        target: Any = document
        for part in reference.removeprefix("#/").split("/"):
            target = target[part]
        assert isinstance(target, dict)


def test_every_schema_is_used(document: dict[str, Any]) -> None:
    used = {node["$ref"].rpartition("/")[2] for node in nodes(document) if "$ref" in node}
    assert used == set(document["components"]["schemas"])


def test_only_the_document_itself_asks_for_no_key(document: dict[str, Any]) -> None:
    assert document["security"] == [{"key": []}]
    assert [path for path, _, one in operations(document) if "security" in one] == ["/api/v1/openapi.json"]


def test_errors_are_described_as_problem_documents(document: dict[str, Any]) -> None:
    for _, _, one in operations(document):
        for status, response in one["responses"].items():
            if status >= "400":
                assert list(response["content"]) == ["application/problem+json"]


def test_an_answer_has_the_fields_that_are_described(runtime: Runtime, app: Flask, document: dict[str, Any]) -> None:
    office = Office(runtime, app)
    desk = office.hire("Zahra", "CLERK")
    reference = office.case()
    opened = desk.get(f"/applications/{reference}").json
    assert opened is not None
    schemas = document["components"]["schemas"]
    for schema, value in (
        ("CaseFile", opened),
        ("Event", opened["history"][0]),
        ("Message", opened["messages"][0]),
        ("Move", opened["actions"][0]),
        ("Cases", desk.get("/applications").json),
    ):
        assert value is not None
        assert set(schemas[schema]["required"]) == set(value)


def test_the_catalogue_has_every_service_with_its_states_and_moves(runtime: Runtime, catalogue: dict[str, Any]) -> None:
    content = runtime.content
    assert catalogue["content"] == content.digest
    assert {each["id"] for each in catalogue["services"]} == set(content.services)
    for each in catalogue["services"]:
        states = {state["id"] for state in each["states"]}
        assert each["start"] in states
        for move in each["moves"]:
            assert set(move["from"]) <= states
            assert move["to"] in states | {"same", "origin"}
            assert move["by"]
            assert set(move["by"]) - {"CITIZEN", "SYSTEM"} <= set(each["roles"]) <= set(catalogue["roles"])
            assert all(param["form"] for param in move["params"])


def test_everything_with_a_name_has_it_in_both_languages(catalogue: dict[str, Any]) -> None:
    words: list[dict[str, str]] = [*catalogue["directorates"].values(), *catalogue["questions"].values()]
    for each in catalogue["services"]:
        words += [each["name"], *each["documents"], *each["reasons"].values()]
        words += [state["label"] for state in each["states"]]
        words += [choice["label"] for question in each["questions"] for choice in question["choices"]]
    assert len(words) > 100
    assert all(set(word) == set(LANGUAGES) and all(word.values()) for word in words)
