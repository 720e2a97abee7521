-- What a store of the first version holds: three people, one who was destroyed, an open question, a held mail.
INSERT INTO note (name, value) VALUES ('installed_at', '2026-03-01T06:00:00+00:00');
INSERT INTO note (name, value) VALUES ('mode', 'live');
INSERT INTO note (name, value) VALUES ('maildir_validity', '1772000000');
INSERT INTO folder_cursor (folder, uidvalidity, last_uid, since, cutoff_uid, cutoff_uidvalidity, complete_since) VALUES
  ('INBOX', 1772000000, 4, '2026-03-01 06:00:00.000000', 0, 1772000000, '2026-03-02 11:00:00.000000');
INSERT INTO maildir_name (folder, name) VALUES ('INBOX', 'letter.1');
INSERT INTO maildir_name (folder, name) VALUES ('INBOX', 'letter.2');
INSERT INTO maildir_name (folder, name) VALUES ('INBOX', 'letter.3');
INSERT INTO maildir_name (folder, name) VALUES ('INBOX', 'letter.4');
INSERT INTO person (id, surname, given_name, patronymic, birth_date, birth_place, blocked, disputed, changed_fields, created_at) VALUES
  ('aliyaaaaaaaaaaaaaaaaaaaaaa', 'Сәрсенова', 'Әлия', NULL, '1990-05-05', 'Алматы', '', false, '[]', '2026-03-02 06:00:00.000000');
INSERT INTO address (person_id, addr, "key", position) VALUES ('aliyaaaaaaaaaaaaaaaaaaaaaa', 'aliya@example.com', 'aliya@example.com', 0);
INSERT INTO phone (person_id, number, position) VALUES ('aliyaaaaaaaaaaaaaaaaaaaaaa', '+77019998877', 0);
INSERT INTO person (id, surname, given_name, patronymic, birth_date, birth_place, blocked, disputed, changed_fields, created_at) VALUES
  ('borisaaaaaaaaaaaaaaaaaaaaa', 'Петров', 'Борис', NULL, '1990-05-05', 'Алматы', '', false, '[]', '2026-03-02 06:00:00.000000');
INSERT INTO address (person_id, addr, "key", position) VALUES ('borisaaaaaaaaaaaaaaaaaaaaa', 'boris@example.com', 'boris@example.com', 0);
INSERT INTO phone (person_id, number, position) VALUES ('borisaaaaaaaaaaaaaaaaaaaaa', '+77010000002', 0);
INSERT INTO person (id, surname, given_name, patronymic, birth_date, birth_place, blocked, disputed, changed_fields, created_at) VALUES
  ('aliceaaaaaaaaaaaaaaaaaaaaa', 'Smith', 'Alice', NULL, '1990-05-05', 'Алматы', '', false, '[]', '2026-03-02 06:00:00.000000');
INSERT INTO address (person_id, addr, "key", position) VALUES ('aliceaaaaaaaaaaaaaaaaaaaaa', 'alice@example.com', 'alice@example.com', 0);
INSERT INTO phone (person_id, number, position) VALUES ('aliceaaaaaaaaaaaaaaaaaaaaa', '+77010000004', 0);
INSERT INTO consent (person_id, purpose, given_at, source, policy_version, withdrawn_at, withdrawn_by) VALUES
  ('aliyaaaaaaaaaaaaaaaaaaaaaa', 'processing', '2025-01-09 19:00:00.000000', 'import', '1', NULL, '');
INSERT INTO consent (person_id, purpose, given_at, source, policy_version, withdrawn_at, withdrawn_by) VALUES
  ('aliyaaaaaaaaaaaaaaaaaaaaaa', 'news', '2025-01-09 19:00:00.000000', 'import', '1', NULL, '');
INSERT INTO consent (person_id, purpose, given_at, source, policy_version, withdrawn_at, withdrawn_by) VALUES
  ('borisaaaaaaaaaaaaaaaaaaaaa', 'processing', '2025-01-09 19:00:00.000000', 'operator', '1', NULL, '');
INSERT INTO consent (person_id, purpose, given_at, source, policy_version, withdrawn_at, withdrawn_by) VALUES
  ('aliceaaaaaaaaaaaaaaaaaaaaa', 'processing', '2025-01-09 19:00:00.000000', 'form courses', '1', NULL, '');
INSERT INTO consent (person_id, purpose, given_at, source, policy_version, withdrawn_at, withdrawn_by) VALUES
  ('aliceaaaaaaaaaaaaaaaaaaaaa', 'news', '2025-01-09 19:00:00.000000', 'form courses', '1', '2026-03-02 09:00:00.000000', 'CCCCCC');
