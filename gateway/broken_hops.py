"""A hop that failed by a fault of ours, for the statistic: its call ended at the screen that it found.

Decides: which step of the session that was. Must not know: what failed, screens. The citizen's END is on its way, so
nothing here may fail in its turn.
"""

import logging

from gateway.playing import Hop
from gateway.switchboard import Switchboard

log = logging.getLogger(__name__)


async def note(board: Switchboard, hop: Hop) -> None:
    """Note that this hop's session ended here, unless it had ended before: then the hop was a late repeat."""
    runtime = board.runtime
    try:
        record = await board.sessions.load(hop.session) or board.sessions.recent(hop.session)
        if record is None:  # it would have stood before the last of its inputs
            step, language = hop.transcript.count("*"), runtime.settings.default_language
            runtime.funnel.failed(hop.session, step, language, hop.network, runtime.content.digest)
        elif not record.ended:
            runtime.funnel.failed(hop.session, record.turns, record.state.language, hop.network, record.digest)
    except Exception:
        log.exception("a hop that failed is not noted")
