-- SPDX-License-Identifier: BSD-3-Clause
-- Settings: typed key/value pairs of the administration page.

CREATE TABLE settings (
    key        text PRIMARY KEY,
    value      text NOT NULL,
    type       text NOT NULL CHECK (type IN ('string', 'number', 'boolean')),
    category   text NOT NULL,
    updated_by uuid,
    updated_at timestamptz NOT NULL DEFAULT now()
);

INSERT INTO settings (category, key, type, value) VALUES
    ('restaurant', 'restaurant_name', 'string', 'Kenangan'),
    ('restaurant', 'currency', 'string', 'IDR'),
    ('restaurant', 'default_language', 'string', 'id-ID'),
    ('financial', 'tax_rate', 'number', '11'),
    ('financial', 'service_charge', 'number', '5'),
    ('financial', 'tax_calculation_method', 'string', 'exclusive'),
    ('financial', 'enable_rounding', 'boolean', 'false'),
    ('receipt', 'receipt_header', 'string', ''),
    ('receipt', 'receipt_footer', 'string', ''),
    ('receipt', 'paper_size', 'string', '80mm'),
    ('receipt', 'show_logo', 'boolean', 'true'),
    ('receipt', 'auto_print_customer_copy', 'boolean', 'false'),
    ('receipt', 'printer_name', 'string', ''),
    ('receipt', 'print_copies', 'number', '1'),
    ('kitchen', 'kitchen_paper_size', 'string', '80mm'),
    ('kitchen', 'auto_print_kitchen', 'boolean', 'true'),
    ('kitchen', 'show_prices_kitchen', 'boolean', 'false'),
    ('kitchen', 'kitchen_print_categories', 'boolean', 'false'),
    ('kitchen', 'kitchen_urgent_time', 'number', '20'),
    ('system', 'backup_frequency', 'string', 'daily'),
    ('system', 'session_timeout', 'number', '60'),
    ('system', 'data_retention_days', 'number', '365'),
    ('system', 'low_stock_threshold', 'number', '10'),
    ('system', 'enable_audit_logging', 'boolean', 'true');

CREATE TRIGGER settings_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON settings
    FOR EACH STATEMENT EXECUTE FUNCTION reference_bump('settings');

INSERT INTO reference_versions (topic) VALUES ('settings') ON CONFLICT DO NOTHING;

-- setting_number(key, fallback): the setting as a number; fallback when it is missing or
-- unreadable, so that a damaged row never stops the tills.
CREATE FUNCTION setting_number(p_key text, p_fallback numeric) RETURNS numeric
LANGUAGE plpgsql STABLE AS $$
DECLARE v text := (SELECT value FROM settings WHERE key = p_key);
BEGIN
    IF v ~ '^-?[0-9]{1,12}(\.[0-9]{1,6})?$' THEN
        RETURN v::numeric;
    END IF;
    RETURN p_fallback;
END $$;
