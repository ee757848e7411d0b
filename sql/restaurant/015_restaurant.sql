-- SPDX-License-Identifier: BSD-3-Clause
-- Restaurant: the one row about the house, its opening hours and its clock.

CREATE TABLE restaurant_info (
    id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    only_row        boolean NOT NULL DEFAULT true UNIQUE CHECK (only_row),
    name            varchar(100) NOT NULL,
    tagline         varchar(200),
    description     text,
    address         varchar(255) NOT NULL DEFAULT '',
    city            varchar(100),
    postal_code     varchar(20),
    country         varchar(100),
    phone           varchar(50) NOT NULL DEFAULT '',
    email           varchar(100) NOT NULL DEFAULT '',
    whatsapp        varchar(50),
    map_latitude    numeric(9,6) CHECK (map_latitude BETWEEN -90 AND 90),
    map_longitude   numeric(9,6) CHECK (map_longitude BETWEEN -180 AND 180),
    google_maps_url varchar(500),
    instagram_url   varchar(255),
    facebook_url    varchar(255),
    twitter_url     varchar(255),
    logo_url        varchar(500),
    hero_image_url  varchar(500),
    timezone        varchar(50) NOT NULL DEFAULT 'Asia/Jakarta',
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now()
);

-- operating_hours: seven rows, 0 = Sunday. A closed day keeps 00:00:00; no overnight spans.
CREATE TABLE operating_hours (
    id                 uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    restaurant_info_id uuid NOT NULL REFERENCES restaurant_info ON DELETE CASCADE,
    day_of_week        smallint NOT NULL UNIQUE CHECK (day_of_week BETWEEN 0 AND 6),
    open_time          time NOT NULL DEFAULT '00:00',
    close_time         time NOT NULL DEFAULT '00:00',
    is_closed          boolean NOT NULL DEFAULT false,
    updated_at         timestamptz NOT NULL DEFAULT now(),
    CHECK (is_closed OR open_time < close_time)
);

WITH house AS (INSERT INTO restaurant_info (name) VALUES ('Kenangan') RETURNING id)
INSERT INTO operating_hours (restaurant_info_id, day_of_week, open_time, close_time)
SELECT house.id, d, '10:00', '22:00' FROM house, generate_series(0, 6) AS d;

CREATE TRIGGER restaurant_info_changed
    AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON restaurant_info
    FOR EACH STATEMENT EXECUTE FUNCTION reference_bump('restaurant');
CREATE TRIGGER operating_hours_changed
    AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON operating_hours
    FOR EACH STATEMENT EXECUTE FUNCTION reference_bump('restaurant');

INSERT INTO reference_versions (topic) VALUES ('restaurant') ON CONFLICT DO NOTHING;

-- restaurant_timezone(): IANA name of the house's zone; Asia/Jakarta when nothing is stored.
CREATE FUNCTION restaurant_timezone() RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN coalesce((SELECT timezone FROM restaurant_info WHERE only_row), 'Asia/Jakarta');
END $$;

-- restaurant_today(): the date on the house's wall.
CREATE FUNCTION restaurant_today() RETURNS date LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (now() AT TIME ZONE restaurant_timezone())::date;
END $$;

-- restaurant_day_start(date): the moment that date begins in the house's zone. Date filters
-- are half-open: created_at >= restaurant_day_start(a) AND created_at < restaurant_day_start(b + 1).
CREATE FUNCTION restaurant_day_start(p_day date) RETURNS timestamptz
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN p_day::timestamp AT TIME ZONE restaurant_timezone();
END $$;

-- restaurant_is_open(): open <= now < close on today's row, in the house's zone.
CREATE FUNCTION restaurant_is_open() RETURNS boolean LANGUAGE plpgsql STABLE AS $$
DECLARE wall timestamp := now() AT TIME ZONE restaurant_timezone();
BEGIN
    RETURN EXISTS (SELECT FROM operating_hours
                   WHERE day_of_week = extract(dow FROM wall) AND NOT is_closed
                     AND open_time <= wall::time AND wall::time < close_time);
END $$;
