-- What a service is, as the triggers need to know it. Filled from config/services at boot (store/workflow_tables.py).
REVOKE ALL ON SCHEMA gateway FROM PUBLIC;

CREATE TABLE gateway.service (
    service     text PRIMARY KEY,
    start_state text NOT NULL,
    directorate text NOT NULL,
    promise     integer NOT NULL DEFAULT 0
);
COMMENT ON COLUMN gateway.service.promise IS 'Working days told to the citizen; for the measures';

-- Who receives a new case of this service from this place; without a row, the service's own directorate.
CREATE TABLE gateway.service_route (
    service     text NOT NULL REFERENCES gateway.service ON DELETE CASCADE,
    place       text NOT NULL,
    directorate text NOT NULL,
    PRIMARY KEY (service, place)
);

CREATE TABLE gateway.service_state (
    service text    NOT NULL REFERENCES gateway.service ON DELETE CASCADE,
    state   text    NOT NULL,
    final   boolean NOT NULL,
    awaits_citizen boolean NOT NULL DEFAULT false,
    PRIMARY KEY (service, state)
);

-- to_state '*' means: back to the state the case came from.
CREATE TABLE gateway.service_move (
    service    text NOT NULL REFERENCES gateway.service ON DELETE CASCADE,
    from_state text NOT NULL,
    to_state   text NOT NULL,
    action     text NOT NULL,
    PRIMARY KEY (service, from_state, to_state, action)
);
