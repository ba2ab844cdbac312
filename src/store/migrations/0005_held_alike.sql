-- A held message that comes again is looked for by its Message-ID.

CREATE INDEX held_message_by_message_id ON held_message (message_id, size_octets);
