#!/usr/bin/perl
# SPDX-License-Identifier: BSD-3-Clause
# The rules the SQL functions keep by themselves, in a migrated database with the demo restaurant.
use strict;
use warnings;
use Test::More;
use IPC::Open3;
use KN::Server;

my $server = KN::Server->new(demo => 1, start => 0);
my %there = $server->pg->env;
@ENV{qw(PGHOST PGPORT PGUSER PGDATABASE)} = @there{qw(DB_HOST DB_PORT DB_USER DB_NAME)};
my $psql = KN::Postgres::bindir() . '/psql';

# One statement; returns its rows as text, or 'KNnnn code' when it was refused.
sub sql {
    my ($text) = @_;
    my $pid = open3(my $in, my $out, undef, $psql, '-XAtq', '-v', 'VERBOSITY=verbose', '-v', 'ON_ERROR_STOP=1');
    print {$in} "$text;\n";
    close $in;
    my $answer = do { local $/; <$out> } // '';
    waitpid $pid, 0;
    return "$1 $2" if $answer =~ /ERROR:\s+(\w{5}): (\S+)/;
    chomp $answer;
    return $answer;
}

# The same statement from n sessions at once; returns their answers.
sub at_once {
    my @texts = @_;
    my (@pipes, @answers);
    for my $text (@texts) {
        pipe my $read, my $write or die "pipe: $!";
        if (!(fork // die "fork: $!")) {
            close $read;
            print {$write} sql($text);
            close $write;
            require POSIX;
            POSIX::_exit(0);
        }
        close $write;
        push @pipes, $read;
    }
    push @answers, do { local $/; <$_> } // '' for @pipes;
    1 while wait != -1;
    return @answers;
}

my %user = map { $_ => sql("SELECT id FROM users WHERE role = '$_' ORDER BY created_at LIMIT 1") }
    qw(admin manager server counter kitchen);
my $run = time . $$;
my $serial = 0;

sub product { return sql("SELECT id FROM products WHERE sku = '$_[0]'") }
my ($steak, $tea) = (product('SS-01'), product('MN-01'));

sub new_table {
    my $number = sprintf 'Z%d', ++$serial + $run % 1_000_000 * 1000;
    return sql("SELECT id FROM table_create('{\"table_number\": \"$number\"}')");
}

sub place {
    my (%o) = (channel => 'staff', role => 'counter', type => 'dine_in', items => "$steak:1,$tea:2", @_);
    my @items = map { [split /:/] } split /,/, $o{items};
    my $q = sub { defined $_[0] ? "'$_[0]'" : 'NULL' };
    my $digest = $o{digest} // 'd' . $run . '-' . ++$serial;
    return sprintf "SELECT DISTINCT order_id || ' ' || is_repeat FROM order_place('%s', '%s', %s, '%s', %s, %s, NULL, NULL, '{%s}', '{%s}', NULL, %s, '%s')",
        $o{channel}, $o{caller} // 'test', $q->($o{role}), $user{$o{by} // 'counter'}, $q->($o{type}), $q->($o{table}),
        join(',', map { $_->[0] } @items), join(',', map { $_->[1] } @items), $q->($o{key}), $digest;
}

sub placed { my $id = sql(place(@_)); $id =~ s/ .*//; return $id }
sub status { return sql("SELECT status FROM orders WHERE id = '$_[0]'") }
sub occupied { return sql("SELECT is_occupied FROM dining_tables WHERE id = '$_[0]'") }
sub total { return sql("SELECT total_amount FROM orders WHERE id = '$_[0]'") }

sub move_text {
    my ($order, $status, $role) = @_;
    $role ||= 'admin';
    return "SELECT DISTINCT status FROM order_move('$order', '$status', NULL, '$user{$role}', '$role')";
}
sub move { return sql(move_text(@_)) }
sub pay_text {
    my ($order, $amount, $by, $method) = @_;
    $by ||= sql("SELECT gen_random_uuid()");
    $method ||= 'cash';
    return "SELECT status || ' ' || order_status FROM payment_take('$order', '$method', $amount, NULL, '$by')";
}
sub pay { return sql(pay_text(@_)) }
sub stock { return sql("SELECT (s.current_stock * 100)::int FROM ingredient_stock s JOIN ingredients i USING (id) WHERE name = 'Daging sapi has luar'") }

subtest 'what an order refuses, and in which order' => sub {
    my $t = new_table();
    my $nobody = '00000000-0000-4000-8000-000000000000';
    is sql(place(items => '', type => 'x')), 'KN400 empty_order';
    is sql(place(type => 'paid', items => "$tea:0")), 'KN400 invalid_order_type';
    is sql(place(items => "$tea:0")), 'KN400 invalid_quantity';
    is sql(place(items => "$tea:1001")), 'KN400 invalid_quantity';
    is sql(place()), 'KN400 table_required_for_dine_in';
    is sql(place(table => $nobody, items => "$nobody:1")), 'KN400 table_not_found';
    is sql(place(table => $t, items => "$tea:1,$nobody:1")), 'KN400 product_not_found';
    is sql(place(table => $t, role => 'kitchen')), 'KN403 insufficient_permissions';
    is sql(place(channel => 'qr', role => undef, items => '')), 'KN400 table_id_required';
    is sql(place(channel => 'qr', role => undef, table => $t, items => '')), 'KN400 items_required';
    my $p = sql("SELECT id FROM product_create(jsonb_build_object('category_id', (SELECT category_id FROM products WHERE id = '$tea'), 'name', 'Habis', 'price', 1000, 'is_available', false))");
    is sql(place(table => $t, items => "$p:1")), 'KN400 product_not_available';
    is sql(place(channel => 'qr', role => undef, table => $t, items => "$p:1")), 'KN400 product_not_found';
    sql("SELECT product_delete('$p')");
    is sql(place(table => $t, items => "$p:1")), 'KN400 product_not_found', 'deleted';
    is occupied($t), 'f', 'a refused order seats nobody';
};

subtest 'money, numbers, side effects' => sub {
    my $t = new_table();
    my $before = stock();
    my $o = placed(table => $t, items => "$steak:1,$tea:2,$steak:1");
    is sql("SELECT subtotal, tax_amount, total_amount FROM orders WHERE id = '$o'"), '280000.00|30800.00|310800.00';
    is sql("SELECT tax_amount FROM order_bill(99.95)"), '10.99', 'half up: 10.9945';
    is sql("SELECT tax_amount FROM order_bill(50)"), '5.50';
    like sql("SELECT order_number FROM orders WHERE id = '$o'"), qr/^ORD\d{12,}$/;
    my $q = placed(channel => 'qr', role => undef, table => $t, type => undef);
    like sql("SELECT order_number, user_id IS NULL, order_type FROM orders WHERE id = '$q'"), qr/^QR\d{6}-\d{4,}\|t\|dine_in$/;
    is occupied($t), 't';
    is stock(), $before - 60, 'recipes of both orders deducted';
    is sql("SELECT string_agg(previous_status || '>' || new_status, ',') FROM order_status_history WHERE order_id = '$o'"), '>pending';
    is sql("SELECT count(*) FROM notifications n JOIN users u ON u.id = user_id WHERE order_id = '$o' AND role = 'kitchen'"), 1;
    my $take = placed(type => 'takeout', table => new_table());
    is sql("SELECT is_occupied FROM dining_tables d JOIN orders o ON o.table_id = d.id WHERE o.id = '$take'"), 'f', 'takeout seats nobody';
    is sql("SELECT order_type FROM orders WHERE id = '" . placed(role => 'server', by => 'server', type => 'takeout', table => $t) . "'"), 'dine_in', 'a server always serves';
};

subtest 'the same request again' => sub {
    my $t = new_table();
    my $first = sql(place(table => $t, key => "k$run", digest => "a$run"));
    like $first, qr/ false$/;
    (my $again = $first) =~ s/false/true/;
    is sql(place(table => $t, key => "k$run", digest => "a$run")), $again;
    is sql(place(table => $t, key => "k$run", digest => "b$run")), 'KN422 idempotency_key_reused';
    like sql(place(table => $t, key => "k$run", digest => "b$run", caller => 'other')), qr/ false$/;
    my $plain = sql(place(table => $t, digest => "c$run"));
    (my $repeat = $plain) =~ s/false/true/;
    is sql(place(table => $t, digest => "c$run")), $repeat, 'within 10 s';
    sql("UPDATE order_requests SET created_at = created_at - interval '11 s' WHERE digest = 'c$run'");
    like sql(place(table => $t, digest => "c$run")), qr/ false$/, 'after 10 s';
    for my $key (undef, "many$run") {
        my %ids = map { s/ .*//r => 1 } at_once((place(table => $t, key => $key, digest => "e$run")) x 8);
        is keys %ids, 1, 'eight at once, one order';
        $serial++;
    }
};

subtest 'states and roles' => sub {
    my $t = new_table();
    my $o = placed(table => $t);
    is move($o, 'paid'), 'KN400 invalid_status';
    is move($o, 'preparing', 'server'), 'KN403 insufficient_permissions';
    is move($o, 'completed', 'counter'), 'KN403 insufficient_permissions';
    is move($o, 'cancelled', 'kitchen'), 'KN403 insufficient_permissions';
    is move('00000000-0000-4000-8000-000000000000', 'ready'), 'KN404 order_not_found';
    is move($o, 'ready', 'kitchen'), 'ready';
    is move($o, 'ready', 'kitchen'), 'ready', 'twice';
    is move($o, 'confirmed', 'kitchen'), 'confirmed', 'backwards';
    is move($o, 'preparing', 'kitchen'), 'preparing';
    is move($o, 'cancelled', 'server'), 'KN403 insufficient_permissions', 'cooking';
    is move($o, 'served', 'server'), 'served';
    is sql("SELECT served_at IS NOT NULL AND completed_at IS NULL FROM orders WHERE id = '$o'"), 't';
    is sql("SELECT count(*) FROM order_status_history WHERE order_id = '$o'"), 5;
    is sql("SELECT string_agg(status, ',' ORDER BY created_at) FROM order_notifications WHERE order_id = '$o'"), 'ready,preparing';
    is move($o, 'completed'), 'completed', 'an admin, unpaid';
    is move($o, 'ready'), 'KN409 invalid_status_transition';
    is occupied($t), 'f';
    my $item = sql("SELECT id FROM order_items WHERE order_id = '$o' LIMIT 1");
    is sql("SELECT status FROM item_move('$o', '$item', 'ready')"), 'KN409 invalid_status_transition';
    my $p = placed(table => $t);
    $item = sql("SELECT id FROM order_items WHERE order_id = '$p' LIMIT 1");
    is sql("SELECT status FROM item_move('$p', '$item', 'ready')"), 'ready';
    is sql("SELECT status FROM item_move('$p', '$item', 'cooked')"), 'KN400 invalid_status';
    is sql("SELECT status FROM item_move('$o', '$item', 'ready')"), 'KN404 order_item_not_found';
    is status($p), 'pending';
    my $second = placed(table => $t);
    is move($p, 'cancelled', 'server'), 'cancelled';
    is occupied($t), 't', 'another order sits there';
    is move($second, 'cancelled'), 'cancelled';
    is occupied($t), 'f';
};

subtest 'payments' => sub {
    my $t = new_table();
    my $o = placed(table => $t);
    my $due = total($o);
    is pay($o, 10, undef, 'paid'), 'KN400 invalid_payment_method';
    is pay($o, $_), 'KN400 invalid_amount', $_ for 0, -1, 0.001, "'NaN'";
    is pay($o, 50_000_001), 'KN400 amount_exceeds_limit';
    is pay($o, $due + 0.01), 'KN400 amount_exceeds_balance';
    is pay('00000000-0000-4000-8000-000000000000', 1), 'KN404 order_not_found';
    is pay($o, $due - 1, undef, 'qris'), 'completed pending';
    is move($o, 'cancelled', 'counter'), 'KN403 insufficient_permissions', 'paid';
    is pay($o, 1), 'completed pending', 'paid before it is cooked: stays with the kitchen';
    is pay($o, 1), 'KN400 order_fully_paid';
    is move($o, 'served', 'kitchen'), 'completed', 'served and paid';
    is sql("SELECT string_agg(new_status, ',' ORDER BY seq) FROM order_status_history WHERE order_id = '$o'"), 'pending,served,completed';
    is occupied($t), 'f';
    is pay($o, 1), 'KN400 invalid_order_status';
    my $r = placed(table => $t);
    sql("INSERT INTO payments (order_id, payment_method, amount, status) VALUES ('$r', 'qris', 10, 'pending')");
    move($r, 'ready');
    is pay($r, total($r)), 'completed completed', 'ready and paid';
    is sql("SELECT status FROM payments WHERE order_id = '$r' AND amount = 10"), 'failed', 'the claim of the guest';
    my $s = placed(table => $t);
    my $cashier = sql("SELECT gen_random_uuid()");
    is scalar(grep { /^completed/ } at_once((pay_text($s, 1, $cashier)) x 12)), 5, 'five a minute, also at once';
    is pay($s, 1, $cashier), 'KN429 rate_limit_exceeded';
};

subtest 'fifty payments at once never exceed the bill' => sub {
    my $o = placed(table => new_table());
    my $part = sql("SELECT round(total_amount / 7, 2) FROM orders WHERE id = '$o'");
    my @answers = at_once(map { pay_text($o, $part) } 1 .. 50);
    cmp_ok scalar(grep { /^completed/ } @answers), '<=', 7;
    is sql("SELECT payments_total('$o') <= total_amount AND total_amount - payments_total('$o') < $part FROM orders WHERE id = '$o'"), 't';
};

subtest 'cancelled at once, restored once' => sub {
    my $before = stock();
    my @orders = map { placed(table => new_table(), items => "$steak:3") } 1 .. 3;
    is stock(), $before - 180;
    my @answers = at_once(map { (move_text($_, 'cancelled')) x 4 } @orders);
    is scalar(grep { $_ eq 'cancelled' } @answers), 3;
    is scalar(grep { $_ eq 'KN409 invalid_status_transition' } @answers), 9;
    is stock(), $before;
};

subtest 'many orders at once: stock and history agree' => sub {
    my $before = stock();
    my @answers = at_once(map { place(table => new_table(), items => "$steak:1") } 1 .. 30);
    is scalar(grep { / false$/ } @answers), 30;
    is stock(), $before - 600, 'exact before settling';
    sql('SELECT inventory_settle()');
    is stock(), $before - 600;
    is sql("SELECT (current_stock * 100)::int FROM ingredients WHERE name = 'Daging sapi has luar'"), stock(), 'and settled';
    is sql("SELECT count(*) FROM (SELECT previous_stock - lag(new_stock) OVER (PARTITION BY ingredient_id ORDER BY seq) AS gap FROM ingredient_history) h WHERE gap <> 0"), 0, 'history has no gaps';
    is sql("SELECT count(*) - count(DISTINCT order_number) FROM orders"), 0;
};

subtest 'accounts' => sub {
    my $n = "u$run";
    my $create = sub { "SELECT id FROM user_create('$_[0]', '$_[0]\@x.example', 'h', 'A', 'B', '$_[1]', true, '$_[2]')" };
    is sql($create->($n, 'admin', 'manager')), 'KN403 insufficient_permissions';
    my $id = sql($create->($n, 'server', 'manager'));
    is sql($create->($n, 'server', 'admin')), 'KN409 username_taken';
    is sql("SELECT id FROM user_create('x$n', upper('$n\@x.example'), 'h', 'A', 'B', 'server', true, 'admin')"), 'KN409 email_taken';
    my $upd = sub { sql("SELECT role || is_active FROM user_update('$_[0]', '$_[1]', '$user{$_[2]}', '$_[2]')") };
    my $epoch = sub { sql("SELECT token_epoch FROM users WHERE id = '$id'") };
    is $upd->($id, '{"id": 1}', 'manager'), 'KN400 no_fields';
    is $upd->($id, '{"role": "admin"}', 'manager'), 'KN403 insufficient_permissions';
    is $upd->($user{admin}, '{"first_name": "X"}', 'manager'), 'KN403 insufficient_permissions';
    is $upd->($id, '{"first_name": "X", "last_name": null}', 'manager'), 'servertrue';
    is $epoch->(), 0;
    is $upd->($id, '{"role": "counter"}', 'manager'), 'countertrue';
    is $upd->($id, '{"password_hash": "h2"}', 'manager'), 'countertrue';
    is $upd->($id, '{"is_active": false}', 'manager'), 'counterfalse';
    is $epoch->(), 3;
    is $upd->($user{admin}, '{"role": "server"}', 'admin'), 'KN409 last_admin';
    is $upd->($user{admin}, '{"is_active": false}', 'admin'), 'KN400 cannot_deactivate_self';
    is $upd->('00000000-0000-4000-8000-000000000000', '{"role": "server"}', 'admin'), 'KN404 not_found';
    is sql("SELECT password_change('$id', 'h', 'h3')"), 'KN400 invalid_current_password';
    is sql("SELECT password_change('$id', 'h2', 'h3')"), '';
    is $epoch->(), 4;
    is sql("SELECT user_delete('$user{manager}', '$user{manager}', 'manager')"), 'KN400 cannot_delete_self';
    is sql("SELECT user_delete('$user{counter}', '$user{admin}', 'admin')"), 'KN400 user_has_orders';
    is sql("SELECT user_delete('$id', '$user{admin}', 'admin')"), '';
    is sql("SELECT user_delete('$id', '$user{admin}', 'admin')"), 'KN404 not_found';
};

subtest 'menu and tables' => sub {
    my $c = sql("SELECT id FROM category_create('{\"name\": \"C\", \"color\": \"#00ff00\"}')");
    my $make = sub { sql("SELECT id FROM product_create('{\"category_id\": \"$_[0]\", \"name\": \"P\", \"price\": \"12.50\", \"sku\": \"S$run\"}')") };
    is $make->('00000000-0000-4000-8000-000000000000'), 'KN400 category_not_found';
    my $p = $make->($c);
    is $make->($c), 'KN409 sku_taken';
    is sql("SELECT price, description, preparation_time FROM product_update('$p', '{\"price\": 13, \"description\": \"d\"}')"), '13.00|d|15';
    is sql("SELECT coalesce(description, 'none'), sku FROM product_update('$p', '{\"description\": null, \"id\": \"x\"}')"), "none|S$run";
    is sql("SELECT category_delete('$c')"), 'KN400 category_has_products';
    is sql("SELECT product_delete('$p')"), '';
    is sql("SELECT product_update('$p', '{}')"), 'KN404 product_not_found';
    like my $q = $make->($c), qr/^[0-9a-f-]{36}$/, 'a deleted product frees its sku';
    sql("SELECT product_delete('$q')");
    is sql("SELECT category_update('$c', '{}')"), 'KN400 no_fields';
    is sql("SELECT name, color FROM category_update('$c', '{\"color\": null}')"), 'C|';
    is sql("SELECT category_delete('$c')"), '';
    is sql("SELECT category_delete('$c')"), 'KN404 not_found';

    my $t = sql("SELECT id FROM table_create('{\"table_number\": \"M $run\"}')");
    is sql("SELECT qr_code, seating_capacity FROM dining_tables WHERE id = '$t'"), "table-m-$run|4";
    is sql("SELECT table_create('{\"table_number\": \"M $run\"}')"), 'KN409 table_number_taken';
    is sql("SELECT qr_code FROM table_create('{\"table_number\": \"m-$run\"}')"), "table-m-$run-2";
    my $v = "SELECT version FROM reference_versions WHERE topic = 'tables'";
    my $before = sql($v);
    is sql("SELECT is_occupied FROM table_update('$t', '{\"status\": \"occupied\"}')"), 't';
    is sql("SELECT is_occupied FROM table_update('$t', '{\"status\": \"reserved\"}')"), 't';
    is sql("SELECT is_occupied FROM table_update('$t', '{\"status\": \"occupied\", \"is_occupied\": false}')"), 'f';
    is sql("SELECT table_update('$t', '{\"id\": \"x\"}')"), 'KN400 no_fields';
    $before = sql($v);
    my $o = placed(table => $t);
    is sql($v), $before, 'seating guests is no change of reference data';
    is sql("SELECT table_delete('$t')"), 'KN400 table_has_active_orders';
    move($o, 'cancelled');
    is sql("SELECT table_delete('$t')"), '';
    isnt sql($v), $before;
    is sql("SELECT table_id IS NULL FROM orders WHERE id = '$o'"), 't';
};

subtest 'events are never skipped' => sub {
    my ($xid, $id) = split /\|/, sql('SELECT xid, id FROM events_cursor()');
    my $pid = open3(my $in, my $out, undef, $psql, '-XAtq');
    print {$in} "BEGIN; SELECT event_publish('slow', 'k$run', '{}'); SELECT 'held';\n";
    $in->flush;
    while (<$out>) { last if /held/ }
    sql("SELECT event_publish('fast', 'k$run', '{}')");
    my $seen = "SELECT string_agg(topic, ',' ORDER BY xid, id) FROM events_after('$xid', $id) WHERE key = 'k$run'";
    is sql($seen), '', 'the fast one waits for the slow one';
    print {$in} "COMMIT;\n";
    close $in;
    waitpid $pid, 0;
    is sql($seen), 'slow,fast';
};

subtest 'counting without looking' => sub {
    my $exact = sub { my $w = @_ ? "WHERE status = '$_[0]'" : ''; sql("SELECT count(*) FROM orders $w") };
    for my $round (1, 2) {
        is sql('SELECT orders_total()'), $exact->();
        is sql("SELECT orders_total('{$_}')"), $exact->($_), $_ for qw(completed cancelled pending nonsense);
        sql('SELECT orders_tally()');
    }
};

done_testing;
