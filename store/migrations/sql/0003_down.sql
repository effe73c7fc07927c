-- Back to moves that every case of a service has.
DROP TRIGGER allow_moves ON public.application;
DROP FUNCTION gateway.allow_moves, gateway.refuse_move(text, char, text, text, text, jsonb), gateway.move_is_open,
    gateway.move_fits, gateway.arrival;
DROP INDEX gateway.clock_level;
ALTER TABLE gateway.service_move DROP COLUMN only_if;
