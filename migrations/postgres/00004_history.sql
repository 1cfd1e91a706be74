-- Nothing here refers to another table: versions outlive the records that they are
-- of. Nothing is ever changed; what is deleted for good is what was purged.

-- +goose Up
CREATE TABLE versions (
    kind      varchar(20) NOT NULL,
    record_id bigint      NOT NULL,
    number    bigint      NOT NULL,
    at        timestamptz NOT NULL,
    -- NULL is for the command line, and for what was found.
    user_id   bigint,
    role      varchar(10) NOT NULL,
    change    varchar(10) NOT NULL,
    with_kind varchar(20),
    with_id   bigint,
    -- How many bytes of the record have no tight bound.
    free_text bigint      NOT NULL,
    -- A JSON object with a member for each column of the record. One that is missing
    -- was not there yet.
    record    text        NOT NULL,
    CONSTRAINT versions_pkey PRIMARY KEY (kind, record_id, number),
    CONSTRAINT versions_role_check CHECK (role IN ('', 'ADMIN', 'STAFF', 'OPERATOR')),
    CONSTRAINT versions_change_check CHECK (change IN ('created', 'updated', 'deleted', 'restored', 'found'))
);

-- Leads to the last versions of the records that are deleted, and holds what they are
-- looked for by.
CREATE TABLE deletions (
    kind      varchar(20) NOT NULL,
    record_id bigint      NOT NULL,
    number    bigint      NOT NULL,
    at        timestamptz NOT NULL,
    with_kind varchar(20),
    with_id   bigint,
    free_text bigint      NOT NULL,
    CONSTRAINT deletions_pkey PRIMARY KEY (kind, record_id)
);
CREATE INDEX deletions_kind_at_record_id_idx ON deletions (kind, at, record_id);
CREATE INDEX deletions_with_kind_with_id_kind_record_id_idx ON deletions (with_kind, with_id, kind, record_id)
    WHERE with_id IS NOT NULL;

-- Nothing is deleted without a version of it: what a delete has missed keeps it from
-- being done. (SQLite has one writer at a time, and nothing to miss.)
ALTER TABLE mappings
    DROP CONSTRAINT mappings_patient_id_fkey,
    DROP CONSTRAINT mappings_doctor_id_fkey,
    ADD CONSTRAINT mappings_patient_id_fkey FOREIGN KEY (patient_id) REFERENCES patients (id),
    ADD CONSTRAINT mappings_doctor_id_fkey FOREIGN KEY (doctor_id) REFERENCES doctors (id);

-- +goose Down
-- What was deleted cannot be restored any more.
ALTER TABLE mappings
    DROP CONSTRAINT mappings_patient_id_fkey,
    DROP CONSTRAINT mappings_doctor_id_fkey,
    ADD CONSTRAINT mappings_patient_id_fkey FOREIGN KEY (patient_id) REFERENCES patients (id) ON DELETE CASCADE,
    ADD CONSTRAINT mappings_doctor_id_fkey FOREIGN KEY (doctor_id) REFERENCES doctors (id) ON DELETE CASCADE;
DROP TABLE deletions;
DROP TABLE versions;
