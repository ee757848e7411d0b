-- SPDX-License-Identifier: BSD-3-Clause
-- Orders: tables and what reads them. Locks are always taken in this order: request claim,
-- order row, dining table, menu, store room (the one all orders share, so the last).

CREATE TABLE orders (
    id              uuid PRIMARY KEY,
    order_number    varchar(20) NOT NULL,
    table_id        uuid,
    user_id         uuid, -- null: placed by guests
    customer_name   varchar(100),
    order_type      text NOT NULL CHECK (order_type IN ('dine_in', 'takeout', 'delivery')),
    status          text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'confirmed',
                        'preparing', 'ready', 'served', 'completed', 'cancelled')),
    subtotal        numeric(12,2) NOT NULL,
    tax_amount      numeric(12,2) NOT NULL,
    discount_amount numeric(12,2) NOT NULL DEFAULT 0,
    total_amount    numeric(12,2) NOT NULL,
    notes           varchar(1000),
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    served_at       timestamptz,
    completed_at    timestamptz
) WITH (fillfactor = 85);
CREATE UNIQUE INDEX orders_number ON orders (order_number);
CREATE INDEX idx_orders_created_at ON orders (created_at DESC, id DESC);
CREATE INDEX idx_orders_status ON orders (status, created_at DESC, id DESC);
-- The open ones: kitchen queue, table state. Stays tiny however many orders are closed.
CREATE INDEX orders_open ON orders (created_at, id)
    WHERE status IN ('pending', 'confirmed', 'preparing', 'ready', 'served');

CREATE TABLE order_items (
    id                   uuid NOT NULL DEFAULT gen_random_uuid(),
    order_id             uuid NOT NULL REFERENCES orders ON DELETE CASCADE,
    line                 smallint NOT NULL, -- position in the order, from 1
    product_id           uuid NOT NULL,
    quantity             int NOT NULL CHECK (quantity BETWEEN 1 AND 1000),
    unit_price           numeric(12,2) NOT NULL,
    total_price          numeric(12,2) NOT NULL,
    special_instructions varchar(500),
    status               text NOT NULL DEFAULT 'pending'
                             CHECK (status IN ('pending', 'preparing', 'ready', 'served')),
    created_at           timestamptz NOT NULL DEFAULT now(),
    updated_at           timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (order_id, line) -- items are always reached through their order
) WITH (fillfactor = 85);

CREATE TABLE order_status_history (
    id              uuid NOT NULL DEFAULT gen_random_uuid(),
    order_id        uuid NOT NULL REFERENCES orders ON DELETE CASCADE,
    seq             bigint GENERATED ALWAYS AS IDENTITY,
    previous_status text NOT NULL DEFAULT '', -- '' at creation
    new_status      text NOT NULL,
    changed_by      uuid, -- null: guests or the system
    notes           varchar(1000),
    created_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (order_id, seq)
);

-- Numbers count from one each day, yet no order waits for another: all draw from one
-- sequence, and order_counters remembers where it stood when the day's first order came.
-- A number drawn by a failed order is lost, never used twice.
CREATE SEQUENCE order_number_seq;
CREATE TABLE order_counters (
    day  date PRIMARY KEY, -- in the restaurant's zone
    base bigint NOT NULL
);

-- order_requests: what has been asked for already, by caller. request_key is ':' followed by
-- the Idempotency-Key header, or '=' followed by the body's digest when there was none.
CREATE TABLE order_requests (
    caller      text NOT NULL,
    request_key text NOT NULL,
    digest      text NOT NULL,
    order_id    uuid NOT NULL,
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (caller, request_key)
);

-- order_closures: +1 for each order that reached a final status, not yet added to
-- order_tallies. Together they count closed orders without looking at them.
CREATE TABLE order_closures (status text NOT NULL);
CREATE TABLE order_tallies (
    status text PRIMARY KEY CHECK (status IN ('completed', 'cancelled')),
    total  bigint NOT NULL DEFAULT 0
);
INSERT INTO order_tallies (status) VALUES ('completed'), ('cancelled');

-- open_orders: every order that is neither completed nor cancelled.
CREATE VIEW open_orders AS
    SELECT * FROM orders WHERE status IN ('pending', 'confirmed', 'preparing', 'ready', 'served');

-- table_orders: the newest open order of each table that has one.
CREATE VIEW table_orders AS
    SELECT DISTINCT ON (table_id) * FROM open_orders
    WHERE table_id IS NOT NULL ORDER BY table_id, created_at DESC, id DESC;

