-- Ids are UUIDv7 as text: the key sorts by time, so new rows go to the end and "oldest first" is the key's order.
-- Times are seconds since the epoch (UTC). Statuses are numbers: the table `statuses` has their words.

-- The hot table: no index but its key. An index on the carrier's id tripled the cost of every write.
-- facts: JSON array of content, interface, sender, network, reference, receipt, callback, extras, carriers;
--        content is an array in the order of its fields in gateway/message.py, the text first, octets in base64.
-- state: JSON array of segments, events, error_code, error_detail;
--        a segment is [number, status, carrier, bind, carrier_message_id, command_status, error],
--        an event [at, status, carrier, bind, command_status, carrier_message_id, detail, segment].
CREATE TABLE messages (
    id TEXT NOT NULL PRIMARY KEY,
    status INTEGER NOT NULL,
    lane TEXT NOT NULL,
    carrier TEXT NOT NULL,
    app TEXT NOT NULL,
    created_at REAL NOT NULL,
    expires_at REAL NOT NULL,
    send_at REAL NOT NULL,
    updated_at REAL NOT NULL,
    recipient TEXT NOT NULL,
    batch TEXT NOT NULL,
    facts TEXT NOT NULL,
    state TEXT NOT NULL
) WITHOUT ROWID;

-- Messages with status scheduled, by when they are due.
CREATE TABLE schedule (
    id TEXT NOT NULL PRIMARY KEY,
    send_at REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX schedule_by_time ON schedule (send_at, id);

-- What apps have to be told; a row leaves when the app took it.
CREATE TABLE deliveries (
    id TEXT NOT NULL PRIMARY KEY,
    app TEXT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    status INTEGER NOT NULL,
    segment INTEGER NOT NULL,
    url TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    created_at REAL NOT NULL,
    next_at REAL NOT NULL,
    detail TEXT NOT NULL
) WITHOUT ROWID;
-- next_at, kind and state are in it so that walking past what is not asked for, and counting, never leave the index.
CREATE INDEX deliveries_by_app ON deliveries (app, id, next_at, kind, state) WHERE state = 'waiting';
CREATE INDEX deliveries_dead ON deliveries (id) WHERE state = 'dead';

CREATE TABLE inbound (
    id TEXT NOT NULL PRIMARY KEY,
    app TEXT NOT NULL,
    received_at REAL NOT NULL,
    carrier TEXT NOT NULL,
    recipient TEXT NOT NULL,
    sender TEXT NOT NULL,
    text TEXT NOT NULL,
    network TEXT NOT NULL,
    keyword TEXT NOT NULL,
    data BLOB NOT NULL,
    data_coding INTEGER NOT NULL,
    in_reply_to TEXT NOT NULL,
    incomplete TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX inbound_by_app ON inbound (app, id, received_at);

-- Parts of long inbound messages whose other parts are not here yet.
CREATE TABLE parts (
    id TEXT NOT NULL PRIMARY KEY,
    carrier TEXT NOT NULL,
    sender TEXT NOT NULL,
    recipient TEXT NOT NULL,
    reference INTEGER NOT NULL,
    bits INTEGER NOT NULL,
    total INTEGER NOT NULL,
    number INTEGER NOT NULL,
    data_coding INTEGER NOT NULL,
    locking INTEGER NOT NULL,
    single INTEGER NOT NULL,
    data BLOB NOT NULL,
    received_at REAL NOT NULL
) WITHOUT ROWID;

CREATE TABLE opt_outs (
    app TEXT NOT NULL,
    number TEXT NOT NULL,
    at REAL NOT NULL,
    source TEXT NOT NULL,
    PRIMARY KEY (app, number)
) WITHOUT ROWID;

CREATE TABLE answers (
    app TEXT NOT NULL,
    key TEXT NOT NULL,
    digest TEXT NOT NULL,
    created_at REAL NOT NULL,
    answer BLOB NOT NULL,
    PRIMARY KEY (app, key)
) WITHOUT ROWID;
CREATE INDEX answers_by_time ON answers (created_at);

-- Segments that have waited for their receipt so long that they left memory.
CREATE TABLE awaiting (
    carrier TEXT NOT NULL,
    carrier_message_id TEXT NOT NULL,
    message_id TEXT NOT NULL,
    segment INTEGER NOT NULL,
    PRIMARY KEY (carrier, carrier_message_id)
) WITHOUT ROWID;
CREATE INDEX awaiting_by_message ON awaiting (message_id);

-- Receipts whose message is not known (yet); one id may have several.
CREATE TABLE parked (
    carrier TEXT NOT NULL,
    carrier_message_id TEXT NOT NULL,
    at REAL NOT NULL,
    status INTEGER NOT NULL,
    error TEXT NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (carrier, carrier_message_id, at, status)
) WITHOUT ROWID;
CREATE INDEX parked_by_time ON parked (at);

CREATE TABLE settings (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

-- For people at the sqlite3 prompt: SELECT * FROM readable_messages WHERE id = '…';
CREATE TABLE statuses (
    status INTEGER NOT NULL PRIMARY KEY,
    word TEXT NOT NULL
);
INSERT INTO statuses (status, word) VALUES
    (1, 'scheduled'), (2, 'accepted'), (3, 'paused'), (4, 'submitted'), (5, 'delivered'),
    (6, 'undelivered'), (7, 'expired'), (8, 'unknown'), (9, 'rejected'), (10, 'cancelled');

CREATE VIEW readable_messages AS
SELECT
    id,
    word AS status,
    lane,
    carrier,
    app,
    strftime('%Y-%m-%dT%H:%M:%fZ', created_at, 'unixepoch') AS created_at,
    strftime('%Y-%m-%dT%H:%M:%fZ', updated_at, 'unixepoch') AS updated_at,
    strftime('%Y-%m-%dT%H:%M:%fZ', expires_at, 'unixepoch') AS expires_at,
    recipient,
    json_extract(facts, '$[2]') AS sender,
    json_extract(facts, '$[3]') AS network,
    json_extract(facts, '$[4]') AS reference,
    batch,
    json_extract(facts, '$[0][0]') AS text,
    json_extract(state, '$[0]') AS segments,
    json_extract(state, '$[1]') AS events,
    json_extract(state, '$[2]') AS error_code,
    json_extract(state, '$[3]') AS error_detail
FROM messages JOIN statuses USING (status);
