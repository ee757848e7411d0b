# SPDX-License-Identifier: BSD-3-Clause
# Orders: what is refused, what is repeated, how they move, how they are listed.
use strict;
use warnings;
use Test::More;
use KN::Server;

my $server = KN::Server->new(demo => 1);
my $client = $server->client;
my %token  = map { $_ => $server->token($_) } qw(admin manager server counter kitchen);
my $dishes = $client->get('/api/v1/public/menu')->{data}{data};
my @tables = @{ $client->get('/api/v1/tables', token => $token{admin})->{data}{data} };
my $nobody = '00000000-0000-4000-8000-000000000000';
my $count  = 0;

# A body that differs from every other by its note, so that it is never taken for a repetition.
sub body {
    my (%change) = @_;
    return { order_type => 'takeout', notes => 'no ' . ++$count,
        items => [{ product_id => $dishes->[0]{id}, quantity => 1 }], %change };
}

sub place {
    my ($role, $body, %option) = @_;
    return $client->post($option{path} // '/api/v1/orders', $body, token => $token{$role}, %option);
}

sub move {
    my ($role, $id, $status, %more) = @_;
    return $client->patch("/api/v1/orders/$id/status", { status => $status, %more }, token => $token{$role});
}

sub refused {
    my ($reply, $status, $code, $name) = @_;
    is "$reply->{status} " . ($reply->{data}{error} // ''), "$status $code", $name;
    ok length($reply->{data}{message} // '') && !$reply->{data}{success}, "$name: says why";
}

sub ids { map { $_->{id} } @{ $_[0]{data}{data} } }

# ---- who may order where
my %allowed = (
    '/api/v1/orders'         => 'admin manager server counter',
    '/api/v1/server/orders'  => 'admin manager server',
    '/api/v1/counter/orders' => 'admin manager counter',
    '/api/v1/admin/orders'   => 'admin manager',
);
for my $path (sort keys %allowed) {
    for my $role (sort keys %token) {
        my $may = $allowed{$path} =~ /\b$role\b/;
        my $reply = place($role, body(table_id => $tables[0]{id}), path => $path);
        is $reply->{status}, $may ? 201 : 403, "$role at $path";
        is $reply->{data}{error}, 'insufficient_permissions', 'says so' unless $may;
    }
}
is place('server', body(table_id => $tables[0]{id}))->{data}{data}{order_type}, 'dine_in',
    'a waiter only places dine-in orders';
is place('admin', body(table_id => $tables[0]{id}), path => '/api/v1/server/orders')->{data}{data}{order_type},
    'dine_in', 'so does everybody at the waiter\'s door';
is place('counter', body())->{data}{data}{order_type}, 'takeout', 'the counter sells take-away';

# ---- what is refused
my $line = { product_id => $dishes->[0]{id}, quantity => 1 };
my @bad = (
    [empty_order                => body(items => [])],
    [empty_order                => { order_type => 'takeout' }],
    [invalid_order_type         => body(order_type => 'picnic')],
    [invalid_order_type         => body(order_type => undef)],
    [table_required_for_dine_in => body(order_type => 'dine_in')],
    [table_not_found            => body(order_type => 'dine_in', table_id => $nobody)],
    [invalid_uuid               => body(table_id => 'seven')],
    [invalid_uuid               => body(items => [{ product_id => 'steak', quantity => 1 }])],
    [product_not_found          => body(items => [{ product_id => $nobody, quantity => 1 }])],
    [invalid_quantity           => body(items => [{ %$line, quantity => 0 }])],
    [invalid_quantity           => body(items => [{ %$line, quantity => -1 }])],
    [invalid_quantity           => body(items => [{ %$line, quantity => 1001 }])],
    [invalid_quantity           => body(items => [{ %$line, quantity => 1.5 }])],
    [invalid_quantity           => body(items => [{ %$line, quantity => 'two' }])],
    [invalid_quantity           => body(items => [{ %$line, quantity => 1e18 }])],
    [field_too_long             => body(customer_name => 'x' x 101)],
    [field_too_long             => body(notes => 'x' x 1001)],
    [field_too_long             => body(items => [{ %$line, special_instructions => 'x' x 501 }])],
);
for my $case (@bad) {
    my ($code, $body) = @$case;
    refused(place('counter', $body), 400, $code, $code);
}
$server->pg->psql("UPDATE products SET is_available = false WHERE id = '$dishes->[1]{id}'");
refused(place('counter', body(items => [{ product_id => $dishes->[1]{id}, quantity => 1 }])),
    400, 'product_not_available', 'a dish that is off');
$server->pg->psql("UPDATE products SET is_available = true WHERE id = '$dishes->[1]{id}'");
is $server->pg->psql("SELECT count(*) FROM orders WHERE subtotal <= 0"), 0, 'nothing refused was stored';

# ---- the same order twice
my $again = body();
my ($first, $second) = map { place('counter', $again) } 1 .. 2;
is $second->{status}, 201, 'an identical body is accepted again';
is $second->{data}{data}{id}, $first->{data}{data}{id}, 'and is the same order';
isnt place('manager', $again)->{data}{data}{id}, $first->{data}{data}{id}, 'from another user it is another order';
my %key = (headers => { 'Idempotency-Key' => 'till-1-0001' });
my ($with, $repeat) = map { place('counter', $again, %key) } 1 .. 2;
isnt $with->{data}{data}{id}, $first->{data}{data}{id}, 'a key of its own is an order of its own';
is $repeat->{data}{data}{id}, $with->{data}{data}{id}, 'the same key is the same order';
refused(place('counter', body(), %key), 422, 'idempotency_key_reused', 'the same key for something else');
refused(place('counter', body(), headers => { 'Idempotency-Key' => 'a b' }), 400, 'invalid_idempotency_key',
    'a key with a blank');

# ---- status
my $id = $first->{data}{data}{id};
refused(move('admin', $id, 'paid'), 400, 'invalid_status', 'paid is no status');
refused(move('admin', $nobody, 'ready'), 404, 'order_not_found', 'an order nobody placed');
refused(move('admin', 'x', 'ready'), 400, 'invalid_uuid', 'an id that is none');
refused(move('kitchen', $id, 'completed'), 403, 'insufficient_permissions', 'the kitchen does not complete');
refused(move('kitchen', $id, 'cancelled'), 403, 'insufficient_permissions', 'nor cancel');
refused(move('server', $id, 'preparing'), 403, 'insufficient_permissions', 'waiters do not cook');
is move('kitchen', $id, 'ready')->{status}, 200, 'pending goes straight to ready';
is move('kitchen', $id, 'confirmed')->{status}, 200, 'and back to confirmed';
is move('kitchen', $id, 'preparing')->{status}, 200, 'then preparing';
refused(move('server', $id, 'cancelled'), 403, 'insufficient_permissions', 'too late to cancel for a waiter');
my $history = $server->pg->psql("SELECT count(*) FROM order_status_history WHERE order_id = '$id'");
is move('kitchen', $id, 'preparing')->{status}, 200, 'the same status again is fine';
is $server->pg->psql("SELECT count(*) FROM order_status_history WHERE order_id = '$id'"), $history,
    'and writes nothing';
is move('manager', $id, 'completed')->{status}, 200, 'a manager may complete it unpaid';
refused(move('manager', $id, 'ready'), 409, 'invalid_status_transition', 'then it never moves again');

# ---- cancelling gives back what was consumed, once
my $stock = sub { $server->pg->psql('SELECT string_agg(current_stock::text, \' \' ORDER BY id) FROM ingredients') };
my $before = $stock->();
my $gone = place('counter', body(items => [map { { product_id => $_->{id}, quantity => 3 } } @$dishes[0 .. 4]]));
isnt $stock->(), $before, 'an order takes ingredients';
is move('counter', $gone->{data}{data}{id}, 'cancelled')->{status}, 200, 'it is cancelled';
is $stock->(), $before, 'and gives them back';
is move('admin', $gone->{data}{data}{id}, 'cancelled')->{status}, 409, 'once';
is $stock->(), $before, 'only';

# ---- two orders at one table
my $seat = $tables[5];
my $free = sub { !$client->get("/api/v1/tables/$seat->{id}", token => $token{admin})->{data}{data}{is_occupied} };
my @both = map { place('server', body(table_id => $seat->{id}))->{data}{data}{id} } 1 .. 2;
ok !$free->(), 'the table is taken';
move('manager', $both[0], 'cancelled');
ok !$free->(), 'still, while the other order is open';
move('manager', $both[1], 'completed');
ok $free->(), 'free when both are closed';

# ---- items
my $cooking = place('counter', body())->{data}{data};
my $item = "/api/v1/kitchen/orders/$cooking->{id}/items/$cooking->{items}[0]{id}/status";
my %cook = (token => $token{kitchen});
is $client->patch($item, { status => 'ready' }, %cook)->{status}, 200, 'an item is ready';
refused($client->patch($item, { status => 'burnt' }, %cook), 400, 'invalid_status', 'burnt is no status');
refused($client->patch($item, {}, %cook), 400, 'missing_status', 'a status is needed');
refused($client->patch("/api/v1/kitchen/orders/$cooking->{id}/items/$nobody/status", { status => 'ready' }, %cook),
    404, 'order_item_not_found', 'an item of another order');
is $client->get("/api/v1/orders/$cooking->{id}", token => $token{admin})->{data}{data}{status}, 'pending',
    'the order did not move';
refused($client->patch($item, { status => 'ready' }, token => $token{server}), 403, 'insufficient_permissions',
    'waiters do not tick items');

# ---- lists
my $list = sub { $client->get("/api/v1/orders$_[0]", token => $token{server}) };
my $all = $list->('?per_page=100');
my %status = map { $_->{id} => $_->{status} } @{ $all->{data}{data} };
is $all->{data}{meta}{total}, $server->pg->psql('SELECT count(*) FROM orders'), 'the total is exact';
is_deeply [ids($all)], [split /\n/, $server->pg->psql('SELECT id FROM orders ORDER BY created_at DESC, id DESC')],
    'newest first, all of them';
is scalar(ids($list->(''))), 20, 'twenty to a page';
is_deeply [ids($list->('?page=2&per_page=5'))], [(ids($all))[5 .. 9]], 'the second page follows';
is_deeply [ids($list->('?offset=7&limit=3'))], [(ids($all))[7 .. 9]], 'offset and limit too';
my $want = sub { my %is = map { $_ => 1 } @_; [grep { $is{ $status{$_} } } ids($all)] };
is_deeply [ids($list->('?status=pending,ready&per_page=100'))], $want->(qw(pending ready)), 'statuses by comma';
is_deeply [ids($list->('?status=pending&status=completed&per_page=100'))], $want->(qw(pending completed)), 'repeated';
is_deeply [ids($list->('?status%5B%5D=completed&status%5B%5D=cancelled&per_page=100'))],
    $want->(qw(completed cancelled)), 'and with brackets';
is_deeply [ids($list->('?status=completed,completed&per_page=100'))], $want->('completed'), 'a word twice is once';
is_deeply [ids($list->('?status=nonsense'))], [], 'an unknown word matches nothing';
is $list->('?status=pending,nonsense')->{data}{meta}{total}, scalar @{ $want->('pending') }, 'the total follows the filter';
is_deeply [ids($list->('?search=' . $cooking->{order_number}))], [$cooking->{id}], 'search by number';
is_deeply [ids($list->('?search=%25'))], [], 'a wildcard is a letter like any other';
is_deeply [ids($list->('?order_type=takeout&per_page=100'))],
    [grep { my $i = $_; grep { $_->{id} eq $i && $_->{order_type} eq 'takeout' } @{ $all->{data}{data} } } ids($all)],
    'by type';
is_deeply [ids($list->('?start_date=2000-01-01&end_date=2000-12-31'))], [], 'by day: none then';
is scalar(ids($list->('?start_date=2000-01-01&per_page=100'))), scalar(ids($all)), 'all since then';
is scalar(grep { !@{ $_->{items} } } @{ $all->{data}{data} }), 0, 'every order shows its items';

# ---- a dish that is a moment old shows its name
my $category = $client->get('/api/v1/categories', token => $token{admin})->{data}{data}[0]{id};
my $fresh = $client->post('/api/v1/admin/products', { name => 'Sate Kilat', price => 25000, category_id => $category },
    token => $token{admin})->{data}{data}{id};
my $quick = place('counter', body(items => [{ product_id => $fresh, quantity => 1 }]));
is $quick->{data}{data}{items}[0]{product}{name}, 'Sate Kilat', 'in the order that was just placed';

# ---- the kitchen queue
my $queue = $client->get('/api/v1/kitchen/orders', %cook);
is_deeply [ids($queue)], [split /\n/, $server->pg->psql(
    "SELECT id FROM orders WHERE status IN ('pending','confirmed','preparing','ready') ORDER BY created_at, id")],
    'oldest first, nothing else';
is scalar(grep { !@{ $_->{items} } || !defined $_->{table_number} || !defined $_->{customer_name} }
    @{ $queue->{data}{data} }), 0, 'never without items, never null where the screen cannot bear it';
is_deeply [ids($client->get('/api/v1/kitchen/orders?status=confirmed', %cook))], [], 'one status';
refused($client->get('/api/v1/kitchen/orders?status=served', %cook), 400, 'invalid_status', 'served is not in the queue');

$server->stop;
done_testing;
