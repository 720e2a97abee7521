-- Since 0006: the journal is a chain; the first five events are sealed, and the oldest of them was cut.
UPDATE event SET position = 1, link = 'nadk326xvopf34vgycsw4cqs64or7nrte3pk7twk4skii5lockna' WHERE id = 1;
UPDATE event SET position = 2, link = 'qmsixekb2zohu7q32ngaxgdfhfy65lxlab5elv2lk3jfh7zuzwqa' WHERE id = 2;
UPDATE event SET position = 3, link = 'hkflgmtqpauz6xvnloqf74yv7twvbky427rq47eulvahdfss5bua' WHERE id = 3;
UPDATE event SET position = 4, link = '4n6jj724ou4utp4gp4mfghdwmlvmazesq3lwcaw26xlsrzu662vq' WHERE id = 4;
UPDATE event SET position = 5, link = 'jetziqfbn263oxqmupta47iebffbjvcfpnmhbgq7ikeyg2xciemq' WHERE id = 5;
INSERT INTO event_cut (position, link, removed, at, seal) VALUES (1, 'nadk326xvopf34vgycsw4cqs64or7nrte3pk7twk4skii5lockna', 1, '2026-03-02 11:00:00.000000',
  '75n34fxilg6qj3pf5fffrrpt2t6itn3akge36zmp2xwi7q5xutdq');
DELETE FROM event WHERE id = 1;
INSERT INTO note (name, value) VALUES ('event_head', '5:jetziqfbn263oxqmupta47iebffbjvcfpnmhbgq7ikeyg2xciemq:2vd7fvuxvmgtfdv6f73ktuk2r42lt42atl4resdvlvvexp5c7qka');
INSERT INTO event (at, who, what, reason, request_id, person_id) VALUES ('2026-03-02 11:00:00.000000', 'operator', 'paused', '', NULL, NULL);
INSERT INTO event (at, who, what, reason, request_id, person_id) VALUES ('2026-03-02 11:00:00.000000', 'operator', 'resumed', '', NULL, NULL);
