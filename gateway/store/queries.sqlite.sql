-- The named queries of the SQLite store. Columns stand in the order in which rows.py writes and reads them.
-- Statuses: 1 scheduled, 2 accepted, 4 submitted; 5 and above have ended.

-- name: accept
INSERT INTO messages
    (id, status, lane, carrier, app, created_at, expires_at, send_at, updated_at, recipient, batch, facts, state)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: update
UPDATE messages SET status = ?, carrier = ?, expires_at = ?, send_at = ?, updated_at = ?, state = ? WHERE id = ?;

-- name: schedule
INSERT OR REPLACE INTO schedule (id, send_at) VALUES (?, ?);

-- name: unschedule
DELETE FROM schedule WHERE id = ?;

-- name: delivered
DELETE FROM deliveries WHERE id = ?;

-- name: deliver
INSERT OR REPLACE INTO deliveries
    (id, app, kind, subject, status, segment, url, state, attempts, created_at, next_at, detail, urgent)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: postpone
UPDATE deliveries SET url = ?, state = ?, attempts = ?, next_at = ?, detail = ? WHERE id = ?;

-- name: inbound
INSERT OR REPLACE INTO inbound
    (id, app, received_at, carrier, recipient, sender, text, network, keyword, data, data_coding, in_reply_to, incomplete)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: join
DELETE FROM parts WHERE id = ?;

-- name: part
INSERT OR REPLACE INTO parts
    (id, carrier, sender, recipient, reference, bits, total, number, data_coding, locking, single, data, received_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: opt_in
DELETE FROM opt_outs WHERE app = ? AND number = ?;

-- name: opt_out
INSERT OR REPLACE INTO opt_outs (app, number, at, source) VALUES (?, ?, ?, ?);

-- name: answer
INSERT OR REPLACE INTO answers (app, key, digest, created_at, answer) VALUES (?, ?, ?, ?, ?);

-- name: awaited
DELETE FROM awaiting WHERE carrier = ? AND carrier_message_id = ?;

-- name: await_receipt
INSERT OR REPLACE INTO awaiting (carrier, carrier_message_id, message_id, segment) VALUES (?, ?, ?, ?);

-- name: matched
DELETE FROM parked WHERE carrier = ? AND carrier_message_id = ?;

-- name: park
INSERT OR REPLACE INTO parked (carrier, carrier_message_id, at, status, error, detail) VALUES (?, ?, ?, ?, ?, ?);

-- name: setting
INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?);

-- name: messages
SELECT id, status, lane, carrier, app, created_at, expires_at, send_at, updated_at, recipient, batch, facts, state
FROM messages WHERE id IN (SELECT value FROM json_each(?));

-- name: waiting
SELECT id, status, lane, carrier, app, created_at, expires_at, send_at, updated_at, recipient, batch, facts, state
FROM messages WHERE id > ? AND status = 2 AND carrier = ? AND lane = ? ORDER BY id LIMIT ?;

-- name: unanswered
-- max(): of two lower bounds SQLite seeks to the first and walks from there, which made a million rows take 33 s.
SELECT id, status, lane, carrier, app, created_at, expires_at, send_at, updated_at, recipient, batch, facts, state
FROM messages WHERE id >= max(?1, ?2) AND id > ?2 AND status = 4 ORDER BY id LIMIT ?3;

-- name: depths
-- In slices: to group them SQLite keeps all rows in a tree in memory, 96 MB of a million.
SELECT carrier, lane, count(*), min(id), max(id)
FROM (
    SELECT carrier, lane, id FROM messages
    WHERE id >= max(?1, ?2) AND id > ?2 AND status = 2 ORDER BY id LIMIT ?3
)
GROUP BY carrier, lane;

-- name: created_at
SELECT created_at FROM messages WHERE id = ?;

-- name: due
SELECT m.id, m.status, m.lane, m.carrier, m.app, m.created_at, m.expires_at, m.send_at, m.updated_at, m.recipient,
    m.batch, m.facts, m.state
FROM schedule AS s JOIN messages AS m ON m.id = s.id
WHERE s.send_at <= ? ORDER BY s.send_at, s.id LIMIT ?;

-- name: next_due
SELECT min(send_at) FROM schedule;

-- name: deliveries
SELECT id, app, kind, subject, status, segment, url, state, attempts, created_at, next_at, detail, urgent
FROM deliveries
WHERE state = 'waiting' AND app = ? AND id > ? AND (next_at <= ? OR next_at > ?) AND (? = '' OR kind = ?) ORDER BY id LIMIT ?;

