-- Since 0003: a consent by form, with the mail that proves it.
INSERT INTO person (id, surname, given_name, patronymic, birth_date, birth_place, blocked, disputed, changed_fields, created_at) VALUES
  ('nurlanaaaaaaaaaaaaaaaaaaaa', 'Оспанов', 'Нұрлан', NULL, '1990-05-05', 'Алматы', '', false, '[]', '2026-03-02 06:00:00.000000');
INSERT INTO address (person_id, addr, "key", position) VALUES ('nurlanaaaaaaaaaaaaaaaaaaaa', 'nurlan@example.com', 'nurlan@example.com', 0);
INSERT INTO phone (person_id, number, position) VALUES ('nurlanaaaaaaaaaaaaaaaaaaaa', '+77010000008', 0);
INSERT INTO consent (person_id, purpose, given_at, source, policy_version, withdrawn_at, withdrawn_by, proof, octets) VALUES
  ('nurlanaaaaaaaaaaaaaaaaaaaa', 'processing', '2025-01-09 19:00:00.000000', 'form courses', '1', NULL, '', 'fafafafafafafafafafafafafafafafafafafafafafafafafafafafafafafafa', CAST('From: forms@example.kz

Email: nurlan@example.com
' AS BLOB));
