-- Takes the whole store away. The schema stays: it holds the record of migrations.
DROP SCHEMA measures CASCADE;
DROP FUNCTION public.set_state;
DO $$
DECLARE
    one text;
BEGIN
    -- All are named before the first is dropped: what goes with another one has no name any more.
    FOREACH one IN ARRAY (
        SELECT array_agg(CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'TABLE' END
                         || ' IF EXISTS ' || c.oid::regclass ORDER BY relkind DESC)
        FROM pg_class c WHERE relnamespace = 'gateway'::regnamespace AND relkind IN ('r', 'p', 'v', 'm')
            AND NOT relispartition AND relname <> 'alembic_version') LOOP
        EXECUTE format('DROP %s CASCADE', one);
    END LOOP;
    DROP TABLE public.application CASCADE;
    FOREACH one IN ARRAY (SELECT array_agg(p.oid::regprocedure::text) FROM pg_proc p
                          WHERE pronamespace = 'gateway'::regnamespace) LOOP
        EXECUTE format('DROP FUNCTION IF EXISTS %s CASCADE', one);
    END LOOP;
END $$;
