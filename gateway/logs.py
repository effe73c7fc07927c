"""What the gateway's log looks like: one JSON object a line on standard error, without personal data.

Decides: the form of a line. Must not know: who writes it; writers pass phones through `menus.phones.mask`.
"""

import logging
import sys
import traceback

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger


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
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for chatty in ("werkzeug", "alembic", "urllib3", "rq.worker", "_granian"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def _trace(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Where an exception came from, and its type. Not its message: a driver's may hold a citizen's phone or answer."""
    info = event.pop("exc_info", None)
    if isinstance(info, tuple) and info[1] is not None:
        frames = traceback.extract_tb(info[2])
        event["exception"] = type(info[1]).__name__
        event["trace"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    return event
