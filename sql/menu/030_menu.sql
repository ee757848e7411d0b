-- SPDX-License-Identifier: BSD-3-Clause
-- Menu: categories and products. Products are never removed, only marked deleted.

CREATE TABLE categories (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name        varchar(100) NOT NULL,
    description text,
    color       varchar(7) CHECK (color ~ '^#[0-9A-Fa-f]{6}$'),
    image_url   varchar(500),
    sort_order  int NOT NULL DEFAULT 0 CHECK (sort_order >= 0),
    is_active   boolean NOT NULL DEFAULT true,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE products (
    id               uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    category_id      uuid REFERENCES categories ON DELETE SET NULL,
    name             varchar(100) NOT NULL,
    description      text,
    price            numeric(12,2) NOT NULL CHECK (price > 0 AND price <= 99999999.99),
    image_url        varchar(500),
    barcode          varchar(50),
    sku              varchar(50),
    is_available     boolean NOT NULL DEFAULT true,
    preparation_time int NOT NULL DEFAULT 15 CHECK (preparation_time >= 0), -- minutes
    sort_order       int NOT NULL DEFAULT 0 CHECK (sort_order >= 0),
    created_at       timestamptz NOT NULL DEFAULT now(),
    updated_at       timestamptz NOT NULL DEFAULT now(),
    deleted_at       timestamptz
);
CREATE UNIQUE INDEX sku_taken ON products (sku) WHERE deleted_at IS NULL;
CREATE INDEX products_category ON products (category_id);

-- product_ref: what an order shows of a product, deleted ones included.
CREATE VIEW product_ref AS
    SELECT id, name, description, price, preparation_time, image_url FROM products;

-- menu_key(): advisory lock that orders share and changes of products take alone. It holds
-- prices still for the length of an order without writing a lock into every product row.
CREATE FUNCTION menu_key() RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT 6501845210::bigint';

CREATE FUNCTION menu_lock_alone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(menu_key());
    RETURN NULL;
END $$;
CREATE TRIGGER products_hold BEFORE UPDATE OR DELETE ON products
    FOR EACH STATEMENT EXECUTE FUNCTION menu_lock_alone();

CREATE TRIGGER categories_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON categories
    FOR EACH STATEMENT EXECUTE FUNCTION reference_bump('menu');
CREATE TRIGGER products_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON products
    FOR EACH STATEMENT EXECUTE FUNCTION reference_bump('menu');
INSERT INTO reference_versions (topic) VALUES ('menu') ON CONFLICT DO NOTHING;

-- menu_hold(): nobody changes a product until this transaction ends. A statement of its own:
-- what is read afterwards is then the newest committed state.
CREATE FUNCTION menu_hold() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(menu_key());
END $$;

-- menu_lock_products(ids): price and state of these products, held until the transaction
-- ends. Unknown ids give no row. Price in rupiah.
CREATE FUNCTION menu_lock_products(p_ids uuid[])
RETURNS TABLE (id uuid, price numeric, is_available boolean, is_deleted boolean)
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(menu_key());
    RETURN QUERY SELECT p.id, p.price::numeric, p.is_available, p.deleted_at IS NOT NULL
                 FROM products p WHERE p.id = ANY (p_ids);
END $$;

-- category_create(values): keys name, description, color, image_url, sort_order, is_active.
CREATE FUNCTION category_create(p_values jsonb) RETURNS SETOF categories
LANGUAGE plpgsql AS $$
DECLARE v categories;
BEGIN
    v := jsonb_populate_record(NULL::categories, p_values);
    RETURN QUERY
    INSERT INTO categories (name, description, color, image_url, sort_order, is_active)
    VALUES (v.name, v.description, v.color, v.image_url, coalesce(v.sort_order, 0),
            coalesce(v.is_active, true))
    RETURNING *;
END $$;

-- category_update(id, changes): absent keys stay, null clears description, color, image_url.
-- Errors: 400 no_fields, 404 not_found.
CREATE FUNCTION category_update(p_id uuid, p_changes jsonb) RETURNS SETOF categories
LANGUAGE plpgsql AS $$
DECLARE
    v categories;
    c jsonb := changes_pick(p_changes, '{description,color,image_url}', '{name,sort_order,is_active}');
BEGIN
    IF c = '{}' THEN
        PERFORM refuse(400, 'no_fields', 'Nothing to change was sent');
    END IF;
    SELECT * INTO v FROM categories WHERE id = p_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        PERFORM refuse(404, 'not_found', 'Category not found');
    END IF;
    v := jsonb_populate_record(v, c);
    RETURN QUERY
    UPDATE categories SET name = v.name, description = v.description, color = v.color,
        image_url = v.image_url, sort_order = v.sort_order, is_active = v.is_active,
        updated_at = now()
    WHERE id = p_id RETURNING *;
END $$;

-- category_delete(id). Errors: 400 category_has_products, 404 not_found.
CREATE FUNCTION category_delete(p_id uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(menu_key()); -- before the row, as product_update does
    PERFORM FROM categories WHERE id = p_id FOR UPDATE;
    IF NOT FOUND THEN
        PERFORM refuse(404, 'not_found', 'Category not found');
    END IF;
    IF EXISTS (SELECT FROM products WHERE category_id = p_id AND deleted_at IS NULL) THEN
        PERFORM refuse(400, 'category_has_products', 'Move or delete the products of this category first');
    END IF;
    DELETE FROM categories WHERE id = p_id;
END $$;

-- category_hold(id): the category exists and stays until the transaction ends.
-- Errors: 400 category_not_found.
CREATE FUNCTION category_hold(p_id uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM categories WHERE id = p_id FOR KEY SHARE;
    IF NOT FOUND THEN
        PERFORM refuse(400, 'category_not_found', 'Category not found');
    END IF;
END $$;

-- product_create(values): keys category_id, name, description, price (rupiah, at most two
-- decimals), image_url, barcode, sku, is_available, preparation_time (minutes), sort_order.
-- Errors: 400 category_not_found, 409 sku_taken.
CREATE FUNCTION product_create(p_values jsonb) RETURNS SETOF products
LANGUAGE plpgsql AS $$
DECLARE v products; name text;
BEGIN
    v := jsonb_populate_record(NULL::products, p_values);
    PERFORM category_hold(v.category_id);
    RETURN QUERY
    INSERT INTO products (category_id, name, description, price, image_url, barcode, sku,
                          is_available, preparation_time, sort_order)
    VALUES (v.category_id, v.name, v.description, v.price, v.image_url, v.barcode,
            nullif(v.sku, ''), coalesce(v.is_available, true), coalesce(v.preparation_time, 15),
            coalesce(v.sort_order, 0))
    RETURNING *;
EXCEPTION WHEN unique_violation THEN
    GET STACKED DIAGNOSTICS name = CONSTRAINT_NAME;
    PERFORM refuse_duplicate(name);
END $$;

-- product_update(id, changes): keys as product_create; absent keys stay, null clears
-- description, image_url, barcode, sku. An empty object changes nothing.
-- Errors: 400 category_not_found, 404 product_not_found, 409 sku_taken.
CREATE FUNCTION product_update(p_id uuid, p_changes jsonb) RETURNS SETOF products
LANGUAGE plpgsql AS $$
DECLARE
    v products; name text;
    c jsonb := changes_pick(p_changes, '{description,image_url,barcode,sku}',
        '{category_id,name,price,is_available,preparation_time,sort_order}');
BEGIN
    PERFORM pg_advisory_xact_lock(menu_key());
    SELECT * INTO v FROM products WHERE id = p_id AND deleted_at IS NULL FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        PERFORM refuse(404, 'product_not_found', 'Product not found');
    END IF;
    IF c ? 'category_id' THEN
        PERFORM category_hold((c ->> 'category_id')::uuid);
    END IF;
    v := jsonb_populate_record(v, c);
    RETURN QUERY
    UPDATE products SET category_id = v.category_id, name = v.name, description = v.description,
        price = v.price, image_url = v.image_url, barcode = v.barcode, sku = nullif(v.sku, ''),
        is_available = v.is_available, preparation_time = v.preparation_time,
        sort_order = v.sort_order, updated_at = now()
    WHERE id = p_id RETURNING *;
EXCEPTION WHEN unique_violation THEN
    GET STACKED DIAGNOSTICS name = CONSTRAINT_NAME;
    PERFORM refuse_duplicate(name);
END $$;

-- product_delete(id): hides the product for good and frees its sku; old orders keep it.
-- Errors: 404 product_not_found.
CREATE FUNCTION product_delete(p_id uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE products SET deleted_at = now(), is_available = false, updated_at = now()
    WHERE id = p_id AND deleted_at IS NULL;
    IF NOT FOUND THEN
        PERFORM refuse(404, 'product_not_found', 'Product not found');
    END IF;
END $$;
