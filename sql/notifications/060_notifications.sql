-- SPDX-License-Identifier: BSD-3-Clause
-- Notifications: to staff, and to the guests of an order.

CREATE TABLE notifications (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id    uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    type       text NOT NULL CHECK (type IN ('order_update', 'low_stock', 'payment',
                   'system_alert', 'daily_report')),
    title      varchar(200) NOT NULL,
    message    text NOT NULL,
    order_id   uuid,
    is_read    boolean NOT NULL DEFAULT false,
    read_at    timestamptz,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX notifications_newest ON notifications (user_id, created_at DESC, id);
CREATE INDEX notifications_unread ON notifications (user_id) WHERE NOT is_read;

-- notification_preferences: a missing row means these defaults. types_enabled lists only
-- what was set; an absent type is on. Quiet hours are house time and may wrap midnight.
CREATE TABLE notification_preferences (
    id                 uuid NOT NULL DEFAULT gen_random_uuid(),
    user_id            uuid PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    email_enabled      boolean NOT NULL DEFAULT false,
    types_enabled      jsonb NOT NULL DEFAULT '{"order_update": true, "low_stock": true,
                           "payment": true, "system_alert": true, "daily_report": true}',
    quiet_hours_start  time,
    quiet_hours_end    time,
    notification_email varchar(100),
    created_at         timestamptz NOT NULL DEFAULT now(),
    updated_at         timestamptz NOT NULL DEFAULT now()
);

-- order_notifications: for the guests of an order, readable with the order id alone; the
-- text names no staff.
CREATE TABLE order_notifications (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    order_id   uuid NOT NULL,
    status     text NOT NULL CHECK (status IN ('pending', 'confirmed', 'preparing', 'ready',
                   'served', 'completed', 'cancelled')),
    message    text NOT NULL,
    is_read    boolean NOT NULL DEFAULT false,
    read_at    timestamptz,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX order_notifications_order ON order_notifications (order_id, created_at DESC);

-- in_quiet_hours(start, end, at): whether the time of day lies in [start, end), which may
-- wrap midnight; false without both ends.
CREATE FUNCTION in_quiet_hours(p_start time, p_end time, p_at time) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(CASE WHEN p_start <= p_end THEN p_at >= p_start AND p_at < p_end
                         ELSE p_at >= p_start OR p_at < p_end END, false)
$$;

-- notify_role(roles, type, title, message, order): one row for each active user of these
-- roles who wants the type and is not in quiet hours. order may be null.
CREATE FUNCTION notify_role(p_roles text[], p_type text, p_title text, p_message text, p_order uuid)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO notifications (user_id, type, title, message, order_id)
    SELECT s.id, p_type, p_title, p_message, p_order
    FROM staff_ref s LEFT JOIN notification_preferences p ON p.user_id = s.id
    WHERE s.role = ANY (p_roles) AND s.is_active
      AND (p.user_id IS NULL
           OR (coalesce((p.types_enabled ->> p_type)::boolean, true)
               AND NOT in_quiet_hours(p.quiet_hours_start, p.quiet_hours_end,
                                      (now() AT TIME ZONE restaurant_timezone())::time)));
END $$;

-- notify_guest(order, status): tells the guests at preparing, ready and completed; any other
-- status is silent.
CREATE FUNCTION notify_guest(p_order uuid, p_status text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF p_status NOT IN ('preparing', 'ready', 'completed') THEN
        RETURN;
    END IF;
    INSERT INTO order_notifications (order_id, status, message)
    VALUES (p_order, p_status, CASE p_status
        WHEN 'preparing' THEN 'Your order is being prepared'
        WHEN 'ready' THEN 'Your order is ready'
        ELSE 'Your order is complete. Thank you for your visit' END);
END $$;

-- notifications_prune(age): drops staff and guest notifications older than age; returns how
-- many. A housekeeping job.
CREATE FUNCTION notifications_prune(p_age interval) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE n bigint; m bigint;
BEGIN
    DELETE FROM notifications WHERE created_at < now() - p_age;
    GET DIAGNOSTICS n = ROW_COUNT;
    DELETE FROM order_notifications WHERE created_at < now() - p_age;
    GET DIAGNOSTICS m = ROW_COUNT;
    RETURN n + m;
END $$;
