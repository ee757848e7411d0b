-- SPDX-License-Identifier: BSD-3-Clause
-- Payments. Only completed rows count as paid; a guest's own claim stays pending until staff
-- or a payment provider confirm it.

CREATE TABLE payments (
    id               uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    order_id         uuid NOT NULL REFERENCES orders ON DELETE RESTRICT,
    payment_method   text NOT NULL CHECK (payment_method IN ('cash', 'credit_card', 'debit_card',
                         'digital_wallet', 'qris')),
    amount           numeric(12,2) NOT NULL CHECK (amount > 0),
    reference_number varchar(100),
    status           text NOT NULL CHECK (status IN ('pending', 'completed', 'failed', 'refunded')),
    processed_by     uuid, -- null: guests
    processed_at     timestamptz,
    created_at       timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX payments_order ON payments (order_id, created_at);
CREATE INDEX payments_user ON payments (processed_by, processed_at DESC);

-- payment_line: a payment as the API shows it, with the order's status after it. Rupiah.
CREATE TYPE payment_line AS (
    id uuid, order_id uuid, payment_method text, amount numeric, reference_number text,
    status text, processed_by uuid, processed_at timestamptz, created_at timestamptz,
    username text, first_name text, last_name text, role text, order_status text
);

-- payments_total(order): the sum of completed payments in rupiah; 0 without any.
CREATE FUNCTION payments_total(p_order uuid) RETURNS numeric LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT coalesce(sum(amount), 0) FROM payments
            WHERE order_id = p_order AND status = 'completed');
END $$;

-- payment_summary(order): the sums of one order in rupiah; no row when there is no such order.
CREATE FUNCTION payment_summary(p_order uuid)
RETURNS TABLE (order_id uuid, total_amount numeric, total_paid numeric, pending_amount numeric,
               remaining_amount numeric, is_fully_paid boolean, payment_count bigint)
LANGUAGE sql STABLE AS $$
    SELECT o.order_id, o.total_amount, p.paid, p.pending, o.total_amount - p.paid,
           o.total_amount <= p.paid, p.n
    FROM order_due(p_order) o, LATERAL (
        SELECT coalesce(sum(amount) FILTER (WHERE status = 'completed'), 0) AS paid,
               coalesce(sum(amount) FILTER (WHERE status = 'pending'), 0) AS pending,
               count(*) AS n
        FROM payments WHERE payments.order_id = p_order) p
$$;

-- payment_json(payment): one payment as the API shows it. Times are UTC.
CREATE FUNCTION payment_json(p payments) RETURNS json LANGUAGE plpgsql STABLE AS $$
DECLARE s staff_ref; r jsonb;
BEGIN
    r := jsonb_build_object('id', p.id, 'order_id', p.order_id, 'payment_method', p.payment_method,
        'amount', p.amount, 'reference_number', p.reference_number, 'status', p.status,
        'processed_by', p.processed_by, 'processed_at', utc_text(p.processed_at),
        'created_at', utc_text(p.created_at));
    SELECT * INTO s FROM staff_ref WHERE id = p.processed_by;
    IF FOUND THEN
        r := r || jsonb_build_object('processed_by_user', jsonb_build_object('id', s.id,
            'username', s.username, 'first_name', s.first_name, 'last_name', s.last_name,
            'role', s.role));
    END IF;
    RETURN r::json;
END $$;

-- payments_of(order, total): what an order's reply says about money: payment_status unpaid,
-- partial or paid; payment_method of the latest completed payment; the rows as a JSON array,
-- oldest first.
CREATE FUNCTION payments_of(p_order uuid, p_total numeric, OUT payment_status text,
                            OUT payment_method text, OUT payments text)
LANGUAGE plpgsql STABLE AS $$
DECLARE paid numeric;
BEGIN
    IF NOT EXISTS (SELECT FROM payments p WHERE p.order_id = p_order) THEN
        payment_status := 'unpaid';
        payments := '[]';
        RETURN;
    END IF;
    SELECT coalesce(sum(p.amount) FILTER (WHERE p.status = 'completed'), 0),
           (array_agg(p.payment_method ORDER BY p.processed_at DESC, p.created_at DESC)
                FILTER (WHERE p.status = 'completed'))[1],
           json_agg(payment_json(p) ORDER BY p.created_at, p.id)::text
    INTO paid, payment_method, payments
    FROM payments p WHERE p.order_id = p_order;
    payment_status := CASE WHEN paid >= p_total THEN 'paid' WHEN paid > 0 THEN 'partial' ELSE 'unpaid' END;
