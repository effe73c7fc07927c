"""The shortest whole life of each service: what a citizen presses, what an officer does, what the portal writes."""

from dataclasses import dataclass

STRANGER = ("1", "1", "1", "1")
"""Consent, no national card, district Amara, its centre: asked of a phone the first time."""


@dataclass(frozen=True)
class Journey:
    """`open`: keys from the main menu to the form; `answers`: the form's; then an officer's move and a plain one."""

    service: str
    open: tuple[str, ...]
    answers: tuple[str, ...]
    role: str
    directorate: str
    action: str
    moved: str
    plain: str

    @property
    def keys(self) -> tuple[str, ...]:
        """Everything a stranger presses after dialling, up to and with `send`."""
        return (*self.open, *STRANGER, *self.answers, "1")


JOURNEYS = (
    Journey(
        "water", ("2",), ("1", "1", "1234", "0", "1"), "CLERK", "water", "accept", "DOCS_REQUIRED", "UNDER_REVIEW"
    ),
    Journey(
        "permit", ("1",), ("1", "1234", "0", "200", "2", "1"),
        "CLERK", "municipality_amara", "accept", "DOCS_REQUIRED", "UNDER_REVIEW",
    ),
    Journey("school", ("3",), ("1", "1", "202005", "1", "0", "1"), "REGISTRAR", "education", "seat", "APPROVED", ""),
    Journey(
        "inputs", ("4", "1"), ("1", "1", "40", "1", "3"),
        "BRANCH", "agriculture", "verify_plan", "UNDER_REVIEW", "OFFERED",
    ),
    Journey(
        "produce", ("4", "2"), ("1", "20", "2", "1", "1", "0"),
        "BRANCH", "agriculture", "check_plan", "UNDER_REVIEW", "OFFERED",
    ),
    Journey(
        "grievance", ("5",), ("1", "1", "2", "0", "2"),
        "GRO", "governorate", "assign", "UNDER_REVIEW", "RESOLVED",
    ),
)  # fmt: skip
