-- SPDX-License-Identifier: BSD-3-Clause
-- Auth: staff accounts.

CREATE TABLE users (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    username      varchar(50) NOT NULL,
    email         varchar(100) NOT NULL,
    password_hash text NOT NULL,
    first_name    varchar(50) NOT NULL,
    last_name     varchar(50) NOT NULL,
    role          text NOT NULL CHECK (role IN ('admin', 'manager', 'server', 'counter', 'kitchen')),
    is_active     boolean NOT NULL DEFAULT true,
    token_epoch   int NOT NULL DEFAULT 0, -- tokens of an older epoch are void
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX username_taken ON users (username);
CREATE UNIQUE INDEX email_taken ON users (lower(email));

CREATE TRIGGER users_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON users
    FOR EACH STATEMENT EXECUTE FUNCTION reference_bump('users');
INSERT INTO reference_versions (topic) VALUES ('users') ON CONFLICT DO NOTHING;

-- staff_ref: who a staff id is, for other modules.
CREATE VIEW staff_ref AS
    SELECT id, username, first_name, last_name, role, is_active FROM users;

-- user_account: a user as the API shows it; never the hash.
CREATE VIEW user_account AS
    SELECT id, username, email, first_name, last_name, role, is_active, created_at, updated_at
    FROM users;

-- users_lock(): one administrator's change of accounts at a time, so that two of them cannot
-- each remove the other as the last active admin. Changes of accounts are rare.
CREATE FUNCTION users_lock() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('kenangan.users', 0));
END $$;

-- user_guard_admin(actor role, touches admin): managers keep their hands off admin accounts.
-- Errors: 403 insufficient_permissions.
CREATE FUNCTION user_guard_admin(p_actor_role text, p_admin boolean) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF p_actor_role IS DISTINCT FROM 'admin'
       AND (p_admin OR p_actor_role IS DISTINCT FROM 'manager') THEN
        PERFORM refuse(403, 'insufficient_permissions', 'Only an admin may manage admin accounts');
    END IF;
END $$;

-- user_guard_last(user): refuses to lose the last active admin.
-- Errors: 409 last_admin.
CREATE FUNCTION user_guard_last(p_id uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM users WHERE role = 'admin' AND is_active AND id <> p_id) THEN
        PERFORM refuse(409, 'last_admin', 'At least one active admin must remain');
    END IF;
END $$;

-- user_create(username, email, hash, first, last, role, active, actor role): a new account.
-- Errors: 403 insufficient_permissions, 409 username_taken, email_taken.
CREATE FUNCTION user_create(p_username text, p_email text, p_password_hash text,
                            p_first_name text, p_last_name text, p_role text,
                            p_is_active boolean, p_actor_role text)
RETURNS SETOF user_account LANGUAGE plpgsql AS $$
DECLARE name text; new_id uuid;
BEGIN
    PERFORM user_guard_admin(p_actor_role, p_role = 'admin');
    INSERT INTO users (username, email, password_hash, first_name, last_name, role, is_active)
    VALUES (p_username, p_email, p_password_hash, p_first_name, p_last_name, p_role,
            coalesce(p_is_active, true))
    RETURNING id INTO new_id;
    RETURN QUERY SELECT * FROM user_account WHERE id = new_id;
EXCEPTION WHEN unique_violation THEN
    GET STACKED DIAGNOSTICS name = CONSTRAINT_NAME;
    PERFORM refuse_duplicate(name);
END $$;

-- user_update(id, changes, actor, actor role): changes is an object of username, email,
-- password_hash, first_name, last_name, role, is_active; absent keys stay. A new password, a
-- new role or a deactivation voids the user's tokens.
-- Errors: 400 no_fields, cannot_deactivate_self; 403 insufficient_permissions; 404 not_found;
-- 409 last_admin, username_taken, email_taken.
CREATE FUNCTION user_update(p_id uuid, p_changes jsonb, p_actor uuid, p_actor_role text)
RETURNS SETOF user_account LANGUAGE plpgsql AS $$
DECLARE
    old users; new users; name text;
    c jsonb := changes_pick(p_changes, '{}', '{username,email,password_hash,first_name,last_name,role,is_active}');
