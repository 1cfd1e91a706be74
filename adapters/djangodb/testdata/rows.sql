-- Rows that the old backend accepted. Some of them are refused today. The hash is Django's of
-- "from the old backend".
INSERT INTO users_user (id, username, email, password, first_name, last_name, phone_number, role, is_superuser, is_staff, is_active, date_joined) VALUES
    (1, 'root', 'root@EXAMPLE.com', 'pbkdf2_sha256$260000$sBX5jnd5MXp82foUL3Wkv4$ziQCg47dErLFOxNXFQQA+FO7Y9XTblOvv+34ACLROxc=', '', '', '', 'STAFF', true, true, true, '2025-09-20 13:08:00.123456+00'),
    (2, 'Ada@example.com', 'Ada@example.com', 'pbkdf2_sha256$260000$sBX5jnd5MXp82foUL3Wkv4$ziQCg47dErLFOxNXFQQA+FO7Y9XTblOvv+34ACLROxc=', 'Ada', 'Lovelace', '020 7946 0', 'STAFF', false, false, true, '2025-09-21 08:00:00+02'),
    (3, 'ADA@example.com', 'ADA@example.com', '!', 'Ada', 'Again', '', 'STAFF', false, false, true, now()),
    (4, 'gone@example.com', 'gone@example.com', 'pbkdf2_sha256$260000$sBX5jnd5MXp82foUL3Wkv4$ziQCg47dErLFOxNXFQQA+FO7Y9XTblOvv+34ACLROxc=', '', '', '', 'ADMIN', false, false, false, now()),
    (5, 'nobody', '', '!', '', '', '', 'STAFF', false, false, true, now()),
    (6, 'nopass@example.com', 'nopass@example.com', '!trzPiyIGwIe6lzAnVdbZqHeScHauwPzTJy2gKZ71', '', '', '', 'STAFF', false, false, true, now()),
    (7, 'bcrypt@example.com', 'bcrypt@example.com', 'bcrypt_sha256$$2b$12$abcdefghijklmnopqrstuv', '', '', '', 'STAFF', false, false, true, now()),
    (8, 'role@example.com', 'role@example.com', '!', '', '', 'n/a', 'NURSE', false, false, true, now());
INSERT INTO doctors_doctor (id, name, joined_at, specialization, license_number, salary) VALUES
    (7, 'Gregory House', '2020-02-02', 'Diagnostics', ' NJ-1', 1234.5),
    (8, 'Twin', '2020-02-02', 'Diagnostics', 'nj-1 ', 1),
    (9, 'Debtor', '2020-02-02', 'Diagnostics', 'NJ-9', -1);
ALTER TABLE patients_patient ALTER COLUMN phone_number DROP NOT NULL;
INSERT INTO patients_patient (id, created_by_id, name, date_of_birth, phone_number, gender, address, medical_record) VALUES
    (9, 4, 'Eve', '1990-01-05', NULL, 'F', 'Street 1', 'Record'),
    (10, NULL, 'Orphan', NULL, '', NULL, '', ''),
    (11, 3, 'Dependent', NULL, '', NULL, '', ''),
    (12, 2, 'Unborn', '2999-01-01', 'ring the bell', 'X', '', ''),
    (13, 2, 'Long', NULL, '', '', repeat('x', 1048577), repeat('x', 2097153));
ALTER TABLE patients_patientdoctormapping DROP CONSTRAINT patients_patientdoctorma_patient_id_doctor_id_e4be86ce_uniq;
INSERT INTO patients_patientdoctormapping (id, patient_id, doctor_id, assigned_at) VALUES
    (1, 9, 7, '2025-10-01 12:00:00+00'),
    (2, 9, 8, now()),
    (3, 12, 7, now()),
    (4, 9, 7, now()),
    (5, 10, 7, '2025-10-02 12:00:00+00');
