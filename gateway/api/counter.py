"""The operation of the counter: an application on a citizen's behalf.

Decides: what it takes and answers. Must not know: rights and the form's rules, which handlers/counter.py has.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field

from gateway.api import acting, operation, problems
from gateway.api.models import Asked, Case
from gateway.api.operation import Caller
from gateway.api.reply import Reply, ok
from handlers import counter
from handlers.context import Refused
from menus import phones
from store.db import Transaction


def _mobile(raw: str) -> str:
    phone = phones.from_wire(raw)
    if phone is None:
        raise ValueError("is not a phone number")
    return phone


class Submission(Asked):
    """An application taken at the counter. `answers` by question id: a choice's id, or what a citizen would type."""

    model_config = ConfigDict(strict=True)

    service: str = Field(description="a service id of GET /services")
    phone: Annotated[str, AfterValidator(_mobile)] = Field(description="the citizen's own, any usual form")
    place: str = Field(description="the code of the district's centre or sub-district")
    language: Literal["ar", "en"] = "ar"
    answers: dict[str, str]


@operation.post("/applications", Case, Submission, ("forbidden", "already_open", "invalid_params"))
def submit_application(caller: Caller, asked: Submission) -> Reply:
    """Take an application at the counter; it waits until the citizen's phone confirms it, by SMS or on the screen."""
    return acting.once(caller, "submit", asked, lambda tx: _submitted(caller, asked, tx))


def _submitted(caller: Caller, asked: Submission, tx: Transaction) -> Reply:
    slip = counter.Slip(asked.service, asked.phone, asked.place, asked.language, asked.answers)
    done = counter.submit(caller.runtime.context(tx), caller.officer, slip)
    if isinstance(done, Refused):
        return problems.reply(done.code, done.message, done.fields)
    return ok(Case.model_validate(done))
