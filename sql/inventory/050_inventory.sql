-- SPDX-License-Identifier: BSD-3-Clause
-- Inventory: ingredients with recipes (raw materials, two decimals) and product stock (whole
-- units, independent of orders).

CREATE TABLE ingredients (
    id                uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name              varchar(100) NOT NULL,
    description       text,
    unit              varchar(20) NOT NULL,
    current_stock     numeric(12,2) NOT NULL DEFAULT 0, -- may go negative: an order is never blocked
    minimum_stock     numeric(12,2) NOT NULL DEFAULT 0 CHECK (minimum_stock >= 0),
    maximum_stock     numeric(12,2) NOT NULL DEFAULT 0 CHECK (maximum_stock >= 0),
    unit_cost         numeric(12,2) NOT NULL DEFAULT 0 CHECK (unit_cost >= 0), -- rupiah per unit
    supplier          varchar(200),
    last_restocked_at timestamptz,
    is_active         boolean NOT NULL DEFAULT true,
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 30); -- every order updates a few of these rows in place
CREATE UNIQUE INDEX ingredient_name_taken ON ingredients (lower(name));

-- product_ingredients: recipes. Rows of a deleted product stay and stop mattering.
CREATE TABLE product_ingredients (
    id                uuid NOT NULL DEFAULT gen_random_uuid(),
    product_id        uuid NOT NULL REFERENCES products ON DELETE CASCADE,
    ingredient_id     uuid NOT NULL REFERENCES ingredients ON DELETE RESTRICT,
    quantity_required numeric(12,2) NOT NULL CHECK (quantity_required >= 0.01),
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (product_id, ingredient_id) INCLUDE (quantity_required)
);
CREATE INDEX product_ingredients_ingredient ON product_ingredients (ingredient_id);

-- ingredient_history: one row per change of stock. quantity is never negative; operation says
-- which way. seq orders changes of one transaction.
CREATE TABLE ingredient_history (
    id             uuid NOT NULL DEFAULT gen_random_uuid(),
    ingredient_id  uuid NOT NULL,
    seq            bigint GENERATED ALWAYS AS IDENTITY,
    operation      text NOT NULL CHECK (operation IN ('add', 'remove', 'restock', 'usage',
                       'spoilage', 'adjustment', 'order_consumption', 'order_cancellation')),
    quantity       numeric(12,2) NOT NULL,
    previous_stock numeric(12,2) NOT NULL,
    new_stock      numeric(12,2) NOT NULL,
    reason         text NOT NULL DEFAULT '',
    notes          text,
    adjusted_by    uuid,
    order_id       uuid,
    created_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (ingredient_id, seq)
);

-- order_consumption: what an order took, as parallel arrays; one row and one index entry per
-- order instead of an index over all history. settled: subtracted from the ingredients.
-- restored_at is set once, on cancellation.
CREATE TABLE order_consumption (
    order_id       uuid PRIMARY KEY,
    ingredient_ids uuid[] NOT NULL,
    quantities     numeric[] NOT NULL,
    settled        boolean NOT NULL,
    restored_at    timestamptz
) WITH (fillfactor = 85);
CREATE INDEX order_consumption_unsettled ON order_consumption (order_id) WHERE NOT settled;

