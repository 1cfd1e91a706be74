-- These tables have no foreign keys, because versions outlive their records. Versions are never
-- changed. Only a purge deletes them.

-- +goose Up
CREATE TABLE versions (
    kind      varchar(20) NOT NULL,
    record_id bigint      NOT NULL,
    number    bigint      NOT NULL,
    at        timestamptz NOT NULL,
    -- NULL for the command line, and for records that existed before there were versions.
    user_id   bigint,
    role      varchar(10) NOT NULL,
    change    varchar(10) NOT NULL,
    with_kind varchar(20),
    with_id   bigint,
    -- The number of bytes in the record's long texts (domain.TextBytes).
    free_text bigint      NOT NULL,
    -- A JSON object with a member for each column of the record. Columns that were added
    -- later are missing.
    record    text        NOT NULL,
    CONSTRAINT versions_pkey PRIMARY KEY (kind, record_id, number),
    CONSTRAINT versions_role_check CHECK (role IN ('', 'ADMIN', 'STAFF', 'OPERATOR')),
    CONSTRAINT versions_change_check CHECK (change IN ('created', 'updated', 'deleted', 'restored', 'found'))
);

-- Leads to the last versions of deleted records, and holds the columns by which they are searched.
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

-- Without ON DELETE CASCADE: the program deletes the mappings of a patient or doctor one by one,
-- because every deletion needs a version. If another transaction adds a mapping meanwhile, the
-- constraint makes the delete fail. SQLite has one writer at a time, so this cannot happen there.
ALTER TABLE mappings
    DROP CONSTRAINT mappings_patient_id_fkey,
    DROP CONSTRAINT mappings_doctor_id_fkey,
    ADD CONSTRAINT mappings_patient_id_fkey FOREIGN KEY (patient_id) REFERENCES patients (id),
    ADD CONSTRAINT mappings_doctor_id_fkey FOREIGN KEY (doctor_id) REFERENCES doctors (id);

-- +goose Down
-- Deleted records can then not be restored.
ALTER TABLE mappings
    DROP CONSTRAINT mappings_patient_id_fkey,
    DROP CONSTRAINT mappings_doctor_id_fkey,
    ADD CONSTRAINT mappings_patient_id_fkey FOREIGN KEY (patient_id) REFERENCES patients (id) ON DELETE CASCADE,
    ADD CONSTRAINT mappings_doctor_id_fkey FOREIGN KEY (doctor_id) REFERENCES doctors (id) ON DELETE CASCADE;
DROP TABLE deletions;
DROP TABLE versions;
