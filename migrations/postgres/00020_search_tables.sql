-- +goose NO TRANSACTION

-- The texts that searches read are in tables of their own, with the index for searches. An index
-- on the table of the records gets a new entry for each piece of the text whenever a record
-- changes, even if its text does not: the time of an entry of a column that changes (updated_at)
-- is that of all indexes. This was half of the server's work for a change of a patient.
--
-- Earlier programs can run beside this step, and their changes are found. Their own searches are
-- right but slow, because they read all rows. If the step is interrupted, it can be repeated.

-- +goose Up
CREATE TABLE IF NOT EXISTS doctors_search (id bigint NOT NULL CONSTRAINT doctors_search_pkey PRIMARY KEY, search_text text COLLATE "C" NOT NULL);
CREATE TABLE IF NOT EXISTS patients_search (id bigint NOT NULL CONSTRAINT patients_search_pkey PRIMARY KEY, search_text text COLLATE "C" NOT NULL);
CREATE TABLE IF NOT EXISTS users_search (id bigint NOT NULL CONSTRAINT users_search_pkey PRIMARY KEY, search_text text COLLATE "C" NOT NULL);

-- The triggers write with the privileges of the program's role. A role that can add records can
-- add their texts, so that programs that are running need no new privileges.
-- +goose StatementBegin
DO $do$
DECLARE
    records text;
    grantee oid;
BEGIN
    FOREACH records IN ARRAY ARRAY['doctors', 'patients', 'users'] LOOP
        FOR grantee IN
            SELECT DISTINCT acl.grantee FROM pg_class, aclexplode(relacl) AS acl
            WHERE pg_class.oid = to_regclass(records) AND acl.privilege_type = 'INSERT' AND acl.grantee <> relowner
        LOOP
            EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO %s', records || '_search',
                CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END);
        END LOOP;
        EXECUTE format($create$
            CREATE OR REPLACE FUNCTION %1$s_search_keep() RETURNS trigger LANGUAGE plpgsql AS $function$
            BEGIN
                IF TG_OP = 'DELETE' THEN
                    DELETE FROM %1$s_search WHERE id = OLD.id;
                ELSE
                    INSERT INTO %1$s_search (id, search_text) VALUES (NEW.id, NEW.search_text)
                    ON CONFLICT (id) DO UPDATE SET search_text = EXCLUDED.search_text;
                END IF;
                RETURN NULL;
            END
            $function$;
            CREATE OR REPLACE TRIGGER %1$s_search_keep AFTER INSERT OR DELETE ON %1$s
                FOR EACH ROW EXECUTE FUNCTION %1$s_search_keep();
            CREATE OR REPLACE TRIGGER %1$s_search_update AFTER UPDATE ON %1$s
                FOR EACH ROW WHEN (OLD.search_text <> NEW.search_text) EXECUTE FUNCTION %1$s_search_keep();
            $create$, records);
        COMMIT; -- Writers wait for the triggers of one table only.
    END LOOP;
END
$do$;
-- +goose StatementEnd

-- The texts of the records that are there already, a thousand at a time, so that nobody waits long
-- for their locks. The locks keep records from being deleted meanwhile. What a trigger has written is newer.
-- +goose StatementBegin
DO $do$
DECLARE
    records text;
    last bigint;
BEGIN
    FOREACH records IN ARRAY ARRAY['doctors', 'patients', 'users'] LOOP
        last := 0;
        WHILE last IS NOT NULL LOOP
            EXECUTE format('
                WITH batch AS (SELECT id, search_text FROM %1$s WHERE id > $1 ORDER BY id LIMIT 1000 FOR KEY SHARE),
                    copied AS (INSERT INTO %1$s_search (id, search_text) SELECT id, search_text FROM batch ON CONFLICT DO NOTHING)
                SELECT max(id) FROM batch', records) INTO last USING last;
            COMMIT;
        END LOOP;
    END LOOP;
END
$do$;
-- +goose StatementEnd

-- Each record has some 300 pieces. New ones wait in a list, from which they are added to the index
-- many at a time.
DROP INDEX IF EXISTS doctors_search_pieces_idx;
CREATE INDEX CONCURRENTLY doctors_search_pieces_idx ON doctors_search USING gin (search_pieces(search_text)) WITH (gin_pending_list_limit = 256);
DROP INDEX IF EXISTS patients_search_pieces_idx;
CREATE INDEX CONCURRENTLY patients_search_pieces_idx ON patients_search USING gin (search_pieces(search_text)) WITH (gin_pending_list_limit = 4096);
DROP INDEX IF EXISTS users_search_pieces_idx;
CREATE INDEX CONCURRENTLY users_search_pieces_idx ON users_search USING gin (search_pieces(search_text)) WITH (gin_pending_list_limit = 256);
DROP INDEX CONCURRENTLY IF EXISTS doctors_search_idx;
DROP INDEX CONCURRENTLY IF EXISTS patients_search_idx;
DROP INDEX CONCURRENTLY IF EXISTS users_search_idx;

-- The planner must know which pieces are frequent.
ANALYZE doctors_search, patients_search, users_search;

INSERT INTO compatible_steps (step) VALUES (20) ON CONFLICT DO NOTHING;

-- +goose Down
DELETE FROM compatible_steps WHERE step = 20;
CREATE INDEX IF NOT EXISTS doctors_search_idx ON doctors USING gin (search_pieces(search_text)) WITH (gin_pending_list_limit = 256);
CREATE INDEX IF NOT EXISTS patients_search_idx ON patients USING gin (search_pieces(search_text)) WITH (gin_pending_list_limit = 4096);
CREATE INDEX IF NOT EXISTS users_search_idx ON users USING gin (search_pieces(search_text)) WITH (gin_pending_list_limit = 256);
DROP FUNCTION IF EXISTS doctors_search_keep() CASCADE;
DROP FUNCTION IF EXISTS patients_search_keep() CASCADE;
DROP FUNCTION IF EXISTS users_search_keep() CASCADE;
DROP TABLE IF EXISTS doctors_search, patients_search, users_search;
