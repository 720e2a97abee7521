-- Since 0008: the operator was reminded, and a person was told that the answer comes later.
UPDATE request SET extended_at = '2026-03-02 11:00:00.000000' WHERE id = 'BBBBBB';
INSERT INTO reminder (request_id, due_at, share, at) VALUES ('BBBBBB', '2026-03-05 13:00:00.000000', 50, '2026-03-02 11:00:00.000000');