BEGIN
    IF c = '{}' THEN
        PERFORM refuse(400, 'no_fields', 'Nothing to change was sent');
    END IF;
    PERFORM users_lock();
    SELECT * INTO old FROM users WHERE id = p_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        PERFORM refuse(404, 'not_found', 'User not found');
    END IF;
    new := jsonb_populate_record(old, c);
    PERFORM user_guard_admin(p_actor_role, old.role = 'admin' OR new.role = 'admin');
    IF p_id = p_actor AND old.is_active AND NOT new.is_active THEN
        PERFORM refuse(400, 'cannot_deactivate_self', 'You cannot deactivate your own account');
    END IF;
    IF old.role = 'admin' AND old.is_active AND NOT (new.role = 'admin' AND new.is_active) THEN
        PERFORM user_guard_last(p_id);
    END IF;
    UPDATE users SET
        username = new.username, email = new.email, password_hash = new.password_hash,
        first_name = new.first_name, last_name = new.last_name, role = new.role,
        is_active = new.is_active, updated_at = now(),
        token_epoch = old.token_epoch + (new.password_hash <> old.password_hash
            OR new.role <> old.role OR (old.is_active AND NOT new.is_active))::int
    WHERE id = p_id;
    RETURN QUERY SELECT * FROM user_account WHERE id = p_id;
EXCEPTION WHEN unique_violation THEN
    GET STACKED DIAGNOSTICS name = CONSTRAINT_NAME;
    PERFORM refuse_duplicate(name);
END $$;

-- user_delete(id, actor, actor role): removes an account that never created an order.
-- Errors: 400 cannot_delete_self, user_has_orders; 403 insufficient_permissions;
-- 404 not_found; 409 last_admin.
CREATE FUNCTION user_delete(p_id uuid, p_actor uuid, p_actor_role text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE old users;
BEGIN
    PERFORM users_lock();
    SELECT * INTO old FROM users WHERE id = p_id FOR UPDATE;
    IF NOT FOUND THEN
        PERFORM refuse(404, 'not_found', 'User not found');
    END IF;
    PERFORM user_guard_admin(p_actor_role, old.role = 'admin');
    IF p_id = p_actor THEN
        PERFORM refuse(400, 'cannot_delete_self', 'You cannot delete your own account');
    END IF;
    IF old.role = 'admin' AND old.is_active THEN
        PERFORM user_guard_last(p_id);
    END IF;
    IF orders_by_user_exist(p_id) THEN
        PERFORM refuse(400, 'user_has_orders', 'This user has orders; deactivate the account instead');
    END IF;
    DELETE FROM users WHERE id = p_id;
END $$;

-- profile_update(id, first, last, email): a user's own names and address.
-- Errors: 404 user_not_found, 409 email_taken.
CREATE FUNCTION profile_update(p_id uuid, p_first_name text, p_last_name text, p_email text)
RETURNS SETOF user_account LANGUAGE plpgsql AS $$
DECLARE name text;
BEGIN
    UPDATE users SET first_name = p_first_name, last_name = p_last_name, email = p_email,
                     updated_at = now()
    WHERE id = p_id;
    IF NOT FOUND THEN
        PERFORM refuse(404, 'user_not_found', 'User not found');
    END IF;
    RETURN QUERY SELECT * FROM user_account WHERE id = p_id;
EXCEPTION WHEN unique_violation THEN
    GET STACKED DIAGNOSTICS name = CONSTRAINT_NAME;
    PERFORM refuse_duplicate(name);
END $$;

-- password_change(id, old hash, new hash): stores the new hash and voids older tokens, but
-- only while the hash the caller verified is still the stored one.
-- Errors: 400 invalid_current_password (changed meanwhile), 404 user_not_found.
CREATE FUNCTION password_change(p_id uuid, p_old_hash text, p_new_hash text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE stored text;
BEGIN
    SELECT password_hash INTO stored FROM users WHERE id = p_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        PERFORM refuse(404, 'user_not_found', 'User not found');
    END IF;
    IF stored <> p_old_hash THEN
        PERFORM refuse(400, 'invalid_current_password', 'The current password is wrong');
    END IF;
    UPDATE users SET password_hash = p_new_hash, token_epoch = token_epoch + 1, updated_at = now()
    WHERE id = p_id;
END $$;

-- password_rehash(id, old hash, new hash): replaces the hash of the same password by a
-- stronger one after a good login. Tokens stay valid; nothing happens when it changed meanwhile.
CREATE FUNCTION password_rehash(p_id uuid, p_old_hash text, p_new_hash text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE users SET password_hash = p_new_hash
    WHERE id = p_id AND password_hash = p_old_hash;
END $$;