-- name: bulk_deliveries
SELECT id, app, kind, subject, status, segment, url, state, attempts, created_at, next_at, detail, urgent
FROM deliveries
WHERE state = 'waiting' AND app = ? AND (next_at <= ? OR next_at > ?) AND urgent = 0 ORDER BY id LIMIT ?;

-- name: urgent_deliveries
SELECT id, app, kind, subject, status, segment, url, state, attempts, created_at, next_at, detail, urgent
FROM deliveries
WHERE state = 'waiting' AND urgent = 1 AND app = ? AND kind = ? AND (next_at <= ? OR next_at > ?)
ORDER BY id LIMIT ?;

-- name: delivery
SELECT id, app, kind, subject, status, segment, url, state, attempts, created_at, next_at, detail, urgent
FROM deliveries WHERE id = ?;

-- name: dead_deliveries
SELECT id, app, kind, subject, status, segment, url, state, attempts, created_at, next_at, detail, urgent
FROM deliveries WHERE state = 'dead' AND id > ? ORDER BY id LIMIT ?;

-- name: deliveries_waiting
-- Counted in the index; only the oldest of each app is looked up in the table.
SELECT w.app, w.number, d.created_at
FROM (SELECT app, count(*) AS number, min(id) AS oldest FROM deliveries WHERE state = 'waiting' GROUP BY app) AS w
JOIN deliveries AS d ON d.id = w.oldest;

-- name: inbound_by_id
SELECT id, app, received_at, carrier, recipient, sender, text, network, keyword, data, data_coding, in_reply_to,
    incomplete
FROM inbound WHERE id = ?;

-- name: inbound_of
SELECT id, app, received_at, carrier, recipient, sender, text, network, keyword, data, data_coding, in_reply_to,
    incomplete
FROM inbound WHERE app = ? AND received_at >= ? AND id < ? ORDER BY id DESC LIMIT ?;

-- name: parts
SELECT id, carrier, sender, recipient, reference, bits, total, number, data_coding, locking, single, data, received_at
FROM parts ORDER BY id;

-- name: opt_outs
SELECT app, number, at, source FROM opt_outs ORDER BY app, number;

-- name: answer_by_key
SELECT app, key, digest, created_at, answer FROM answers WHERE app = ? AND key = ?;

-- name: awaited_by_id
SELECT carrier, carrier_message_id, message_id, segment
FROM awaiting WHERE carrier = ? AND carrier_message_id IN (SELECT value FROM json_each(?));

-- name: parked_by_id
SELECT carrier, carrier_message_id, at, status, error, detail
FROM parked WHERE carrier = ? AND carrier_message_id IN (SELECT value FROM json_each(?)) ORDER BY at;

-- name: parked_since
SELECT carrier, carrier_message_id, at, status, error, detail FROM parked WHERE at >= ? ORDER BY at;

-- name: settings
SELECT name, value FROM settings ORDER BY name;

-- name: outlived
-- Where the slice of ended messages begins and ends: read apart, so that the writer only ever deletes a short range.
SELECT min(id), max(id)
FROM (SELECT id FROM messages WHERE id < ? AND status >= 5 AND created_at < ? ORDER BY id LIMIT ?);

-- name: prune_messages
DELETE FROM messages WHERE id BETWEEN ? AND ? AND status >= 5 AND created_at < ?;

-- name: prune_deliveries
DELETE FROM deliveries WHERE id IN (SELECT id FROM deliveries WHERE id < ? ORDER BY id LIMIT ?);

-- name: prune_inbound
DELETE FROM inbound WHERE id IN (SELECT id FROM inbound WHERE id < ? ORDER BY id LIMIT ?);

-- name: prune_answers
DELETE FROM answers
WHERE (app, key) IN (SELECT app, key FROM answers WHERE created_at < ? ORDER BY created_at LIMIT ?);

-- name: prune_parked
DELETE FROM parked
WHERE (carrier, carrier_message_id, at, status) IN
    (SELECT carrier, carrier_message_id, at, status FROM parked WHERE at < ? ORDER BY at LIMIT ?);

-- name: prune_awaiting
DELETE FROM awaiting
WHERE (carrier, carrier_message_id) IN
    (SELECT carrier, carrier_message_id FROM awaiting WHERE message_id < ? ORDER BY message_id LIMIT ?);

-- name: batch
INSERT OR REPLACE INTO batches (id, app, created_at, state, ended, facts) VALUES (?, ?, ?, ?, ?, ?);

-- name: lookup
INSERT OR IGNORE INTO lookups (app, key, id) VALUES (?, ?, ?);

-- name: batch_by_id
SELECT id, app, created_at, state, ended, facts FROM batches WHERE id = ?;