-- order_line: one item of an order with the order's own columns repeated, as the replies to
-- single-order requests need it. Money in rupiah; payments is finished JSON, oldest first. The
-- names of tables, staff and products are not in it: the workers hold them in memory.
CREATE TYPE order_line AS (
    order_id uuid, order_number text, table_id uuid, user_id uuid, customer_name text,
    order_type text, status text,
    subtotal numeric, tax_amount numeric, discount_amount numeric, total_amount numeric,
    notes text, created_at timestamptz, updated_at timestamptz,
    served_at timestamptz, completed_at timestamptz,
    payment_status text, payment_method text, payments text, is_repeat boolean,
    item_id uuid, product_id uuid, quantity int, unit_price numeric, total_price numeric,
    special_instructions text, item_status text,
    item_created_at timestamptz, item_updated_at timestamptz
);

-- order_lines(order, repeat): the order_line rows of one order, by line; no row when there is
-- no such order. repeat is handed through to is_repeat.
CREATE FUNCTION order_lines(p_order uuid, p_repeat boolean DEFAULT false)
RETURNS SETOF order_line LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN QUERY
    SELECT o.id, o.order_number::text, o.table_id, o.user_id, o.customer_name::text,
        o.order_type, o.status,
        o.subtotal::numeric, o.tax_amount::numeric, o.discount_amount::numeric,
        o.total_amount::numeric, o.notes::text, o.created_at, o.updated_at,
        o.served_at, o.completed_at,
        pay.payment_status, pay.payment_method, pay.payments, p_repeat,
        i.id, i.product_id, i.quantity, i.unit_price::numeric, i.total_price::numeric,
        i.special_instructions::text, i.status, i.created_at, i.updated_at
    FROM orders o
    CROSS JOIN LATERAL payments_of(o.id, o.total_amount) AS pay
    LEFT JOIN order_items i ON i.order_id = o.id
    WHERE o.id = p_order
    ORDER BY i.line;
END $$;

-- orders_total(statuses): how many orders have one of these statuses (null: all), exact, at a
-- cost that grows with the open orders only. Unknown words count nothing.
CREATE FUNCTION orders_total(p_statuses text[] DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT count(*) FROM open_orders WHERE p_statuses IS NULL OR status = ANY (p_statuses))
         + (SELECT count(*) FROM order_closures WHERE p_statuses IS NULL OR status = ANY (p_statuses))
         + (SELECT coalesce(sum(total), 0) FROM order_tallies
            WHERE p_statuses IS NULL OR status = ANY (p_statuses));
END $$;

-- orders_tally(): adds the closures to the tallies. A housekeeping job, every minute or so.
CREATE FUNCTION orders_tally() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM order_tallies ORDER BY status FOR NO KEY UPDATE;
    WITH gone AS (DELETE FROM order_closures RETURNING status),
         sums AS (SELECT status, count(*) AS n FROM gone GROUP BY status)
    UPDATE order_tallies t SET total = t.total + s.n FROM sums s WHERE s.status = t.status;
END $$;

-- orders_recount(): counts everything anew; for use after orders were loaded in bulk.
CREATE FUNCTION orders_recount() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    LOCK TABLE order_closures, orders IN SHARE ROW EXCLUSIVE MODE;
    DELETE FROM order_closures;
    UPDATE order_tallies t SET total = (SELECT count(*) FROM orders o WHERE o.status = t.status);
END $$;

-- orders_open_at(table): whether an open order sits there.
CREATE FUNCTION orders_open_at(p_table uuid) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN EXISTS (SELECT FROM open_orders WHERE table_id = p_table);
END $$;

-- orders_forget_table(table): old orders lose the reference to a table about to be deleted.
CREATE FUNCTION orders_forget_table(p_table uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE orders SET table_id = NULL WHERE table_id = p_table;
END $$;

-- orders_by_user_exist(user): whether this user ever created an order. Reads the whole table
-- when not: an index for this rare question would cost every order.
CREATE FUNCTION orders_by_user_exist(p_user uuid) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN EXISTS (SELECT FROM orders WHERE user_id = p_user);
END $$;

-- order_requests_prune(age): forgets requests nobody will repeat any more; returns how many.
CREATE FUNCTION order_requests_prune(p_age interval DEFAULT '24 hours') RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE n bigint;
BEGIN
    DELETE FROM order_requests
    WHERE created_at < now() - CASE WHEN request_key LIKE '=%' THEN least(p_age, '10 minutes')
                                    ELSE p_age END;
    GET DIAGNOSTICS n = ROW_COUNT;
    RETURN n;
END $$;
