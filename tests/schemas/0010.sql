-- Since 0010: the proof of who was destroyed; requests name the version of the policy.
INSERT INTO proof (person_id, sha256, built_at, destroyed_at, sealed) VALUES ('goneaaaaaaaaaaaaaaaaaaaaaa', 'fcfcfcfcfcfcfcfcfcfcfcfcfcfcfcfcfcfcfcfcfcfcfcfcfcfcfcfcfcfcfcfc', '2026-03-02 07:00:00.000000', '2026-03-02 07:00:00.000000', CAST('age' AS BLOB));
UPDATE request SET policy_version = '1' WHERE id = 'CCCCCC';
