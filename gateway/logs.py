"""What the gateway's log looks like: one JSON object a line on standard error, without personal data.

Decides: the form of a line. Must not know: who writes it; writers pass phones through `menus.phones.mask`.
"""

import logging
import re
import sys
import traceback

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from menus.phones import mask


def configure(level: int = logging.INFO) -> None:
    """Write the records of `logging`, ours and the libraries', as JSON on standard error."""
    chain: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso"),
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=chain,
            processors=[
                _trace,
                _masked,
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    structlog.configure(
        processors=[*chain, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for chatty in ("werkzeug", "alembic", "urllib3", "rq.worker", "uvicorn"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


_NUMBER = re.compile(r"(?<![0-9A-Za-z+])(?:\+|00)?[0-9]{10,15}(?![0-9A-Za-z])")
"""A phone or a card, should a writer forget to mask it; not a piece of a hash."""


def _masked(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Whatever looks like a phone or a card, masked: the last line of defence, not the first."""
    for name, value in event.items():
        if isinstance(value, str) and name != "timestamp":
            event[name] = _NUMBER.sub(lambda found: mask(found[0]), value)
    return event


def _trace(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Where an exception came from, and its type. Not its message: a driver's may hold a citizen's phone or answer."""
    info = event.pop("exc_info", None)
    info = sys.exc_info() if info is True else info
    if isinstance(info, tuple) and info[1] is not None:
        frames = traceback.extract_tb(info[2])
        event["exception"] = type(info[1]).__name__
        event["trace"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    return event