INSERT INTO former_address (person_id, "key") VALUES ('borisaaaaaaaaaaaaaaaaaaaaa', '2e0427fe6879e3d855e41ab0fca8c1c2968cd2991464e89ec8629a4db10151a3');
INSERT INTO obligation (person_id, until, opened_at, closed_at) VALUES ('borisaaaaaaaaaaaaaaaaaaaaa', '2099-12-31', '2026-03-02 07:00:00.000000', NULL);
INSERT INTO mail (folder, uidvalidity, uid, state, sha256, fingerprint, proof, message_key, text_key, decision, reason, kind,
  request_id, belongs, filed_at, received_at, decided_at, tries, summary) VALUES
  ('INBOX', 1772000000, 1, 'decided', '0101010101010101010101010101010101010101010101010101010101010101', '4141414141414141414141414141414141414141414141414141414141414141', 2, '8181818181818181818181818181818181818181818181818181818181818181', 'c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1', 'apply', 'update_proven', 'update',
  'AAAAAA', 'done', '2026-03-02 08:00:00.000000', '2026-03-02 08:00:00.000000', '2026-03-02 08:00:00.000000', 0, '{}');
INSERT INTO mail (folder, uidvalidity, uid, state, sha256, fingerprint, proof, message_key, text_key, decision, reason, kind,
  request_id, belongs, filed_at, received_at, decided_at, tries, summary) VALUES
  ('INBOX', 1772000000, 2, 'decided', '0202020202020202020202020202020202020202020202020202020202020202', '4242424242424242424242424242424242424242424242424242424242424242', 1, '8282828282828282828282828282828282828282828282828282828282828282', 'c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2', 'challenge', 'sender_weak', 'update',
  'BBBBBB', 'done', '2026-03-02 09:00:00.000000', '2026-03-02 09:00:00.000000', '2026-03-02 09:00:00.000000', 0, '{}');
INSERT INTO mail (folder, uidvalidity, uid, state, sha256, fingerprint, proof, message_key, text_key, decision, reason, kind,
  request_id, belongs, filed_at, received_at, decided_at, tries, summary) VALUES
  ('INBOX', 1772000000, 3, 'decided', '0303030303030303030303030303030303030303030303030303030303030303', '4343434343434343434343434343434343434343434343434343434343434343', 2, '8383838383838383838383838383838383838383838383838383838383838383', 'c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3', 'apply', 'unsubscribe_on_file', 'unsubscribe',
  'CCCCCC', 'done', '2026-03-02 09:00:00.000000', '2026-03-02 09:00:00.000000', '2026-03-02 09:00:00.000000', 0, '{}');
INSERT INTO mail (folder, uidvalidity, uid, state, sha256, fingerprint, proof, message_key, text_key, decision, reason, kind,
  request_id, belongs, filed_at, received_at, decided_at, tries, summary) VALUES
  ('INBOX', 1772000000, 4, 'decided', '0404040404040404040404040404040404040404040404040404040404040404', '4444444444444444444444444444444444444444444444444444444444444444', 2, '8484848484848484848484848484848484848484848484848484848484848484', 'c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4', 'leave', 'no_tag', NULL,
  NULL, '', NULL, '2026-03-02 10:00:00.000000', '2026-03-02 10:00:00.000000', 0, '{}');
INSERT INTO request (id, mail_id, person_id, kind, state, outcome, "row", reason, rung, tag, language, evidence, because, level,
  received_at, due_at, address, address_key, message_id, "references", open, pending, fields, before, decided_at, closed_at,
  tell, checked) VALUES
  ('AAAAAA', 1, 'aliyaaaaaaaaaaaaaaaaaaaaaa', 'update', 'applied', 'apply', '16', 'update_proven', 'exact', NULL, 'ru', 'authenticated', 'dmarc=pass', 'authenticated',
  '2026-03-02 08:00:00.000000', NULL, 'aliya@example.com', 'aliya@example.com', '<AAAAAA@example.com>', '[]', '[]', '[]', '{"fields": {"phone": "+77019998877"}}', '{"fields": {"phones": ["+77010000001"]}, "after": {"phones": ["+77019998877"]}}', '2026-03-02 08:00:00.000000', NULL,
  false, '');
INSERT INTO request (id, mail_id, person_id, kind, state, outcome, "row", reason, rung, tag, language, evidence, because, level,
  received_at, due_at, address, address_key, message_id, "references", open, pending, fields, before, decided_at, closed_at,
  tell, checked) VALUES
  ('BBBBBB', 2, 'borisaaaaaaaaaaaaaaaaaaaaa', 'update', 'challenged', 'challenge', '17', 'sender_weak', 'exact', NULL, 'ru', 'weak', 'dmarc=pass', 'weak',
  '2026-03-02 09:00:00.000000', '2026-03-05 13:00:00.000000', 'boris@example.com', 'boris@example.com', '<BBBBBB@example.com>', '[]', '[]', '[]', '{"fields": {"phone": "+77019998811"}, "phones": ["+77019998811"]}', '{}', '2026-03-02 09:00:00.000000', NULL,
  false, '');
INSERT INTO request (id, mail_id, person_id, kind, state, outcome, "row", reason, rung, tag, language, evidence, because, level,
  received_at, due_at, address, address_key, message_id, "references", open, pending, fields, before, decided_at, closed_at,
  tell, checked) VALUES
  ('CCCCCC', 3, 'aliceaaaaaaaaaaaaaaaaaaaaa', 'unsubscribe', 'applied', 'apply', '12', 'unsubscribe_on_file', 'exact', NULL, 'ru', 'authenticated', 'dmarc=pass', 'authenticated',
  '2026-03-02 09:00:00.000000', NULL, 'alice@example.com', 'alice@example.com', '<CCCCCC@example.com>', '[]', '[]', '[]', '{}', '{}', '2026-03-02 09:00:00.000000', NULL,
  false, '');
