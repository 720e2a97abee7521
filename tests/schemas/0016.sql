-- Since 0016: indexes alone.
UPDATE consent SET withdrawn_by = 'B3KQ7M' WHERE withdrawn_at IS NOT NULL AND withdrawn_by = '';
