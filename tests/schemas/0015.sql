-- Since 0015: what an answer that names times was rendered from.
UPDATE reply SET said = '{"values": {"due_at": {"$at": "2026-03-05T13:00:00+00:00"}}, "threads": true}' WHERE sent_at IS NOT NULL;