-- name: open_batches
SELECT id, app, created_at, state, ended, facts FROM batches WHERE ended = 0 ORDER BY id;

-- name: messages_after
SELECT id, status, lane, carrier, app, created_at, expires_at, send_at, updated_at, recipient, batch, facts, state
FROM messages WHERE id > ? ORDER BY id LIMIT ?;

-- name: last_id
SELECT coalesce(max(id), '') FROM messages;

-- name: messages_between
SELECT id, status, lane, carrier, app, created_at, expires_at, send_at, updated_at, recipient, batch, facts, state
FROM messages WHERE id > ? AND id < ? ORDER BY id LIMIT ?;

-- name: messages_planned
-- As messages_between, with whether each stands in the schedule.
SELECT id, status, lane, carrier, app, created_at, expires_at, send_at, updated_at, recipient, batch, facts, state,
    EXISTS (SELECT 1 FROM schedule AS s WHERE s.id = messages.id)
FROM messages WHERE id > ? AND id < ? ORDER BY id LIMIT ?;

-- name: planned_for_nothing
SELECT s.id FROM schedule AS s LEFT JOIN messages AS m ON m.id = s.id WHERE s.id > ? AND m.id IS NULL ORDER BY s.id LIMIT ?;

-- name: deliveries_with_subject
-- All deliveries, with whether what they tell of is there.
SELECT id, app, kind, subject, status, segment, url, state, attempts, created_at, next_at, detail, urgent,
    CASE kind WHEN 'inbound' THEN EXISTS (SELECT 1 FROM inbound AS i WHERE i.id = d.subject)
    ELSE EXISTS (SELECT 1 FROM messages AS m WHERE m.id = d.subject) END
FROM deliveries AS d WHERE id > ? ORDER BY id LIMIT ?;

-- name: batches_after
SELECT id, app, created_at, state, ended, facts FROM batches WHERE id > ? ORDER BY id LIMIT ?;

-- name: found_after
SELECT m.id, m.status, m.lane, m.carrier, m.app, m.created_at, m.expires_at, m.send_at, m.updated_at, m.recipient,
    m.batch, m.facts, m.state
FROM lookups AS l JOIN messages AS m ON m.id = l.id
WHERE l.app = ? AND l.key = ? AND l.id > ? ORDER BY l.id LIMIT ?;

-- name: statuses_after
SELECT m.id, m.status FROM lookups AS l JOIN messages AS m ON m.id = l.id
WHERE l.app = ? AND l.key = ? AND l.id > ? ORDER BY l.id LIMIT ?;

-- name: listed_bound
-- How far back a page may look: the least of so many ids, whosever they are.
SELECT min(id), count(*) FROM (SELECT id FROM messages WHERE id >= ? AND id < ? ORDER BY id DESC LIMIT ?);

-- name: listed
SELECT id, status, lane, carrier, app, created_at, expires_at, send_at, updated_at, recipient, batch, facts, state
FROM messages
WHERE id >= ? AND id < ? AND app = ? AND status IN (SELECT value FROM json_each(?)) ORDER BY id DESC LIMIT ?;

-- name: found_bound
SELECT min(id), count(*)
FROM (SELECT id FROM lookups WHERE app = ? AND key = ? AND id >= ? AND id < ? ORDER BY id DESC LIMIT ?);

-- name: found
SELECT m.id, m.status, m.lane, m.carrier, m.app, m.created_at, m.expires_at, m.send_at, m.updated_at, m.recipient,
    m.batch, m.facts, m.state
FROM lookups AS l JOIN messages AS m ON m.id = l.id
WHERE l.app = ? AND l.key = ? AND l.id >= ? AND l.id < ? AND m.status IN (SELECT value FROM json_each(?))
ORDER BY l.id DESC LIMIT ?;

-- name: prune_lookups
DELETE FROM lookups WHERE (app, key, id) IN (
    SELECT app, 't:' || recipient, id FROM messages WHERE id BETWEEN ?1 AND ?2 AND status >= 5 AND created_at < ?3
    UNION ALL
    SELECT app, 'b:' || batch, id FROM messages
    WHERE id BETWEEN ?1 AND ?2 AND status >= 5 AND created_at < ?3 AND batch <> ''
    UNION ALL
    SELECT app, 'r:' || json_extract(facts, '$[4]'), id FROM messages
    WHERE id BETWEEN ?1 AND ?2 AND status >= 5 AND created_at < ?3 AND json_extract(facts, '$[4]') <> ''
);

-- name: prune_batches
DELETE FROM batches WHERE id IN (SELECT id FROM batches WHERE id < ? AND ended = 1 ORDER BY id LIMIT ?);
