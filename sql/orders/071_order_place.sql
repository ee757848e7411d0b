-- SPDX-License-Identifier: BSD-3-Clause
-- Placing an order: the hottest write of the house.

-- order_bill(subtotal): what is charged on a sum of lines, in rupiah with two decimals: tax
-- is subtotal x tax_rate / 100, half up (11 percent when the setting is unreadable); there is
-- no discount; total = subtotal + tax.
CREATE FUNCTION order_bill(p_subtotal numeric, OUT subtotal numeric, OUT tax_amount numeric,
                           OUT discount_amount numeric, OUT total_amount numeric)
LANGUAGE plpgsql STABLE AS $$
BEGIN
    subtotal := p_subtotal;
    tax_amount := round(p_subtotal * setting_number('tax_rate', 11) / 100, 2);
    discount_amount := 0;
    total_amount := subtotal + tax_amount - discount_amount;
END $$;

-- order_number_next(channel): 'ORD' yyyymmdd nnnn for staff, 'QR' yymmdd '-' nnnn for guests;
-- the day is the restaurant's. Both draw on one count, so the last four characters the
-- screens show are distinct too; past 9999 the number grows a digit.
CREATE FUNCTION order_number_next(p_channel text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    today date := restaurant_today();
    first bigint := (SELECT base FROM order_counters WHERE day = today);
    n bigint;
    digits text;
BEGIN
    IF first IS NULL THEN
        INSERT INTO order_counters (day, base) VALUES (today, nextval('order_number_seq'))
        ON CONFLICT DO NOTHING;
        SELECT base INTO STRICT first FROM order_counters WHERE day = today;
    END IF;
    n := nextval('order_number_seq') - first;
    digits := lpad(n::text, greatest(4, length(n::text)), '0');
    IF p_channel = 'qr' THEN
        RETURN 'QR' || to_char(today, 'YYMMDD') || '-' || digits;
    END IF;
    RETURN 'ORD' || to_char(today, 'YYYYMMDD') || digits;
END $$;

-- order_claim(caller, key, digest, id): id when this request is new; else the id of the order
-- it led to before. Two of the same at once: the second waits for the first's outcome here,
-- and nobody else does.
-- Errors: 422 idempotency_key_reused.
CREATE FUNCTION order_claim(p_caller text, p_key text, p_digest text, p_order uuid)
RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE claimed order_requests; k text := coalesce(':' || p_key, '=' || p_digest);
BEGIN
    INSERT INTO order_requests AS r (caller, request_key, digest, order_id, created_at)
    VALUES (p_caller, k, p_digest, p_order, clock_timestamp())
    ON CONFLICT (caller, request_key) DO UPDATE
        SET order_id = excluded.order_id, created_at = excluded.created_at
        WHERE p_key IS NULL AND r.created_at < excluded.created_at - interval '10 s'
    RETURNING * INTO claimed;
    IF FOUND THEN
        RETURN p_order;
    END IF;
    SELECT * INTO STRICT claimed FROM order_requests WHERE caller = p_caller AND request_key = k;
    IF claimed.digest <> p_digest THEN
        PERFORM refuse(422, 'idempotency_key_reused', 'This Idempotency-Key was used for another order');
    END IF;
    RETURN claimed.order_id;
END $$;

-- order_check(channel, type, table, products, quantities): what can be refused before anything
-- is read, in the contract's order.
-- Errors: 400 empty_order, invalid_order_type, invalid_quantity, table_required_for_dine_in;
-- for guests 400 table_id_required, items_required, invalid_quantity.
CREATE FUNCTION order_check(p_channel text, p_type text, p_table uuid, p_products uuid[],
                            p_quantities int[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE guests boolean := p_channel = 'qr'; n int := coalesce(cardinality(p_products), 0);
BEGIN
    IF guests AND p_table IS NULL THEN
        PERFORM refuse(400, 'table_id_required', 'table_id is required');
    END IF;
    IF n = 0 THEN
        PERFORM refuse(400, CASE WHEN guests THEN 'items_required' ELSE 'empty_order' END,
                       'An order needs at least one item');
    END IF;
    IF p_type IS NULL OR p_type NOT IN ('dine_in', 'takeout', 'delivery') THEN
        PERFORM refuse(400, 'invalid_order_type', 'order_type must be dine_in, takeout or delivery');
    END IF;
    IF cardinality(p_quantities) IS DISTINCT FROM n OR array_position(p_quantities, NULL) IS NOT NULL
       OR 1 > ANY (p_quantities) OR 1000 < ANY (p_quantities) THEN
        PERFORM refuse(400, 'invalid_quantity', 'quantity must be between 1 and 1000');
    END IF;
    IF p_type = 'dine_in' AND p_table IS NULL THEN
        PERFORM refuse(400, 'table_required_for_dine_in', 'A dine-in order needs a table');
    END IF;
END $$;

-- order_prices(channel, products): the unit price of each line in rupiah, held until the
-- transaction ends.
-- Errors: 400 product_not_found, product_not_available (guests get the first for both).
CREATE FUNCTION order_prices(p_channel text, p_products uuid[]) RETURNS numeric[]
LANGUAGE plpgsql AS $$
DECLARE prices numeric[]; missing boolean; unavailable boolean;
BEGIN
    SELECT array_agg(m.price ORDER BY l.line),
           bool_or(m.id IS NULL OR m.is_deleted), bool_or(NOT m.is_available)
    INTO prices, missing, unavailable
    FROM unnest(p_products) WITH ORDINALITY AS l (product_id, line)
    LEFT JOIN menu_lock_products(p_products) m ON m.id = l.product_id;
    IF missing OR (unavailable AND p_channel = 'qr') THEN
        PERFORM refuse(400, 'product_not_found', 'A product of this order does not exist');
    ELSIF unavailable THEN
        PERFORM refuse(400, 'product_not_available', 'A product of this order is not available');
    END IF;
    RETURN prices;
END $$;

-- order_place(channel, caller, caller role, user, type, table, customer, notes, products,
--             quantities, instructions, request key, request digest): places an order and
-- returns it line by line (is_repeat: it had been placed before by the same request).
-- channel 'staff' or 'qr'; caller: any text that stands for one client (user id, or address);
-- products, quantities and instructions are parallel; request key: the Idempotency-Key header
-- or null, when the same digest from the same caller within 10 s counts as the same request.
-- Texts come trimmed and within their lengths.
-- Errors: those of order_check, order_prices, order_claim; 400 table_not_found;
-- 403 insufficient_permissions.
CREATE FUNCTION order_place(p_channel text, p_caller text, p_caller_role text, p_user uuid,
    p_order_type text, p_table uuid, p_customer text, p_notes text,
    p_products uuid[], p_quantities int[], p_instructions text[],
    p_request_key text, p_request_digest text)
RETURNS SETOF order_line LANGUAGE plpgsql AS $$
DECLARE
    new_id uuid := gen_random_uuid();
    known uuid;
    kind text := CASE WHEN p_channel = 'qr' OR p_caller_role = 'server' THEN 'dine_in' ELSE p_order_type END;
    staff uuid := CASE WHEN p_channel = 'staff' THEN p_user END;
    number text;
    prices numeric[];
    bill record;
BEGIN
    IF p_channel = 'staff' AND p_caller_role = 'kitchen' THEN
        PERFORM refuse(403, 'insufficient_permissions', 'Kitchen accounts do not place orders');
    END IF;
    PERFORM order_check(p_channel, kind, p_table, p_products, p_quantities);
    known := order_claim(p_caller, p_request_key, p_request_digest, new_id);
    IF known <> new_id THEN
        RETURN QUERY SELECT * FROM order_lines(known, true);
        RETURN;
    END IF;
    IF p_table IS NOT NULL AND NOT table_hold(p_table) THEN
        PERFORM refuse(400, 'table_not_found', 'Table not found');
    END IF;
    prices := order_prices(p_channel, p_products);
    bill := order_bill((SELECT sum(price * quantity)
                        FROM unnest(prices, p_quantities) AS l (price, quantity)));
    number := order_number_next(p_channel);
    INSERT INTO orders (id, order_number, table_id, user_id, customer_name, order_type, status,
                        subtotal, tax_amount, discount_amount, total_amount, notes)
    VALUES (new_id, number, p_table, staff, p_customer, kind, 'pending', bill.subtotal,
            bill.tax_amount, bill.discount_amount, bill.total_amount, p_notes);
    RETURN QUERY
    WITH i AS (
        INSERT INTO order_items (order_id, line, product_id, quantity, unit_price, total_price,
                                 special_instructions)
        SELECT new_id, l.line, l.product_id, l.quantity, l.price, l.price * l.quantity, l.instructions
        FROM unnest(p_products, p_quantities, prices, p_instructions)
             WITH ORDINALITY AS l (product_id, quantity, price, instructions, line)
        WHERE l.product_id IS NOT NULL
        RETURNING *)
    SELECT new_id, number, p_table, staff, p_customer, kind, 'pending', bill.subtotal,
        bill.tax_amount, bill.discount_amount, bill.total_amount, p_notes, now(), now(),
        NULL::timestamptz, NULL::timestamptz,
        'unpaid', NULL::text, '[]', false,
        i.id, i.product_id, i.quantity, i.unit_price::numeric, i.total_price::numeric,
        i.special_instructions::text, i.status, i.created_at, i.updated_at
    FROM i ORDER BY i.line;
    INSERT INTO order_status_history (order_id, new_status, changed_by)
    VALUES (new_id, 'pending', staff);
    PERFORM event_publish('order.placed', new_id::text,
        jsonb_build_object('order_number', number, 'status', 'pending', 'table_id', p_table));
    PERFORM notify_role('{kitchen}', 'order_update', 'New order', 'Order ' || number || ' is waiting', new_id);
    IF kind = 'dine_in' THEN
        PERFORM table_occupy(p_table);
    END IF;
    PERFORM inventory_consume(new_id, p_products, p_quantities);
END $$;
