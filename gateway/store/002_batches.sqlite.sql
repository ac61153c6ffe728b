-- What came in one body, and what is found by something else than its id.

-- state: running, paused, cancelling, cancelled; ended is 1 once all of its messages have ended.
-- facts: JSON of the fields of Batch (gateway/store/store.py) that no query asks for.
CREATE TABLE batches (
    id TEXT NOT NULL PRIMARY KEY,
    app TEXT NOT NULL,
    created_at REAL NOT NULL,
    state TEXT NOT NULL,
    ended INTEGER NOT NULL,
    facts TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX batches_open ON batches (id) WHERE ended = 0;

-- Messages by batch ('b:ID'), number ('t:DIGITS') and reference ('r:REFERENCE') of an app. Filled beside the hot way,
-- up to a second late, so that accepting a message costs one row.
CREATE TABLE lookups (
    app TEXT NOT NULL,
    key TEXT NOT NULL,
    id TEXT NOT NULL,
    PRIMARY KEY (app, key, id)
) WITHOUT ROWID;
