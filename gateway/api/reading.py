"""What a request says, read strictly: one query value a name, one JSON body, no unknown names.

Decides: which requests are well formed. Must not know: what they mean.
"""

import re
from typing import TypeVar

from flask import Request
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import RequestEntityTooLarge

from gateway.api.problems import RefusalError

MAX_BODY = 64 * 1024
"""Bytes."""
_KEY = re.compile(r"[\x21-\x7e]{1,200}")

ModelType = TypeVar("ModelType", bound=BaseModel)


def read_query(request: Request, model: type[ModelType] | None) -> ModelType | None:
    """The query as the model; RefusalError where it does not fit, or where there is one and no model."""
    given = request.args.to_dict(flat=False)
    if model is None and given:
        raise _invalid([(name, "is not a parameter of this route") for name in given])
    if model is None:
        return None
    if repeated := [name for name, values in given.items() if len(values) > 1]:
        raise _invalid([(name, "is given twice") for name in repeated])
    try:
        return model.model_validate({name: values[0] for name, values in given.items()})
    except ValidationError as error:
        raise _invalid(faults(error)) from None


def read_body(request: Request, model: type[ModelType]) -> ModelType:
    """The JSON body as the model. RefusalError; RequestEntityTooLarge."""
    if request.mimetype != "application/json":
        raise RefusalError("wrong_type", "Send the header Content-Type: application/json.")
    request.max_content_length = MAX_BODY
    body = request.get_data(cache=False)
    if request.content_length is None and len(body) >= MAX_BODY:  # a chunked body is cut there without a word
        raise RequestEntityTooLarge
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        if broken := [each for each in error.errors() if each["type"] == "json_invalid"]:
            raise RefusalError("bad_json", broken[0]["msg"]) from None
        raise _invalid(faults(error)) from None


def read_key(request: Request) -> str | None:
    """The idempotency key, if one is given: 1 to 200 printable ASCII characters."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not _KEY.fullmatch(key):
        raise _invalid([("Idempotency-Key", "must be 1 to 200 printable ASCII characters without spaces")])
    return key


def faults(error: ValidationError) -> list[tuple[str, str]]:
    """(field, reason) of each fault; never the value, which may be personal."""
    return [(".".join(map(str, each["loc"])) or "body", each["msg"]) for each in error.errors(include_input=False)]


def _invalid(found: list[tuple[str, str]]) -> RefusalError:
    return RefusalError("invalid_request", "The request has faults; see fields.", found)
