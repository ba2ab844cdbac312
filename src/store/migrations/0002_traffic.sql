-- Traffic: what the journals of the nodes have told. Times are microseconds since 1970 (at_us) or seconds (..._s); results,
-- policies and actions are the numbers of their enums in src/auth and src/policy, which never change their meaning.

-- How far each segment of each node has been taken over; changed in the transaction of the rows that came from it.
CREATE TABLE journal_segment (
    id @ID@,
    node TEXT NOT NULL,
    segment TEXT NOT NULL,
    next_offset BIGINT NOT NULL,
    is_done SMALLINT NOT NULL CHECK (is_done IN (0, 1)),
    UNIQUE (node, segment)
);

-- Numbers of messages are given in blocks, one for each batch.
@sqlite@CREATE TABLE traffic_number (id INTEGER PRIMARY KEY CHECK (id = 1), next BIGINT NOT NULL);
@sqlite@INSERT INTO traffic_number (id, next) VALUES (1, 1);
@postgresql@CREATE SEQUENCE traffic_number INCREMENT BY 10000;

-- PostgreSQL keeps each day in tables of its own, which ingestion makes (src/store/traffic_days.c).
-- One row for each record. What a policy looks at is here as a whole, so that another policy can be tried on it.
CREATE TABLE traffic_message (
@sqlite@    id INTEGER PRIMARY KEY,
@postgresql@    id BIGINT NOT NULL,
    at_us BIGINT NOT NULL,
    segment_id BIGINT NOT NULL,
    segment_offset BIGINT NOT NULL,
    queue_id TEXT NOT NULL,
    message_id TEXT NOT NULL,
    quarantine_id TEXT NOT NULL,
    client @OCTETS@ NOT NULL,
    mail_from TEXT NOT NULL,
    size_octets BIGINT NOT NULL,
    reply_code SMALLINT NOT NULL,
    author_domain TEXT NOT NULL,
    mail_from_domain TEXT NOT NULL,
    spf_domain TEXT NOT NULL,
    dkim_domains TEXT NOT NULL,
    dmarc SMALLINT NOT NULL,
    wish SMALLINT NOT NULL,
    spf SMALLINT NOT NULL,
    dkim SMALLINT NOT NULL,
    arc SMALLINT NOT NULL,
    flags INTEGER NOT NULL,
    lookalike_of TEXT NOT NULL,
    attachment TEXT NOT NULL,
    virus TEXT NOT NULL
@postgresql@    , PRIMARY KEY (id, at_us)
@sqlite@);
@postgresql@) PARTITION BY RANGE (at_us);
CREATE INDEX traffic_message_by_message_id ON traffic_message (message_id);
CREATE INDEX traffic_message_by_queue_id ON traffic_message (queue_id);
CREATE INDEX traffic_message_by_mail_from ON traffic_message (mail_from);

CREATE TABLE traffic_recipient (
    message BIGINT NOT NULL,
    ordinal SMALLINT NOT NULL,
    at_us BIGINT NOT NULL,
    address TEXT NOT NULL,
    domain TEXT NOT NULL,
    domain_id BIGINT NOT NULL,
    tenant_id BIGINT NOT NULL,
    policy_revision BIGINT NOT NULL,
    filter SMALLINT NOT NULL,
    action SMALLINT NOT NULL,
    would_be SMALLINT NOT NULL,
    matched INTEGER NOT NULL,
    decisive SMALLINT NOT NULL,
    flags INTEGER NOT NULL,
    allow_id BIGINT NOT NULL,
    applied SMALLINT NOT NULL,
@sqlite@    PRIMARY KEY (message, ordinal)
@postgresql@    PRIMARY KEY (message, ordinal, at_us)
@sqlite@) WITHOUT ROWID;
@postgresql@) PARTITION BY RANGE (at_us);
CREATE INDEX traffic_recipient_by_domain ON traffic_recipient (domain_id, at_us);
CREATE INDEX traffic_recipient_by_address ON traffic_recipient (address);

-- Counts. A message to three recipients counts three times. network: /24 of IPv4, /48 of IPv6. aligned: 1 SPF, 2 DKIM.
CREATE TABLE traffic_hour (
    begin_s BIGINT NOT NULL,
    tenant_id BIGINT NOT NULL,
    domain_id BIGINT NOT NULL,
    author_domain TEXT NOT NULL,
    network TEXT NOT NULL,
    spf SMALLINT NOT NULL,
    dkim SMALLINT NOT NULL,
    dmarc SMALLINT NOT NULL,
    aligned SMALLINT NOT NULL,
    wish SMALLINT NOT NULL,
    would_be SMALLINT NOT NULL,
    applied SMALLINT NOT NULL,
    messages BIGINT NOT NULL,
    octets BIGINT NOT NULL,
    PRIMARY KEY (begin_s, tenant_id, domain_id, author_domain, network, spf, dkim, dmarc, aligned, wish, would_be, applied)
@sqlite@) WITHOUT ROWID;
@postgresql@);
CREATE TABLE traffic_day (
    begin_s BIGINT NOT NULL,
    tenant_id BIGINT NOT NULL,
    domain_id BIGINT NOT NULL,
    author_domain TEXT NOT NULL,
    network TEXT NOT NULL,
    spf SMALLINT NOT NULL,
    dkim SMALLINT NOT NULL,
    dmarc SMALLINT NOT NULL,
    aligned SMALLINT NOT NULL,
    wish SMALLINT NOT NULL,
    would_be SMALLINT NOT NULL,
    applied SMALLINT NOT NULL,
    messages BIGINT NOT NULL,
    octets BIGINT NOT NULL,
    PRIMARY KEY (begin_s, tenant_id, domain_id, author_domain, network, spf, dkim, dmarc, aligned, wish, would_be, applied)
@sqlite@) WITHOUT ROWID;
@postgresql@);
CREATE INDEX traffic_day_by_domain ON traffic_day (domain_id, begin_s);

-- Of authors whose mail fails: what of it could be relied on. evidence: enum policy_evidence.
CREATE TABLE traffic_failing_day (
    begin_s BIGINT NOT NULL,
    domain_id BIGINT NOT NULL,
    author_domain TEXT NOT NULL,
    evidence SMALLINT NOT NULL,
    value TEXT NOT NULL,
    messages BIGINT NOT NULL,
    PRIMARY KEY (domain_id, author_domain, evidence, value, begin_s)
@sqlite@) WITHOUT ROWID;
@postgresql@);

-- DMARC records as they were last seen, and where they want their aggregate reports.
CREATE TABLE published_policy (
    policy_domain TEXT PRIMARY KEY,
    policy SMALLINT NOT NULL,
    record TEXT NOT NULL,
    first_seen_s BIGINT NOT NULL,
    last_seen_s BIGINT NOT NULL
@sqlite@) WITHOUT ROWID;
@postgresql@);
CREATE TABLE published_destination (
    policy_domain TEXT NOT NULL REFERENCES published_policy (policy_domain) ON DELETE CASCADE,
    destination TEXT NOT NULL,
    PRIMARY KEY (policy_domain, destination)
@sqlite@) WITHOUT ROWID;
@postgresql@);
