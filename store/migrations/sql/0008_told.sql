-- Whether the citizen was texted about a form: a call that dropped may have been redialled before anybody said so.
-- Forms of the release before have been told of.
ALTER TABLE gateway.draft ADD COLUMN told boolean NOT NULL DEFAULT true;
ALTER TABLE gateway.draft ALTER COLUMN told SET DEFAULT false;
