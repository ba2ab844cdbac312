-- To whom the people of hosted domains write: domains only, never an address. A sender who is answered is wanted, whatever
-- authentication says of its mail.

-- correspondent: an organisational domain by the public suffix list, as is org_domain below. A message to several people of
-- one counts once. replies: how many of the messages are some.
CREATE TABLE correspondent_day (
    begin_s BIGINT NOT NULL,
    domain_id BIGINT NOT NULL,
    correspondent TEXT NOT NULL,
    messages BIGINT NOT NULL,
    replies BIGINT NOT NULL,
    PRIMARY KEY (domain_id, correspondent, begin_s)
@sqlite@) WITHOUT ROWID;
@postgresql@);

-- Of the author domain. '' in rows that are older: then it is taken for its own.
ALTER TABLE traffic_failing_day ADD COLUMN org_domain TEXT NOT NULL DEFAULT '';
