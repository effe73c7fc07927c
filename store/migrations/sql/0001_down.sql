-- Takes the whole store away. The schema stays: it holds the record of migrations.
DROP TABLE gateway.ussd_session, gateway.idempotency, gateway.officer, gateway.person;
DROP VIEW gateway.next_in_lane;
DROP TABLE gateway.inbound, gateway.delivery_report, gateway.attempt, gateway.message;
DROP FUNCTION gateway.announce_messages;
DROP TABLE public.application, gateway.event;
DROP FUNCTION gateway.capture_update, gateway.capture_insert, gateway.refuse_move, gateway.take_act,
    gateway.guard_application, gateway.complete_application, gateway.new_reference, gateway.check_digit;
DROP TABLE gateway.service_move, gateway.service_state, gateway.service_route, gateway.service;
