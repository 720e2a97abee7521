-- Since 0013: the cards of a mail to the operator, one of them ordered.
INSERT INTO note (name, value) VALUES ('desk_named', '["996c02f8a265e175f3c6134fe51d1e4578b49dc993940b45a1512e28a42708c7"]');
INSERT INTO note (name, value) VALUES ('desk_proven', '["996c02f8a265e175f3c6134fe51d1e4578b49dc993940b45a1512e28a42708c7"]');
INSERT INTO digest_card (token, digest, number, addressee, deputy, request_id, ask, kind, dealt, made_at, verb, note, ordered_at, stamp,
  done_at, result, why, told_at) VALUES ('ffffffffffffffffffffffffff', 'gggggggggggggggggggggggggg', 1, '996c02f8a265e175f3c6134fe51d1e4578b49dc993940b45a1512e28a42708c7', false, 'DDDDDD', 'release', 'update', 'held',
  '2026-03-02 10:00:00.000000', 'yes', '', '2026-03-02 10:00:00.000000', 'held', '2026-03-02 11:00:00.000000', 'released', '', '2026-03-02 11:00:00.000000');
