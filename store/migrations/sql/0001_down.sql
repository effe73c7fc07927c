-- Takes the whole store away. The schema stays: it holds the record of migrations.
DROP SCHEMA measures CASCADE;
DROP FUNCTION public.set_state;
DO $$
DECLARE
    one record;
BEGIN
    FOR one IN SELECT c.oid::regclass::text AS name, CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW'
                      ELSE 'TABLE' END AS kind
               FROM pg_class c WHERE relnamespace = 'gateway'::regnamespace AND relkind IN ('r', 'p', 'v', 'm')
                   AND NOT relispartition AND relname <> 'alembic_version' ORDER BY relkind DESC LOOP
        EXECUTE format('DROP %s IF EXISTS %s CASCADE', one.kind, one.name);
    END LOOP;
    DROP TABLE public.application CASCADE;
    FOR one IN SELECT p.oid::regprocedure::text AS name FROM pg_proc p WHERE pronamespace = 'gateway'::regnamespace LOOP
        EXECUTE format('DROP FUNCTION IF EXISTS %s CASCADE', one.name);
    END LOOP;
END $$;
