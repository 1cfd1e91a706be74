-- The tables of the old backend, as Django's migrations create them on PostgreSQL.
CREATE TABLE users_user (
    id bigserial NOT NULL PRIMARY KEY,
    password varchar(128) NOT NULL,
    last_login timestamp with time zone,
    is_superuser boolean NOT NULL,
    username varchar(150) NOT NULL UNIQUE,
    first_name varchar(150) NOT NULL,
    last_name varchar(150) NOT NULL,
    email varchar(254) NOT NULL,
    is_staff boolean NOT NULL,
    is_active boolean NOT NULL,
    date_joined timestamp with time zone NOT NULL,
    phone_number varchar(15) NOT NULL,
    role varchar(50) NOT NULL
);
CREATE TABLE doctors_doctor (
    id bigserial NOT NULL PRIMARY KEY,
    name varchar(100) NOT NULL,
    joined_at date NOT NULL,
    specialization varchar(200) NOT NULL,
    license_number varchar(50) NOT NULL UNIQUE,
    salary numeric(10, 2) NOT NULL
);
CREATE TABLE patients_patient (
    id bigserial NOT NULL PRIMARY KEY,
    name varchar(100) NOT NULL,
    date_of_birth date,
    phone_number varchar(15) NOT NULL,
    gender varchar(1),
    address text NOT NULL,
    medical_record text NOT NULL,
    created_by_id bigint REFERENCES users_user (id) DEFERRABLE INITIALLY DEFERRED
);
CREATE TABLE patients_patientdoctormapping (
    id bigserial NOT NULL PRIMARY KEY,
    assigned_at timestamp with time zone NOT NULL,
    doctor_id bigint NOT NULL REFERENCES doctors_doctor (id) DEFERRABLE INITIALLY DEFERRED,
    patient_id bigint NOT NULL REFERENCES patients_patient (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT patients_patientdoctorma_patient_id_doctor_id_e4be86ce_uniq UNIQUE (patient_id, doctor_id)
);
CREATE INDEX patients_patient_created_by_id_cf506306 ON patients_patient (created_by_id);
CREATE INDEX patients_patientdoctormapping_doctor_id_8c383d58 ON patients_patientdoctormapping (doctor_id);
CREATE INDEX patients_patientdoctormapping_patient_id_72070e16 ON patients_patientdoctormapping (patient_id);
