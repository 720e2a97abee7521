-- Since 0014: a trial mail on its way.
INSERT INTO canary (key, sent_at, seen_at, mail_id) VALUES ('5d1f0c8a6b7e4f2093a1c5d7e9f0b2a4c6d8e0f1a3b5c7d9e1f3a5b7c9d1e3f5', '2026-03-02 12:00:00.000000', NULL, NULL);
