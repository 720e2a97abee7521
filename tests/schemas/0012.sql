-- Since 0012: an operator of the console, logged in.
INSERT INTO operator_account (name, role, password, totp, totp_step, failures, created_at) VALUES
  ('dana', 'operator', '$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$AAAA', '', 0, 0, '2026-03-02 07:00:00.000000');
INSERT INTO console_session ("key", name, opened_at, seen_at) VALUES ('ssssssssssssssssssssssssssssssssssssssssssssssssssss', 'dana', '2026-03-02 08:00:00.000000', '2026-03-02 09:00:00.000000');
