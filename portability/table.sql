-- Numbers that were ported, and where to. One row a number; a number that is not here is where its range is.
-- msisdn is E.164 as an integer (15 digits fit) and the row's own key: no second index, 12 octets a row.
CREATE TABLE ported (
    msisdn  INTEGER PRIMARY KEY,
    network INTEGER NOT NULL  -- networks.id
);
-- Where numbers went, numbered as they are met: the first two need no octet in a row of ported, the next hundred one.
CREATE TABLE networks (
    id    INTEGER PRIMARY KEY,
    value INTEGER NOT NULL UNIQUE  -- below 1000000: RIDA * 1000 + RCR, RCR 0 where not said; from there on: names.id
);
-- Networks that a file named by anything but a three-digit code.
CREATE TABLE names (
    id   INTEGER PRIMARY KEY CHECK (id >= 1000000),
    name TEXT NOT NULL UNIQUE
);
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) WITHOUT ROWID;
-- What was loaded, in order. loaded_at and as_of are Unix seconds; as_of is the age of the file's data.
CREATE TABLE loaded_files (
    id        INTEGER PRIMARY KEY,
    name      TEXT NOT NULL,
    sha256    TEXT NOT NULL,
    replaced  INTEGER NOT NULL,  -- 1: the file was the whole table, 0: changes to it
    loaded_at REAL NOT NULL,
    as_of     REAL NOT NULL,
    inserted  INTEGER NOT NULL,
    changed   INTEGER NOT NULL,
    deleted   INTEGER NOT NULL,
    skipped   INTEGER NOT NULL   -- bad rows left out
);
-- The age of the data: of the newest file since the last that was the whole table.
CREATE VIEW state AS
SELECT
    (SELECT value FROM meta WHERE key = 'schema') AS schema,
    (SELECT value FROM meta WHERE key = 'rows') AS rows,
    (SELECT max(as_of) FROM loaded_files
     WHERE id >= coalesce((SELECT max(id) FROM loaded_files WHERE replaced), 0)) AS as_of;
INSERT INTO meta (key, value) VALUES ('schema', 2), ('rows', 0);
