"""Feeds running broadcasts from where the sweep runs, every few seconds. Must not know: the pace, or who is meant."""

import logging

from gateway.runtime import Runtime
from handlers.feeding import Fed, feed

log = logging.getLogger(__name__)


def feed_once(runtime: Runtime) -> Fed:
    """Queue what is due of every running broadcast. StoreUnavailable."""
    with runtime.db.transaction() as tx:
        fed = feed(runtime.context(tx))
    if fed.done or fed.skipped:
        log.info("broadcasts: queued %d, left out %d, done %d", fed.queued, fed.skipped, fed.done)
    return fed
