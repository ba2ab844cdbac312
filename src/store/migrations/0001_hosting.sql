-- Hosting: who is hosted, what they chose, and who changed what. Times are seconds since 1970; words are those of the
-- headers in src/store and src/policy; a yes or no is 1 or 0.

-- One row. Its update is the lock that lets one change happen after the other (src/store/change.h).
CREATE TABLE hosting_state (
    id @INT@ PRIMARY KEY CHECK (id = 1),
    last_change @INT@ NOT NULL,
    provider_change @INT@ NOT NULL,
    oldest_change @INT@ NOT NULL
) @STRICT@;
INSERT INTO hosting_state (id, last_change, provider_change, oldest_change) VALUES (1, 0, 0, 0);

-- Names are ordered by their octets, whatever the locale of the database.
CREATE TABLE tenant (
    id @ID@,
    name @TEXT_C@ NOT NULL UNIQUE,
    title TEXT NOT NULL,
    server_shape TEXT NOT NULL CHECK (server_shape IN ('dedicated', 'shared', 'gateway')),
    dns_shape TEXT NOT NULL CHECK (dns_shape IN ('self', 'hosted', 'third-party')),
    is_dns_only @INT@ NOT NULL CHECK (is_dns_only IN (0, 1)),
    created_at_s @INT@ NOT NULL,
    change_id @INT@ NOT NULL,
    CHECK (length(name) BETWEEN 1 AND 63),
    CHECK (is_dns_only = 0 OR dns_shape = 'hosted')
) @STRICT@;
CREATE INDEX tenant_by_change ON tenant (change_id);

CREATE TABLE domain (
    id @ID@,
    tenant_id @INT@ NOT NULL REFERENCES tenant (id),
    name @TEXT_C@ NOT NULL UNIQUE,
    includes_subdomains @INT@ NOT NULL CHECK (includes_subdomains IN (0, 1)),
    created_at_s @INT@ NOT NULL,
    change_id @INT@ NOT NULL,
    CHECK (length(name) BETWEEN 1 AND 253 AND name = lower(name))
) @STRICT@;
CREATE INDEX domain_by_tenant ON domain (tenant_id, name);
CREATE INDEX domain_by_change ON domain (change_id);

-- Names that a replica may still have.
CREATE TABLE domain_removal (
    name TEXT NOT NULL PRIMARY KEY,
    change_id @INT@ NOT NULL,
    removed_at_s @INT@ NOT NULL
) @STRICT@;
CREATE INDEX domain_removal_by_change ON domain_removal (change_id);

-- A choice is a domain's, a tenant's, or (with neither) the provider's.
CREATE TABLE policy_choice (
    id @ID@,
    tenant_id @INT@ REFERENCES tenant (id) ON DELETE CASCADE,
    domain_id @INT@ REFERENCES domain (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    change_id @INT@ NOT NULL,
    CHECK (tenant_id IS NULL OR domain_id IS NULL)
) @STRICT@;
-- Each partial, so that who asks for the provider's choices does not walk through everybody's whose tenant is NULL.
CREATE UNIQUE INDEX policy_choice_of_domain ON policy_choice (domain_id, name) WHERE domain_id IS NOT NULL;
CREATE UNIQUE INDEX policy_choice_of_tenant ON policy_choice (tenant_id, name) WHERE tenant_id IS NOT NULL;
CREATE UNIQUE INDEX policy_choice_of_provider ON policy_choice (name) WHERE tenant_id IS NULL AND domain_id IS NULL;

CREATE TABLE confirmation (
    id @ID@,
    domain_id @INT@ NOT NULL REFERENCES domain (id) ON DELETE CASCADE,
    administrator TEXT NOT NULL CHECK (length(administrator) > 0),
    note TEXT NOT NULL,
    version @INT@ NOT NULL CHECK (version >= 0),
    at_s @INT@ NOT NULL,
    recorded_by TEXT NOT NULL,
    withdrawn_at_s @INT@ NOT NULL
) @STRICT@;
CREATE INDEX confirmation_by_domain ON confirmation (domain_id);

CREATE TABLE allow_entry (
    id @ID@,
    domain_id @INT@ NOT NULL REFERENCES domain (id) ON DELETE CASCADE,
    author_domain TEXT NOT NULL,
    includes_subdomains @INT@ NOT NULL CHECK (includes_subdomains IN (0, 1)),
    evidence TEXT NOT NULL CHECK (evidence IN ('aligned', 'dkim', 'spf', 'network', 'none')),
    evidence_domain TEXT NOT NULL,
    network TEXT NOT NULL,
    expires_at_s @INT@ NOT NULL,
    note TEXT NOT NULL,
    owner TEXT NOT NULL,
    warned TEXT NOT NULL,
    created_at_s @INT@ NOT NULL,
    hit_count @INT@ NOT NULL,
    last_hit_at_s @INT@ NOT NULL,
    UNIQUE (domain_id, author_domain, includes_subdomains, evidence, evidence_domain, network),
    CHECK ((evidence IN ('dkim', 'spf')) = (evidence_domain <> '')),
    CHECK ((evidence = 'network') = (network <> '')),
    CHECK (evidence <> 'none' OR (author_domain <> '' AND expires_at_s > 0 AND owner <> '' AND warned <> ''))
) @STRICT@;

CREATE TABLE account (
    id @ID@,
    name @TEXT_C@ NOT NULL UNIQUE,
    title TEXT NOT NULL,
    address TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('operator', 'administrator', 'mailbox-owner')),
    language TEXT NOT NULL,
    tenant_id @INT@ REFERENCES tenant (id),
    is_disabled @INT@ NOT NULL CHECK (is_disabled IN (0, 1)),
    created_at_s @INT@ NOT NULL,
    CHECK ((role = 'operator') = (tenant_id IS NULL)),
    CHECK (role <> 'mailbox-owner' OR address <> '')
) @STRICT@;
CREATE INDEX account_by_tenant ON account (tenant_id);

-- No references: lines outlive what they tell about.
CREATE TABLE audit_entry (
    id @ID@,
    change_id @INT@ NOT NULL,
    at_s @INT@ NOT NULL,
    actor TEXT NOT NULL CHECK (length(actor) > 0),
    via TEXT NOT NULL,
    action TEXT NOT NULL,
    tenant TEXT NOT NULL,
    domain TEXT NOT NULL,
    object TEXT NOT NULL,
    before_json TEXT NOT NULL,
    after_json TEXT NOT NULL
) @STRICT@;
CREATE INDEX audit_entry_by_change ON audit_entry (change_id);
CREATE INDEX audit_entry_by_tenant ON audit_entry (tenant, id);
CREATE INDEX audit_entry_by_domain ON audit_entry (domain, id);
CREATE INDEX audit_entry_by_time ON audit_entry (at_s);
