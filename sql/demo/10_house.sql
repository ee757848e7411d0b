-- SPDX-License-Identifier: BSD-3-Clause
-- Demo house and staff. Never loaded by a migration; only by quickstart and `kenanganctl demo`.
-- Loading it again changes nothing that is there already.
--
-- Accounts (bcrypt, cost 10; for trying things out, never for a real restaurant):
--   admin   / Kenangan#Admin1     role admin
--   sari    / Kenangan#Manajer1   role manager
--   budi    / Kenangan#Pelayan1   role server
--   dewi    / Kenangan#Kasir1     role counter
--   joko    / Kenangan#Dapur1     role kitchen

UPDATE restaurant_info SET
    name = 'Steak Kenangan',
    tagline = 'Steak rumahan, rasa nusantara',
    description = 'Rumah makan steak keluarga: daging pilihan, bumbu nusantara, dan arang kayu rambutan yang menyala sejak pagi.',
    address = 'Jl. Melati Raya No. 27', city = 'Bandung', postal_code = '40115', country = 'Indonesia',
    phone = '+62 22 555 0127', email = 'halo@steak-kenangan.example', whatsapp = '+62 812 5550 0127',
    map_latitude = -6.905977, map_longitude = 107.613144,
    instagram_url = 'https://instagram.example/steakkenangan',
    timezone = 'Asia/Jakarta', updated_at = now()
WHERE name = 'Kenangan';

UPDATE operating_hours SET open_time = h.open_at, close_time = h.close_at, updated_at = now()
FROM (VALUES (0, '10:00'::time, '22:00'::time), (5, '10:00', '23:00'), (6, '10:00', '23:00'))
    AS h (day, open_at, close_at)
WHERE day_of_week = h.day AND open_time = '10:00' AND close_time = '22:00';

UPDATE settings s SET value = v.value, updated_at = now()
FROM (VALUES
    ('restaurant_name', 'Kenangan', 'Steak Kenangan'),
    ('receipt_header', '', 'Steak Kenangan - Jl. Melati Raya No. 27, Bandung'),
    ('receipt_footer', '', 'Terima kasih, sampai jumpa lagi')) AS v (key, was, value)
WHERE s.key = v.key AND s.value = v.was;

INSERT INTO users (username, email, password_hash, first_name, last_name, role) VALUES
    ('admin', 'admin@steak-kenangan.example',
     '$2b$10$4HgFZCYh53pSxxyjZfTrguL1eCw48X3QmX0JVFV0iYYx/f3S.nN6i', 'Ayu', 'Prameswari', 'admin'),
    ('sari', 'sari@steak-kenangan.example',
     '$2b$10$/lm3UpmhLjzct/eNDSuCP.1l40d4Gog/s3po6bpTThpF2KXL5ncRW', 'Sari', 'Wulandari', 'manager'),
    ('budi', 'budi@steak-kenangan.example',
     '$2b$10$00LsxrMX1FG38yPYoqLwJuI.FC/fYK7FITPuk3E/kZJ/J3D8PGwHe', 'Budi', 'Santosa', 'server'),
    ('dewi', 'dewi@steak-kenangan.example',
     '$2b$10$cX2GLhSleyMe7dMVQNjRRuCy5DcHwSSjr3Y9EwNeoO2Q/CP4wo9ry', 'Dewi', 'Lestari', 'counter'),
    ('joko', 'joko@steak-kenangan.example',
     '$2b$10$l1mVQo8bBsf8dwBRmz.jTuystxknJmBnDK22bYJP.RDbG8iSXvBiW', 'Joko', 'Susilo', 'kitchen')
ON CONFLICT DO NOTHING;
