"""A small workflow for these tests: two services, one of them with a state that returns to where it came from."""

from datetime import UTC, datetime

from store.workflow_tables import ServiceRow

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
PHONE = "+9647701234567"

WATER = ServiceRow(
    service="water",
    start_state="SUBMITTED",
    directorate="water",
    routes={"kumait": "water-kumait"},
    states={
        "SUBMITTED": False,
        "DOCS_REQUIRED": False,
        "UNDER_REVIEW": False,
        "INFO_REQUIRED": False,
        "VISIT_OFFERED": False,
        "VISIT_SET": False,
        "FEE_DUE": False,
        "REJECTED": True,
        "COMPLETED": True,
    },
    moves=[
        ("SUBMITTED", "DOCS_REQUIRED", "accept"),
        ("SUBMITTED", "REJECTED", "reject"),
        ("SUBMITTED", "INFO_REQUIRED", "ask"),
        ("DOCS_REQUIRED", "UNDER_REVIEW", "docs_seen"),
        ("UNDER_REVIEW", "INFO_REQUIRED", "ask"),
        ("UNDER_REVIEW", "VISIT_OFFERED", "offer_visit"),
        ("INFO_REQUIRED", "*", "answer"),
        ("VISIT_OFFERED", "VISIT_OFFERED", "change"),
        ("VISIT_OFFERED", "VISIT_SET", "accept_visit"),
        ("VISIT_OFFERED", "VISIT_SET", "timeout"),
        ("VISIT_SET", "FEE_DUE", "feasible"),
        ("VISIT_SET", "INFO_REQUIRED", "ask"),
        ("FEE_DUE", "COMPLETED", "paid"),
    ],
)
PERMIT = ServiceRow(
    service="permit",
    start_state="SUBMITTED",
    directorate="municipality",
    routes={},
    states={"SUBMITTED": False, "APPROVED": True},
    moves=[("SUBMITTED", "APPROVED", "approve")],
)
