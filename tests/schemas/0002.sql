-- Since 0002: an answer that bounced, and a writer who brought wrong codes.
INSERT INTO reply (token, message_id, request_id, template, role, language, address, address_key, proven, counted,
  octets, created_at, sent_at, answer, tries, owner, gave_up_why, digest, bounce_key, bounced_at, bounced_status, bounced_why) VALUES
  ('dddddddddddddddddddddddddd', '<dddddddddddddddddddddddddd@example.kz>', 'AAAAAA', 'update-applied', 'receipt', 'ru', 'aliya@example.com', 'aliya@example.com', true, false,
  CAST('From: Example Courses <info@example.kz>
To: aliya@example.com
Subject: No. AAAAAA
Message-ID: <dddddddddddddddddddddddddd@example.kz>

Text.
' AS BLOB), '2026-03-02 10:00:00.000000', '2026-03-02 10:00:00.000000', '250 OK', 0, '', '', '', 'abcdefghijklmnop', '2026-03-02 11:00:00.000000', '5.1.1', 'no such user');
INSERT INTO wrong_token ("key", count, first_at, last_at, day_at, day_count) VALUES ('cb83cb34c1c9663fa426e83e01801f889e0a84185df2631bfe4229da91b91350', 2, '2026-03-02 09:00:00.000000', '2026-03-02 10:00:00.000000',
  '2026-03-02 09:00:00.000000', 2);
