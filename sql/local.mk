# SPDX-License-Identifier: BSD-3-Clause
# Migrations and the demo restaurant, installed as the tree they are.
nobase_dist_pkgdata_DATA += \
	%D%/auth/020_auth.sql \
	%D%/core/001_core.sql \
	%D%/demo/10_house.sql \
	%D%/demo/20_tables.sql \
	%D%/demo/30_menu.sql \
	%D%/demo/40_store_room.sql \
	%D%/inventory/050_inventory.sql \
	%D%/menu/030_menu.sql \
	%D%/notifications/060_notifications.sql \
	%D%/orders/070_orders.sql \
	%D%/orders/071_order_place.sql \
	%D%/orders/072_order_move.sql \
	%D%/payments/080_payments.sql \
	%D%/restaurant/015_restaurant.sql \
	%D%/settings/010_settings.sql \
	%D%/tables/040_tables.sql
