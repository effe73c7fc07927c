-- Indexes for looking back: everything held on a phone, and what is old enough to be deleted.
CREATE INDEX message_by_phone ON gateway.message (phone, id);
CREATE INDEX message_old_text ON gateway.message (created_at) WHERE text <> '';
CREATE INDEX inbound_by_phone ON gateway.inbound (phone, id);
CREATE INDEX inbound_old_text ON gateway.inbound (received_at) WHERE text <> '';
CREATE INDEX idempotency_by_age ON gateway.idempotency (at);
CREATE INDEX ussd_session_by_phone ON gateway.ussd_session (phone);

-- A million small updates of relayed_at must not outrun the vacuum.
ALTER TABLE gateway.event SET (
    fillfactor = 90, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
ALTER TABLE public.application SET (autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
