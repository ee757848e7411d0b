-- SPDX-License-Identifier: BSD-3-Clause
-- Tables: the dining room.

CREATE TABLE dining_tables (
    id               uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    table_number     varchar(20) NOT NULL,
    seating_capacity int NOT NULL DEFAULT 4 CHECK (seating_capacity BETWEEN 1 AND 20),
    location         varchar(50),
    is_occupied      boolean NOT NULL DEFAULT false,
    qr_code          varchar(50),
    created_at       timestamptz NOT NULL DEFAULT now(),
    updated_at       timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50); -- occupancy flips all day: leave room for HOT updates
CREATE UNIQUE INDEX table_number_taken ON dining_tables (table_number);
CREATE UNIQUE INDEX qr_code_taken ON dining_tables (qr_code);

-- table_ref: what other modules show of a table.
CREATE VIEW table_ref AS
    SELECT id, table_number, location, seating_capacity FROM dining_tables;

CREATE TRIGGER tables_changed
    AFTER INSERT OR DELETE OR TRUNCATE
       OR UPDATE OF table_number, location, seating_capacity, qr_code ON dining_tables
    FOR EACH STATEMENT EXECUTE FUNCTION reference_bump('tables');
INSERT INTO reference_versions (topic) VALUES ('tables') ON CONFLICT DO NOTHING;

-- table_key(id): advisory lock of one table. Orders that seat guests share it, whoever frees
-- or deletes the table holds it alone; so guests ordering twice at once do not wait for each
-- other, and a table is never freed under an order that is being placed.
CREATE FUNCTION table_key(p_id uuid) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT hashtextextended($1::text, 40)
$$;

-- table_hold(id): for placing an order. Waits for a freeing in progress, then keeps the
-- table from being freed or deleted until the transaction ends. Returns whether it exists.
CREATE FUNCTION table_hold(p_id uuid) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(table_key(p_id));
    RETURN EXISTS (SELECT FROM dining_tables WHERE id = p_id);
END $$;

-- table_lock(id): the table alone, until the transaction ends. Returns whether it exists.
CREATE FUNCTION table_lock(p_id uuid) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(table_key(p_id));
    PERFORM FROM dining_tables WHERE id = p_id FOR NO KEY UPDATE;
    RETURN FOUND;
END $$;

-- table_occupy(id): guests sit down. Writes nothing when they already do.
CREATE FUNCTION table_occupy(p_id uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE dining_tables SET is_occupied = true, updated_at = now()
    WHERE id = p_id AND NOT is_occupied;
END $$;

-- table_release(id): the table is free again.
CREATE FUNCTION table_release(p_id uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE dining_tables SET is_occupied = false, updated_at = now()
    WHERE id = p_id AND is_occupied;
END $$;

-- table_slug(number): a free qr_code, 'table-' + the number in lower case, with what does not
-- belong in a URL turned into dashes; '-2', '-3' ... follow when it is in use.
CREATE FUNCTION table_slug(p_number text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    base text := 'table-' || trim(BOTH '-' FROM regexp_replace(lower(p_number), '[^a-z0-9]+', '-', 'g'));
    slug text := base;
    n int := 1;
BEGIN
    WHILE EXISTS (SELECT FROM dining_tables WHERE qr_code = slug) LOOP
        n := n + 1;
        slug := base || '-' || n;
    END LOOP;
    RETURN slug;
END $$;

-- table_wish(values): is_occupied as asked for: the key itself, else 'occupied'/'available'
-- in status; null when neither says anything (reserved and maintenance carry no meaning).
CREATE FUNCTION table_wish(p_values jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce((p_values ->> 'is_occupied')::boolean,
        CASE p_values ->> 'status' WHEN 'occupied' THEN true WHEN 'available' THEN false END)
$$;

-- table_create(values): keys table_number, seating_capacity, location, is_occupied, status,
-- qr_code (made up when absent or null).
-- Errors: 409 table_number_taken, qr_code_taken.
CREATE FUNCTION table_create(p_values jsonb) RETURNS SETOF dining_tables
LANGUAGE plpgsql AS $$
DECLARE v dining_tables; name text;
BEGIN
    v := jsonb_populate_record(NULL::dining_tables,
                               changes_pick(p_values, '{table_number,seating_capacity,location,qr_code}', '{}'));
    PERFORM pg_advisory_xact_lock(hashtextextended('kenangan.tables', 0)); -- slugs one at a time
    RETURN QUERY
    INSERT INTO dining_tables (table_number, seating_capacity, location, is_occupied, qr_code)
    VALUES (v.table_number, coalesce(v.seating_capacity, 4), nullif(v.location, ''),
            coalesce(table_wish(p_values), false),
            coalesce(nullif(v.qr_code, ''), table_slug(v.table_number)))
    RETURNING *;
EXCEPTION WHEN unique_violation THEN
    GET STACKED DIAGNOSTICS name = CONSTRAINT_NAME;
    PERFORM refuse_duplicate(name);
END $$;

-- table_update(id, changes): keys as table_create; absent keys stay, null clears location and
-- qr_code. A status that carries no meaning counts as sent but changes nothing.
-- Errors: 400 no_fields, 404 not_found, 409 table_number_taken, qr_code_taken.
CREATE FUNCTION table_update(p_id uuid, p_changes jsonb) RETURNS SETOF dining_tables
LANGUAGE plpgsql AS $$
DECLARE
    v dining_tables; name text;
    c jsonb := changes_pick(p_changes, '{location,qr_code}', '{table_number,seating_capacity,is_occupied}');
BEGIN
    IF c = '{}' AND NOT p_changes ? 'status' THEN
        PERFORM refuse(400, 'no_fields', 'Nothing to change was sent');
    END IF;
    SELECT * INTO v FROM dining_tables WHERE id = p_id FOR UPDATE;
    IF NOT FOUND THEN
        PERFORM refuse(404, 'not_found', 'Table not found');
    END IF;
    v := jsonb_populate_record(v, c);
    RETURN QUERY
    UPDATE dining_tables SET table_number = v.table_number, seating_capacity = v.seating_capacity,
        location = nullif(v.location, ''), qr_code = nullif(v.qr_code, ''),
        is_occupied = coalesce(table_wish(p_changes), v.is_occupied), updated_at = now()
    WHERE id = p_id RETURNING *;
EXCEPTION WHEN unique_violation THEN
    GET STACKED DIAGNOSTICS name = CONSTRAINT_NAME;
    PERFORM refuse_duplicate(name);
END $$;

-- table_delete(id): old orders lose the reference.
-- Errors: 400 table_has_active_orders, 404 not_found.
CREATE FUNCTION table_delete(p_id uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF NOT table_lock(p_id) THEN
        PERFORM refuse(404, 'not_found', 'Table not found');
    END IF;
    IF orders_open_at(p_id) THEN
        PERFORM refuse(400, 'table_has_active_orders', 'This table still has open orders');
    END IF;
    PERFORM orders_forget_table(p_id);
    DELETE FROM dining_tables WHERE id = p_id;
END $$;
