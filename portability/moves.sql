-- What the administrator's daily files (portability/abd_load.py) leave behind for the next one.
-- at is when the move takes effect, in quarters of a second of Unix time: the second, and in the last two bits its
-- place among the moves of that second. network as networks.value; NULL: back to the range's holder.
CREATE TABLE IF NOT EXISTS pending (
    msisdn  INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    network INTEGER,
    PRIMARY KEY (msisdn, at)
) WITHOUT ROWID;
-- The newest move of each number that moved lately: a file that comes late does not undo it.
CREATE TABLE IF NOT EXISTS recent (
    msisdn  INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    network INTEGER
);