CREATE TABLE product_inventory (
    product_id     uuid PRIMARY KEY REFERENCES products ON DELETE CASCADE,
    current_stock  int NOT NULL DEFAULT 0 CHECK (current_stock >= 0),
    min_stock      int NOT NULL DEFAULT 10 CHECK (min_stock >= 0),
    max_stock      int NOT NULL DEFAULT 100 CHECK (max_stock >= 0),
    last_restocked timestamptz,
    updated_at     timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE inventory_history (
    id             uuid NOT NULL DEFAULT gen_random_uuid(),
    product_id     uuid NOT NULL REFERENCES products ON DELETE CASCADE,
    seq            bigint GENERATED ALWAYS AS IDENTITY,
    operation      text NOT NULL CHECK (operation IN ('add', 'remove')),
    quantity       int NOT NULL CHECK (quantity > 0),
    previous_stock int NOT NULL,
    new_stock      int NOT NULL,
    reason         text NOT NULL CHECK (reason IN ('purchase', 'sale', 'spoilage',
                       'manual_adjustment', 'inventory_count', 'return', 'damage', 'theft', 'expired')),
    notes          text,
    adjusted_by    uuid,
    created_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (product_id, seq)
);

-- ingredient_stock: what is in the store room this instant: the settled stock less what
-- orders took that nobody has subtracted yet (see inventory_consume). Reads use this view.
CREATE VIEW ingredient_stock AS
    WITH open AS (
        SELECT u.id, sum(u.amount) AS amount
        FROM order_consumption c, unnest(c.ingredient_ids, c.quantities) AS u (id, amount)
        WHERE NOT c.settled GROUP BY u.id)
    SELECT i.id, i.current_stock - coalesce(open.amount, 0) AS current_stock
    FROM ingredients i LEFT JOIN open ON open.id = i.id;

-- inventory_key(): advisory lock of whoever changes several ingredients at once.
CREATE FUNCTION inventory_key() RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT 6501845250::bigint';

-- inventory_tell(names): ingredients that fell below their minimum just now, to admins and
-- managers. names may be null.
CREATE FUNCTION inventory_tell(p_names text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY coalesce(p_names, '{}') LOOP
        PERFORM notify_role('{admin,manager}', 'low_stock', 'Low stock',
                            name || ' has fallen below its minimum', NULL);
        PERFORM event_publish('stock.low', name, jsonb_build_object('ingredient', name));
    END LOOP;
END $$;

-- inventory_move(order, ingredient ids, amounts, sign, operation, reason): adds sign x amount
-- to each ingredient, with its history row. ids are distinct; the caller holds inventory_key.
CREATE FUNCTION inventory_move(p_order uuid, p_ids uuid[], p_amounts numeric[], p_sign int,
                               p_operation text, p_reason text)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE crossed text[];
BEGIN
    WITH moved AS (
        UPDATE ingredients i SET current_stock = i.current_stock + p_sign * n.amount
        FROM unnest(p_ids, p_amounts) AS n (id, amount) WHERE i.id = n.id
        RETURNING i.id, i.name, i.minimum_stock, n.amount, i.current_stock AS now_stock,
                  i.current_stock - p_sign * n.amount AS was_stock
    ), told AS (
        INSERT INTO ingredient_history
            (ingredient_id, operation, quantity, previous_stock, new_stock, reason, order_id)
        SELECT id, p_operation, amount, was_stock, now_stock, p_reason, p_order FROM moved
    )
    SELECT array_agg(name) INTO crossed FROM moved
    WHERE now_stock < minimum_stock AND was_stock >= minimum_stock;
    IF crossed IS NOT NULL THEN
        PERFORM inventory_tell(crossed);
    END IF;
END $$;

-- inventory_move_many(orders, ingredient ids, amounts): the same for what many orders took,
-- one update per ingredient, the history as if the orders had come one by one. The arrays are
-- parallel.
CREATE FUNCTION inventory_move_many(p_orders uuid[], p_ids uuid[], p_amounts numeric[])
RETURNS void LANGUAGE plpgsql AS $$
DECLARE crossed text[];
BEGIN
    WITH lines AS MATERIALIZED (
        SELECT order_id, id, amount, sum(amount) OVER (PARTITION BY id ORDER BY place) AS upto,
               sum(amount) OVER (PARTITION BY id) AS total, place
        FROM unnest(p_orders, p_ids, p_amounts) WITH ORDINALITY AS u (order_id, id, amount, place)
    ), moved AS (
        UPDATE ingredients i SET current_stock = i.current_stock - t.total
        FROM (SELECT DISTINCT id, total FROM lines) AS t WHERE i.id = t.id
        RETURNING i.id, i.name, i.minimum_stock, i.current_stock AS now_stock,
                  i.current_stock + t.total AS was_stock
    ), told AS (
        INSERT INTO ingredient_history
            (ingredient_id, operation, quantity, previous_stock, new_stock, reason, order_id)
        SELECT l.id, 'order_consumption', l.amount, m.was_stock - (l.upto - l.amount),
               m.was_stock - l.upto, 'Order placed', l.order_id
        FROM lines l JOIN moved m ON m.id = l.id ORDER BY l.place
    )
    SELECT array_agg(m.name) INTO crossed FROM moved m
    WHERE m.now_stock < m.minimum_stock AND m.was_stock >= m.minimum_stock;
    PERFORM inventory_tell(crossed);
END $$;

-- inventory_settle(limit): subtracts what up to limit orders have left unsettled; returns how
-- many orders. Waits for inventory_key and keeps it. Run by the agent every second, and
-- before any other change of stock.
CREATE FUNCTION inventory_settle(p_limit int DEFAULT 1000) RETURNS int LANGUAGE plpgsql AS $$
DECLARE done int; orders uuid[]; ids uuid[]; amounts numeric[];
BEGIN
    PERFORM pg_advisory_xact_lock(inventory_key());
    IF NOT EXISTS (SELECT FROM order_consumption WHERE NOT settled) THEN
        RETURN 0;
    END IF;
    WITH took AS (
        UPDATE order_consumption c SET settled = true
        FROM (SELECT order_id FROM order_consumption WHERE NOT settled LIMIT p_limit) AS left_over
        WHERE c.order_id = left_over.order_id
        RETURNING c.order_id, c.ingredient_ids, c.quantities
    )
    SELECT count(DISTINCT took.order_id), array_agg(took.order_id), array_agg(u.id), array_agg(u.amount)
    INTO done, orders, ids, amounts
    FROM took, unnest(took.ingredient_ids, took.quantities) AS u (id, amount);
    PERFORM inventory_move_many(orders, ids, amounts);
    RETURN done;
END $$;

-- inventory_consume(order, products, quantities): deducts recipe x quantity, summed per
-- ingredient. Nearly all orders share some ingredient, so subtracting at once would let them
-- through one commit at a time. Instead nobody waits: an order that finds the store room free
-- subtracts its own and a few that others left, in this transaction; one that finds it busy
-- leaves its row unsettled for the next. ingredient_stock is exact either way.
CREATE FUNCTION inventory_consume(p_order uuid, p_products uuid[], p_quantities int[])
RETURNS void LANGUAGE plpgsql AS $$
DECLARE ids uuid[]; amounts numeric[]; mine boolean;
BEGIN
    SELECT array_agg(ingredient_id ORDER BY ingredient_id), array_agg(amount ORDER BY ingredient_id)
    INTO ids, amounts
    FROM (SELECT r.ingredient_id, sum(r.quantity_required * l.quantity) AS amount
          FROM unnest(p_products, p_quantities) AS l (product_id, quantity)
          JOIN product_ingredients r ON r.product_id = l.product_id
          GROUP BY r.ingredient_id) AS need;
    IF ids IS NULL THEN
        RETURN;
    END IF;
    mine := pg_try_advisory_xact_lock(inventory_key());
    INSERT INTO order_consumption (order_id, ingredient_ids, quantities, settled)
    VALUES (p_order, ids, amounts, mine);
    IF mine THEN
        PERFORM inventory_settle(32);
        PERFORM inventory_move(p_order, ids, amounts, -1, 'order_consumption', 'Order placed');
    END IF;
END $$;

-- inventory_restore(order): gives back exactly what the order took, once.
CREATE FUNCTION inventory_restore(p_order uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE took order_consumption;
BEGIN
    WHILE inventory_settle() > 0 LOOP
        NULL; -- the order's own consumption comes first in the history
    END LOOP;
    UPDATE order_consumption SET restored_at = now()
    WHERE order_id = p_order AND restored_at IS NULL
    RETURNING * INTO took;
    IF FOUND THEN
        PERFORM inventory_move(p_order, took.ingredient_ids, took.quantities, 1,
                               'order_cancellation', 'Order cancelled');
    END IF;
END $$;
