-- Who does what only one node may do at a time. Times are seconds since 1970.

CREATE TABLE lease (
    name TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    until_s BIGINT NOT NULL
);
