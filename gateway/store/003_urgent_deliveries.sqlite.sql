-- What an app wants at once, inbound messages and receipts of the fast lane, is found without walking past its bulk.
ALTER TABLE deliveries ADD COLUMN urgent INTEGER NOT NULL DEFAULT 0;
UPDATE deliveries SET urgent = 1
WHERE kind = 'inbound' OR EXISTS (SELECT 1 FROM messages AS m WHERE m.id = deliveries.subject AND m.lane = 'fast');

-- Of those alone, so that a bulk receipt costs no more than before.
CREATE INDEX deliveries_urgent ON deliveries (app, kind, id, next_at) WHERE state = 'waiting' AND urgent = 1;