INSERT INTO reply (token, message_id, request_id, template, role, language, address, address_key, proven, counted,
  octets, created_at, sent_at, answer, tries, owner, gave_up_why, digest) VALUES
  ('aaaaaaaaaaaaaaaaaaaaaaaaaa', '<aaaaaaaaaaaaaaaaaaaaaaaaaa@example.kz>', 'AAAAAA', 'update-applied', 'receipt', 'ru', 'aliya@example.com', 'aliya@example.com', true, false,
  CAST('From: Example Courses <info@example.kz>
To: aliya@example.com
Subject: No. AAAAAA
Message-ID: <aaaaaaaaaaaaaaaaaaaaaaaaaa@example.kz>

Text.
' AS BLOB), '2026-03-02 08:00:00.000000', '2026-03-02 08:00:00.000000', '250 OK', 0, '', '', '');
INSERT INTO reply (token, message_id, request_id, template, role, language, address, address_key, proven, counted,
  octets, created_at, sent_at, answer, tries, owner, gave_up_why, digest) VALUES
  ('bbbbbbbbbbbbbbbbbbbbbbbbbb', '<bbbbbbbbbbbbbbbbbbbbbbbbbb@example.kz>', 'BBBBBB', 'challenge', 'question', 'ru', 'boris@example.com', 'boris@example.com', false, false,
  CAST('From: Example Courses <info@example.kz>
To: boris@example.com
Subject: No. BBBBBB
Message-ID: <bbbbbbbbbbbbbbbbbbbbbbbbbb@example.kz>

Text.
' AS BLOB), '2026-03-02 09:00:00.000000', '2026-03-02 09:00:00.000000', '250 OK', 0, '', '', '');
INSERT INTO reply (token, message_id, request_id, template, role, language, address, address_key, proven, counted,
  octets, created_at, sent_at, answer, tries, owner, gave_up_why, digest) VALUES
  ('cccccccccccccccccccccccccc', '<cccccccccccccccccccccccccc@example.kz>', 'CCCCCC', 'unsubscribed', 'receipt', 'ru', 'alice@example.com', 'alice@example.com', true, false,
  CAST('From: Example Courses <info@example.kz>
To: alice@example.com
Subject: No. CCCCCC
Message-ID: <cccccccccccccccccccccccccc@example.kz>

Text.
' AS BLOB), '2026-03-02 09:00:00.000000', '2026-03-02 09:00:00.000000', '250 OK', 0, '', '', '');
INSERT INTO question (token, request_id, waits_for, address, address_key, person_id, asked_at, expires_at, asked_again, reminded, outcome)
  VALUES ('bbbbbbbbbbbbbbbbbbbbbbbbbb', 'BBBBBB', 'confirm', 'boris@example.com', 'boris@example.com', 'borisaaaaaaaaaaaaaaaaaaaaa', '2026-03-02 09:00:00.000000',
  '2026-03-05 12:00:00.000000', false, false, '');
INSERT INTO suppression ("key", purpose, since, request_id) VALUES ('27bfe201ea58413b96ee8d7a403d4197a2b448faefea8033df6fe81eccb1d52e', 'news', '2026-03-02 09:00:00.000000', 'CCCCCC');
INSERT INTO suppression ("key", purpose, since, request_id) VALUES ('9fa32e024e3e12ceb780c3ce70ab6b827f14ca76f0aa7bf850bf3a0e2c5cf2bb', 'news', '2026-03-02 09:00:00.000000', NULL);
INSERT INTO suppression ("key", purpose, since, request_id) VALUES ('9fa32e024e3e12ceb780c3ce70ab6b827f14ca76f0aa7bf850bf3a0e2c5cf2bb', 'processing', '2026-03-02 09:00:00.000000', NULL);
INSERT INTO event (at, who, what, reason, request_id, person_id) VALUES ('2026-03-02 06:00:00.000000', 'operator', 'people_imported', '', NULL, NULL);
INSERT INTO event (at, who, what, reason, request_id, person_id) VALUES ('2026-03-02 08:00:00.000000', 'mailbot', 'apply', 'update_proven', 'AAAAAA', 'aliyaaaaaaaaaaaaaaaaaaaaaa');
INSERT INTO event (at, who, what, reason, request_id, person_id) VALUES ('2026-03-02 09:00:00.000000', 'mailbot', 'challenge', 'sender_weak', 'BBBBBB', 'borisaaaaaaaaaaaaaaaaaaaaa');
INSERT INTO event (at, who, what, reason, request_id, person_id) VALUES ('2026-03-02 09:00:00.000000', 'mailbot', 'apply', 'unsubscribe_on_file', 'CCCCCC', 'aliceaaaaaaaaaaaaaaaaaaaaa');
