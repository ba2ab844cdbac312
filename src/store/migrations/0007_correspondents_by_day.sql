-- Days that go, and how many correspondents a hosted domain has had on one, are looked for by this.
CREATE INDEX correspondent_day_by_day ON correspondent_day (begin_s, domain_id);
