-- Since 0007: who gave a consent stands apart, and which text a version of the policy had.
INSERT INTO consent (person_id, purpose, given_at, source, policy_version, withdrawn_at, withdrawn_by, given_by) VALUES
  ('nurlanaaaaaaaaaaaaaaaaaaaa', 'news', '2025-01-09 19:00:00.000000', 'import', '1', NULL, '', 'import');
INSERT INTO policy_text (version, sha256, noted_at) VALUES ('1', 'fbfbfbfbfbfbfbfbfbfbfbfbfbfbfbfbfbfbfbfbfbfbfbfbfbfbfbfbfbfbfbfb', '2026-03-02 08:00:00.000000');
