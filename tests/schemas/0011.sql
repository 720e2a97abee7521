-- Since 0011: a request of long ago, blanked but for times, reasons and keyed hashes.
INSERT INTO mail (folder, uidvalidity, uid, state, sha256, fingerprint, proof, message_key, text_key, decision, reason, kind,
  request_id, belongs, filed_at, received_at, decided_at, tries, summary, cleared_at) VALUES
  ('INBOX', 1772000000, 6, 'decided', '0606060606060606060606060606060606060606060606060606060606060606', '4646464646464646464646464646464646464646464646464646464646464646', 2, '8686868686868686868686868686868686868686868686868686868686868686', 'c6c6c6c6c6c6c6c6c6c6c6c6c6c6c6c6c6c6c6c6c6c6c6c6c6c6c6c6c6c6c6c6', 'apply', 'unsubscribe_unproven', 'unsubscribe',
  'EEEEEE', 'done', '2026-03-02 05:00:00.000000', '2026-03-02 05:00:00.000000', '2026-03-02 05:00:00.000000', 0, '{}', '2026-03-02 06:00:00.000000');
INSERT INTO request (id, mail_id, person_id, kind, state, outcome, "row", reason, rung, tag, language, evidence, because, level,
  received_at, due_at, address, address_key, message_id, "references", open, pending, fields, before, decided_at, closed_at,
  tell, checked, writer_key, purged_at) VALUES
  ('EEEEEE', 6, NULL, 'unsubscribe', 'applied', 'apply', '14', 'unsubscribe_unproven', 'exact', NULL, 'ru', 'none', 'dmarc=pass', 'none',
  '2026-03-02 05:00:00.000000', NULL, '', '', '', '[]', '[]', '[]', '{}', '{}', '2026-03-02 05:00:00.000000', '2026-03-02 05:00:00.000000',
  false, '', '6f9b9d8c2d23a2441151b1e894673c8da0e4dfd1947a94a216c060b8bb0c23a1', '2026-03-02 06:00:00.000000');
INSERT INTO reply (token, message_id, request_id, template, role, language, address, address_key, proven, counted,
  octets, created_at, sent_at, answer, tries, owner, gave_up_why, digest, fingerprint, addressee, cleared_at) VALUES
  ('eeeeeeeeeeeeeeeeeeeeeeeeee', '<eeeeeeeeeeeeeeeeeeeeeeeeee@example.kz>', 'EEEEEE', 'unsubscribed', 'receipt', 'ru', '', '', true, false,
  CAST('' AS BLOB), '2026-03-02 05:00:00.000000', '2026-03-02 05:00:00.000000', '250 OK', 0, '', '', 'fefefefefefefefefefefefefefefefefefefefefefefefefefefefefefefefe', 'fdfdfdfdfdfdfdfdfdfdfdfdfdfdfdfdfdfdfdfdfdfdfdfdfdfdfdfdfdfdfdfd', '6f9b9d8c2d23a2441151b1e894673c8da0e4dfd1947a94a216c060b8bb0c23a1', '2026-03-02 06:00:00.000000');
UPDATE folder_cursor SET last_uid = 6;
INSERT INTO maildir_name (folder, name) VALUES ('INBOX', 'letter.6');
