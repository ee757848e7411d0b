-- SPDX-License-Identifier: BSD-3-Clause
-- Core: what every module's SQL leans on. No table of any module is named here.
--
-- House rules of all files below sql/:
--  * A module reaches another module's tables only through that module's functions and views.
--    Foreign keys to another module's id exist only in seldom-written tables; order placement
--    carries none of them (its functions check and lock instead), because every such check is
--    a row lock on a row all orders share.
--  * A request that changes something is one call of one function. Refusals are raised as
--    SQLSTATE 'KN' || HTTP status, MESSAGE = stable code of the contract, DETAIL = human text.
--  * Unique indexes whose violation a client may cause are named by the code it gets
--    (sku_taken, username_taken ...).

-- reference_versions: one counter per kind of reference data (users, menu, tables, settings,
-- restaurant). Workers poll it and reload what moved.
CREATE TABLE reference_versions (
    topic   text PRIMARY KEY,
    version bigint NOT NULL DEFAULT 1
) WITH (fillfactor = 50);

-- reference_bump(): statement trigger; its one argument is the topic to count up.
CREATE FUNCTION reference_bump() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO reference_versions AS r (topic) VALUES (TG_ARGV[0])
    ON CONFLICT (topic) DO UPDATE SET version = r.version + 1;
    RETURN NULL;
END $$;

-- events: outbox. A row is written in the transaction of the change it tells of.
-- The primary key is the reading order: (xid, id) is monotone for a reader that stops
-- below the oldest running transaction, which plain sequence numbers are not.
CREATE TABLE events (
    id         bigserial,
    xid        xid8 NOT NULL DEFAULT pg_current_xact_id(),
    topic      text NOT NULL,
    key        text NOT NULL,
    payload    jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (xid, id)
);

-- event_publish(topic, key, payload): appends one event to the running transaction.
-- topic: dotted name such as 'order.placed'; key: id of the thing it is about, as text.
CREATE FUNCTION event_publish(p_topic text, p_key text, p_payload jsonb) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO events (topic, key, payload) VALUES (p_topic, p_key, p_payload);
END $$;

-- events_after(xid, id, limit): the events behind a cursor, oldest first. Only those of
-- transactions older than every running one are shown, so a reader that remembers the last
-- (xid, id) it saw never skips one that commits late. Start with ('0', 0).
CREATE FUNCTION events_after(p_xid xid8, p_id bigint, p_limit int DEFAULT 500)
RETURNS SETOF events LANGUAGE sql STABLE AS $$
    SELECT * FROM events
    WHERE (xid, id) > (p_xid, p_id) AND xid < pg_snapshot_xmin(pg_current_snapshot())
    ORDER BY xid, id LIMIT p_limit
$$;

-- events_cursor(): where a reader that wants only what comes from now on starts.
CREATE FUNCTION events_cursor(OUT xid xid8, OUT id bigint) LANGUAGE sql STABLE AS $$
    SELECT xid, id FROM (
        SELECT xid, id FROM events WHERE xid < pg_snapshot_xmin(pg_current_snapshot())
        ORDER BY xid DESC, id DESC LIMIT 1) last
    UNION ALL SELECT '0'::xid8, 0::bigint
    LIMIT 1
$$;

-- events_prune(age): drops events older than age; returns how many. A housekeeping job.
CREATE FUNCTION events_prune(p_age interval) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE n bigint;
BEGIN
    DELETE FROM events WHERE created_at < now() - p_age;
    GET DIAGNOSTICS n = ROW_COUNT;
    RETURN n;
END $$;

-- refuse(status, code, text): raises the domain error of that HTTP status and code.
CREATE FUNCTION refuse(p_status int, p_code text, p_text text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'KN' || p_status, MESSAGE = p_code, DETAIL = p_text;
END $$;

-- refuse_duplicate(constraint): turns a unique violation into 409 with the constraint's name
-- as code; any other constraint is passed on as the defect it is.
CREATE FUNCTION refuse_duplicate(p_constraint text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF p_constraint LIKE '%\_taken' THEN
        PERFORM refuse(409, p_constraint,
            initcap(replace(replace(p_constraint, '_taken', ''), '_', ' ')) || ' is already in use');
    END IF;
    RAISE EXCEPTION USING ERRCODE = 'unique_violation',
        MESSAGE = 'duplicate key violates "' || p_constraint || '"';
END $$;

-- changes_pick(changes, nullable, required): the known keys of a partial update. A null is
-- kept (it clears) for nullable keys and dropped for required ones; other keys are ignored.
CREATE FUNCTION changes_pick(p_changes jsonb, p_nullable text[], p_required text[])
RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(jsonb_object_agg(key, value), '{}')
    FROM jsonb_each(p_changes)
    WHERE key = ANY (p_nullable) OR (key = ANY (p_required) AND value <> 'null')
$$;

-- utc_text(time): RFC 3339 with milliseconds and Z, for JSON that SQL finishes itself.
CREATE FUNCTION utc_text(p_at timestamptz) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT to_char(p_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
$$;
