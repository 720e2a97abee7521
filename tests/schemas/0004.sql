-- Since 0004: other places, one of them with a hook that was delivered.
INSERT INTO place_task (request_id, person_id, place, what, identifier, by_hook, opened_at, due_at, done_at, done_by) VALUES
  ('AAAAAA', 'aliyaaaaaaaaaaaaaaaaaaaaaa', 'newsletter', 'update', '', false, '2026-03-02 08:00:00.000000', '2026-03-03 13:00:00.000000', '2026-03-02 10:00:00.000000', 'operator');
INSERT INTO place_id (person_id, place, value) VALUES ('aliyaaaaaaaaaaaaaaaaaaaaaa', 'course', '17');
INSERT INTO hook_call (event_id, queue, place, event, request_id, task_id, kind, identifier, fields, created_at, tries, delivered_at, answer)
  VALUES ('hhhhhhhhhhhhhhhhhhhhhhhhhh', '9fa32e024e3e12ceb780c3ce70ab6b827f14ca76f0aa7bf850bf3a0e2c5cf2bb', 'course', 'person.destroyed', 'AAAAAA', 1, 'email', '', '{}', '2026-03-02 08:00:00.000000', 1, '2026-03-02 09:00:00.000000', '204');
UPDATE request SET places_open = 0 WHERE id = 'AAAAAA';
