"""An answer before it becomes HTTP: a status and a body that is already text, so that it can be kept and repeated.

Decides: how values become JSON. Must not know: Flask, what is answered.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import BaseModel

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Reply:
    """Status, body and content type of an answer."""

    status: int
    body: str
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)


def ok(value: BaseModel) -> Reply:
    """200 with the value as JSON: UTF-8 without escapes, times in UTC with a Z."""
    return Reply(200, value.model_dump_json(by_alias=True))
