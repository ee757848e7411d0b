-- SPDX-License-Identifier: BSD-3-Clause
-- Demo dining room: 20 tables in three areas, each with its QR code.

INSERT INTO dining_tables (table_number, seating_capacity, location, qr_code)
SELECT prefix || lpad(n::text, 2, '0'), seats[1 + n % array_length(seats, 1)], area,
       'table-' || lower(prefix) || lpad(n::text, 2, '0')
FROM (VALUES ('A', 'Ruang Utama', 10, '{4,2,4,6}'::int[]),
             ('T', 'Teras', 6, '{2,4}'),
             ('V', 'Ruang VIP', 4, '{8,10}')) AS areas (prefix, area, tables, seats),
     generate_series(1, tables) AS n
ON CONFLICT DO NOTHING;
