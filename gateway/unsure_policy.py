"""What becomes of messages that nobody can vouch for, by class: the policies of `config/delivery.yaml` at work.

A report that can only mean an unsure message closes it first; then answers may be sent again, broadcasts dropped, and
the rest waits for a person. Idempotent, and safe to run in several copies at once. It must not know any provider.
"""

import logging
from datetime import datetime

from gateway.delivery_rules import CLASSES, Rules
from store import delivery_reports, unsure
from store.db import Database

log = logging.getLogger(__name__)


def apply(db: Database, rules: Rules, now: datetime) -> dict[str, int]:
    """How many were adopted by a report, sent again and dropped. StoreUnavailable."""
    with db.transaction() as tx:
        done = {"unsure_reported": delivery_reports.adopt(tx, now), "unsure_resent": 0, "unsure_dropped": 0}
    for priority, kind in enumerate(CLASSES):
        policy = rules.unsure.get(kind)
        if policy is None or policy.then == "person":
            continue
        with db.transaction() as tx:
            if policy.then == "resend":
                done["unsure_resent"] += unsure.resend_ripe(tx, priority, now - policy.after, now, policy.times)
            else:
                done["unsure_dropped"] += unsure.drop_ripe(tx, priority, now - policy.after, now)
    if any(done.values()):
        log.warning("sweep: %s", ", ".join(f"{name}={count}" for name, count in done.items() if count))
    return done
