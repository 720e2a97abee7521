-- Since 0005: a document that the operator saw, and a mail whose attachment was taken out.
INSERT INTO mail (folder, uidvalidity, uid, state, sha256, fingerprint, proof, message_key, text_key, decision, reason, kind,
  request_id, belongs, filed_at, received_at, decided_at, tries, summary, attachments, attachments_at) VALUES
  ('INBOX', 1772000000, 5, 'decided', '0505050505050505050505050505050505050505050505050505050505050505', '4545454545454545454545454545454545454545454545454545454545454545', 2, '8585858585858585858585858585858585858585858585858585858585858585', 'c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5', 'hold', 'fields_for_operator', 'update',
  'DDDDDD', 'done', '2026-03-02 10:00:00.000000', '2026-03-02 10:00:00.000000', '2026-03-02 10:00:00.000000', 0, '{}', 'removed', '2026-03-02 11:00:00.000000');
INSERT INTO request (id, mail_id, person_id, kind, state, outcome, "row", reason, rung, tag, language, evidence, because, level,
  received_at, due_at, address, address_key, message_id, "references", open, pending, fields, before, decided_at, closed_at,
  tell, checked, document_kind, document_seen, document_date, document_at) VALUES
  ('DDDDDD', 5, 'aliceaaaaaaaaaaaaaaaaaaaaa', 'update', 'applied', 'apply', 'you', 'released', 'exact', NULL, 'ru', 'authenticated', 'dmarc=pass', 'authenticated',
  '2026-03-02 10:00:00.000000', NULL, 'alice@example.com', 'alice@example.com', '<DDDDDD@example.com>', '[]', '[]', '[]', '{}', '{}', '2026-03-02 10:00:00.000000', '2026-03-02 10:00:00.000000',
  false, '', 'passport', 'in_person', '2020-01-31', '2026-03-02 11:00:00.000000');
UPDATE folder_cursor SET last_uid = 5;
INSERT INTO maildir_name (folder, name) VALUES ('INBOX', 'letter.5');
INSERT INTO event (at, who, what, reason, request_id, person_id) VALUES ('2026-03-02 10:00:00.000000', 'operator', 'released', 'released', 'DDDDDD', 'aliceaaaaaaaaaaaaaaaaaaaaa');
