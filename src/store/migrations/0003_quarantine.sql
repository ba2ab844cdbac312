-- Held messages: what the files in the quarantines of all nodes are (src/quarantine), and what became of them. The texts are
-- for showing and looking up: UTF-8 without control characters, cut. Times are seconds since 1970.

CREATE TABLE held_message (
    id TEXT PRIMARY KEY,
    node TEXT NOT NULL,
    held_at_s BIGINT NOT NULL,
    size_octets BIGINT NOT NULL,
    mail_from TEXT NOT NULL,
    author TEXT NOT NULL,
    subject TEXT NOT NULL,
    client TEXT NOT NULL,
    queue_id TEXT NOT NULL,
    message_id TEXT NOT NULL,
    has_file SMALLINT NOT NULL CHECK (has_file IN (0, 1))
);
CREATE INDEX held_message_by_node ON held_message (node, has_file);

-- No references to domain and tenant: what was held outlives them until it expires.
CREATE TABLE held_recipient (
    id @ID@,
    message_id TEXT NOT NULL REFERENCES held_message (id) ON DELETE CASCADE,
    place BIGINT NOT NULL,
    address TEXT NOT NULL,
    domain_id BIGINT NOT NULL,
    tenant_id BIGINT NOT NULL,
    reason TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('held', 'releasing', 'unclear', 'released', 'deleted')),
    expires_at_s BIGINT NOT NULL,
    changed_at_s BIGINT NOT NULL,
    changed_by TEXT NOT NULL,
    told_at_s BIGINT NOT NULL,
    UNIQUE (message_id, place)
);
CREATE INDEX held_recipient_by_tenant ON held_recipient (tenant_id, id);
CREATE INDEX held_recipient_by_domain ON held_recipient (domain_id, id);
CREATE INDEX held_recipient_by_expiry ON held_recipient (expires_at_s);
CREATE INDEX held_recipient_untold ON held_recipient (domain_id, address) WHERE state = 'held' AND told_at_s = 0;

CREATE TABLE held_digest (
    domain_id BIGINT PRIMARY KEY,
    last_at_s BIGINT NOT NULL
);
