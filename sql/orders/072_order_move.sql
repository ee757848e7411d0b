-- SPDX-License-Identifier: BSD-3-Clause
-- An order's way through the house.

-- order_is_open(status): not completed and not cancelled.
CREATE FUNCTION order_is_open(p_status text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT p_status IN ('pending', 'confirmed', 'preparing', 'ready', 'served')
$$;

-- order_lock(id): the order's row, locked until the transaction ends.
-- Errors: 404 order_not_found.
CREATE FUNCTION order_lock(p_order uuid) RETURNS orders LANGUAGE plpgsql AS $$
DECLARE o orders;
BEGIN
    SELECT * INTO o FROM orders WHERE id = p_order FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        PERFORM refuse(404, 'order_not_found', 'Order not found');
    END IF;
    RETURN o;
END $$;

-- order_due(order): id and total of an order in rupiah; no row when there is none.
CREATE FUNCTION order_due(p_order uuid) RETURNS TABLE (order_id uuid, total_amount numeric)
LANGUAGE sql STABLE AS $$
    SELECT id, total_amount::numeric FROM orders WHERE id = p_order
$$;

-- order_free_table(order): frees the order's table unless another open order sits there. Call
-- it when the order itself is closed.
CREATE FUNCTION order_free_table(p_order uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE seat uuid := (SELECT table_id FROM orders WHERE id = p_order AND order_type = 'dine_in');
BEGIN
    IF seat IS NULL OR NOT table_lock(seat) THEN
        RETURN;
    END IF;
    IF NOT EXISTS (SELECT FROM open_orders WHERE table_id = seat AND order_type = 'dine_in') THEN
        PERFORM table_release(seat);
    END IF;
END $$;

-- order_enter(order, status, user, notes): writes one real change of status and everything
-- that follows from it. The order is locked, the change has been judged. user may be null.
CREATE FUNCTION order_enter(p_order orders, p_status text, p_user uuid, p_notes text)
RETURNS orders LANGUAGE plpgsql AS $$
DECLARE o orders;
BEGIN
    UPDATE orders SET status = p_status, updated_at = now(),
        served_at = CASE WHEN p_status = 'served' THEN coalesce(served_at, now()) ELSE served_at END,
        completed_at = CASE WHEN p_status = 'completed' THEN now() ELSE completed_at END
    WHERE id = p_order.id RETURNING * INTO o;
    INSERT INTO order_status_history (order_id, previous_status, new_status, changed_by, notes)
    VALUES (o.id, p_order.status, p_status, p_user, p_notes);
    PERFORM notify_guest(o.id, p_status);
    PERFORM event_publish('order.moved', o.id::text,
        jsonb_build_object('order_number', o.order_number, 'previous', p_order.status,
                           'status', p_status, 'table_id', o.table_id));
    IF NOT order_is_open(p_status) THEN
        INSERT INTO order_closures (status) VALUES (p_status);
        PERFORM order_free_table(o.id);
    END IF;
    IF p_status = 'cancelled' THEN
        PERFORM payments_void(o.id);
        PERFORM inventory_restore(o.id);
    END IF;
    RETURN o;
END $$;

-- order_settle(order, user): completes an order that has been cooked and paid for; leaves any
-- other as it is. The order is locked.
CREATE FUNCTION order_settle(p_order orders, p_user uuid) RETURNS orders LANGUAGE plpgsql AS $$
BEGIN
    IF p_order.status IN ('ready', 'served')
       AND payments_total(p_order.id) >= p_order.total_amount THEN
        RETURN order_enter(p_order, 'completed', p_user, 'Fully paid');
    END IF;
    RETURN p_order;
END $$;

-- order_role_may(role, status): which statuses a role may set at all. Cancelling is judged
-- further by order_guard.
CREATE FUNCTION order_role_may(p_role text, p_status text) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE p_role
        WHEN 'admin' THEN true
        WHEN 'manager' THEN true
        WHEN 'kitchen' THEN p_status IN ('confirmed', 'preparing', 'ready', 'served')
        WHEN 'server' THEN p_status IN ('confirmed', 'served', 'cancelled')
        WHEN 'counter' THEN p_status IN ('confirmed', 'served', 'cancelled')
        ELSE false END
$$;

-- order_guard(order, status, role): server and counter cancel only before cooking begins and
-- only what nobody paid for; who is neither admin nor manager completes only what is paid.
-- Errors: 403 insufficient_permissions.
CREATE FUNCTION order_guard(p_order orders, p_status text, p_role text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF p_role IN ('admin', 'manager') THEN
        RETURN;
    END IF;
    IF p_status = 'cancelled' AND p_order.status NOT IN ('pending', 'confirmed') THEN
        PERFORM refuse(403, 'insufficient_permissions',
                       'Only a manager may cancel an order the kitchen has started');
    ELSIF p_status = 'cancelled' AND payments_total(p_order.id) > 0 THEN
        PERFORM refuse(403, 'insufficient_permissions', 'Only a manager may cancel a paid order');
    ELSIF p_status = 'completed' AND payments_total(p_order.id) < p_order.total_amount THEN
        PERFORM refuse(403, 'insufficient_permissions', 'Only a manager may complete an unpaid order');
    END IF;
END $$;

-- order_move(order, status, notes, user, role): moves an order and returns it line by line.
-- The status it already has: nothing is written. served with the bill paid goes on to
-- completed in the same transaction.
-- Errors, in this order: 400 invalid_status, 403 insufficient_permissions, 404 order_not_found,
-- 409 invalid_status_transition, 403 insufficient_permissions (order_guard).
CREATE FUNCTION order_move(p_order uuid, p_status text, p_notes text, p_user uuid, p_role text)
RETURNS SETOF order_line LANGUAGE plpgsql AS $$
DECLARE o orders;
BEGIN
    IF p_status IS NULL OR NOT (order_is_open(p_status) OR p_status IN ('completed', 'cancelled')) THEN
        PERFORM refuse(400, 'invalid_status', 'Unknown order status');
    END IF;
    IF NOT order_role_may(p_role, p_status) THEN
        PERFORM refuse(403, 'insufficient_permissions', 'Your role may not set this status');
    END IF;
    o := order_lock(p_order);
    IF NOT order_is_open(o.status) THEN
        PERFORM refuse(409, 'invalid_status_transition', 'The order is already ' || o.status);
    END IF;
    IF o.status <> p_status THEN
        PERFORM order_guard(o, p_status, p_role);
        o := order_enter(o, p_status, p_user, p_notes);
        IF p_status = 'served' THEN
            PERFORM order_settle(o, p_user);
        END IF;
    END IF;
    RETURN QUERY SELECT * FROM order_lines(p_order);
END $$;

-- item_move(order, item, status): sets the status of one item of an open order; the order
-- itself stays where it is. Cooks tick several items at once: the order is only share-locked.
-- Errors: 400 invalid_status, 404 order_item_not_found, 409 invalid_status_transition.
CREATE FUNCTION item_move(p_order uuid, p_item uuid, p_status text)
RETURNS SETOF order_items LANGUAGE plpgsql AS $$
DECLARE order_status text; i order_items;
BEGIN
    IF p_status IS NULL OR p_status NOT IN ('pending', 'preparing', 'ready', 'served') THEN
        PERFORM refuse(400, 'invalid_status', 'Unknown item status');
    END IF;
    SELECT status INTO order_status FROM orders WHERE id = p_order FOR SHARE;
    SELECT * INTO i FROM order_items WHERE order_id = p_order AND id = p_item FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        PERFORM refuse(404, 'order_item_not_found', 'This order has no such item');
    END IF;
    IF NOT order_is_open(order_status) THEN
        PERFORM refuse(409, 'invalid_status_transition', 'The order is already ' || order_status);
    END IF;
    IF i.status <> p_status THEN
        UPDATE order_items SET status = p_status, updated_at = now()
        WHERE order_id = p_order AND line = i.line RETURNING * INTO i;
        PERFORM event_publish('order.item', p_order::text,
            jsonb_build_object('item_id', p_item, 'status', p_status));
    END IF;
    RETURN NEXT i;
END $$;