END $$;

-- payments_void(order): what guests claimed to have paid for a cancelled order is failed.
CREATE FUNCTION payments_void(p_order uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE payments SET status = 'failed' WHERE order_id = p_order AND status = 'pending';
END $$;

-- payment_check(method, amount): what can be refused without looking at the order.
-- Errors: 400 invalid_payment_method, invalid_amount, amount_exceeds_limit.
CREATE FUNCTION payment_check(p_method text, p_amount numeric) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF p_method IS NULL OR p_method NOT IN ('cash', 'credit_card', 'debit_card', 'digital_wallet', 'qris') THEN
        PERFORM refuse(400, 'invalid_payment_method', 'Unknown payment method');
    END IF;
    IF p_amount IS NULL OR p_amount = 'NaN' OR p_amount <= 0 OR p_amount <> round(p_amount, 2) THEN
        PERFORM refuse(400, 'invalid_amount', 'amount must be positive, with at most two decimals');
    END IF;
    IF p_amount > 50000000 THEN
        PERFORM refuse(400, 'amount_exceeds_limit', 'A single payment is at most Rp 50,000,000');
    END IF;
END $$;

-- payment_budget(user): five payments a minute per staff user; the user's payments queue up
-- behind each other so that parallel ones are counted.
-- Errors: 429 rate_limit_exceeded.
CREATE FUNCTION payment_budget(p_user uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(p_user::text, 80));
    IF (SELECT count(*) FROM payments
        WHERE processed_by = p_user AND processed_at > clock_timestamp() - interval '1 minute') >= 5 THEN
        PERFORM refuse(429, 'rate_limit_exceeded', 'At most five payments a minute; please wait');
    END IF;
END $$;

-- payment_take(order, method, amount, reference, user): staff take money. When it covers the
-- bill of a ready or served order, the order is completed. Guests' pending claims that the
-- rest of the bill no longer covers are failed.
-- Errors, in this order: those of payment_check; 429 rate_limit_exceeded; 404 order_not_found;
-- 400 invalid_order_status, order_fully_paid, amount_exceeds_balance.
CREATE FUNCTION payment_take(p_order uuid, p_method text, p_amount numeric, p_reference text, p_user uuid)
RETURNS SETOF payment_line LANGUAGE plpgsql AS $$
DECLARE o orders; due numeric; new_id uuid;
BEGIN
    PERFORM payment_check(p_method, p_amount);
    PERFORM payment_budget(p_user);
    o := order_lock(p_order);
    IF NOT order_is_open(o.status) THEN
        PERFORM refuse(400, 'invalid_order_status', 'The order is already ' || o.status);
    END IF;
    due := o.total_amount - payments_total(p_order);
    IF due <= 0 THEN
        PERFORM refuse(400, 'order_fully_paid', 'Nothing is due on this order');
    ELSIF p_amount > due THEN
        PERFORM refuse(400, 'amount_exceeds_balance', 'Only Rp ' || due || ' is due');
    END IF;
    INSERT INTO payments (order_id, payment_method, amount, reference_number, status,
                          processed_by, processed_at, created_at)
    VALUES (p_order, p_method, p_amount, p_reference, 'completed', p_user,
            clock_timestamp(), clock_timestamp())
    RETURNING payments.id INTO new_id;
    UPDATE payments SET status = 'failed'
    WHERE payments.order_id = p_order AND payments.status = 'pending' AND amount > due - p_amount;
    PERFORM event_publish('payment.taken', p_order::text,
        jsonb_build_object('payment_id', new_id, 'amount', p_amount, 'due', due - p_amount));
    IF p_amount = due THEN
        o := order_settle(o, p_user);
    END IF;
    RETURN QUERY
    SELECT p.id, p.order_id, p.payment_method, p.amount::numeric, p.reference_number::text, p.status,
           p.processed_by, p.processed_at, p.created_at,
           s.username::text, s.first_name::text, s.last_name::text, s.role, o.status
    FROM payments p LEFT JOIN staff_ref s ON s.id = p.processed_by WHERE p.id = new_id;
END $$;
