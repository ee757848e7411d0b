# SPDX-License-Identifier: BSD-3-Clause
# Tables: the floor as staff and guests see it, and how the office changes it.
use strict;
use warnings;
use feature "state";
use JSON::PP ();
use Test::More;
use KN::Api;
use KN::Server;

my ($yes, $no) = (JSON::PP::true, JSON::PP::false);
my $server = KN::Server->new(demo => 1);
my $client = $server->client;
my ($admin, $waiter) = map { $server->token($_) } qw(admin server);
my ($tables, $office) = qw(/api/v1/tables /api/v1/admin/tables);
my $nobody = '11111111-2222-4333-8444-555555555555';
my $dish   = $client->get('/api/v1/public/menu')->{data}{data}[0]{id};

sub data { my ($path, $token) = @_; return $client->get($path, token => $token // $waiter)->{data}{data} }
sub place {
    my ($table) = @_;
    state $count = 0; # no two alike: an order that is repeated within 10 s is the same order
    my $reply = $client->post('/api/v1/server/orders', { table_id => $table, notes => 'no ' . ++$count,
        items => [{ product_id => $dish, quantity => 1 }] }, token => $waiter);
    return $reply->{data}{data}{id} // die $reply->{body};
}
sub move { answers($client, 'PATCH', "/api/v1/orders/$_[0]/status", { token => $admin, json => { status => $_[1] } }, '200', "order $_[1]") }

# ---- the demo's floor

my @floor = @{ data($tables) };
is scalar @floor, 20, 'twenty tables';
is_deeply [map { $_->{table_number} } @floor], [map { $_->{table_number} } sort { $a->{table_number} cmp $b->{table_number} } @floor], 'by number';
is join(' ', sort keys %{ $floor[0] }), 'created_at current_order id is_occupied location qr_code seating_capacity status table_number updated_at', 'a table';
is_deeply [@{ $floor[0] }{qw(is_occupied status current_order)}], [$no, 'available', undef], 'free';
my %area;
push @{ $area{ $_->{location} } }, $_ for @floor;
is scalar keys %area, 3, 'in three areas';
my $groups = data("$tables/by-location");
is_deeply [map { $_->{location} } @$groups], [sort keys %area], 'by-location, sorted';
is_deeply [map { scalar @{ $_->{tables} } } @$groups], [map { scalar @{ $area{$_} } } sort keys %area], 'with their tables';
my ($one, $two) = @{ $area{ (sort keys %area)[0] } };
is_deeply data("$tables?location=" . uc(substr $one->{location}, -4)), $area{ $one->{location} }, 'a part of the location, any case';
is scalar @{ data("$tables?location=$_") }, 0, "location=$_ finds none" for '%25', '_';

sub status { my $s = data("$tables/status"); return join ' ', @$s{qw(total_tables occupied_tables available_tables)}, 0 + $s->{occupancy_rate} }
is status(), '20 0 20 0', 'the summary of an empty house';

# ---- guests

my $qr = answers($client, 'GET', "/api/v1/customer/table/$one->{qr_code}", {}, '200')->{data}{data};
is_deeply $qr, { map { $_ => $one->{$_} } qw(id table_number seating_capacity location) }, 'a guest scans: the least';
answers($client, 'GET', '/api/v1/customer/table/nowhere', {}, '404 table_not_found');
answers($client, 'GET', '/api/v1/customer/table/' . 'x' x 60, {}, '404 table_not_found', 'a long code: 404');

# ---- occupied by orders

my $order = place($one->{id});
my $now = data("$tables/$one->{id}");
is_deeply [@$now{qw(is_occupied status)}], [$yes, 'occupied'], 'an order occupies';
is join(' ', sort keys %{ $now->{current_order} }),
  'created_at customer_name id order_number order_type status subtotal tax_amount total_amount updated_at', 'current_order';
is "$now->{current_order}{id} $now->{current_order}{status}", "$order pending", 'is this one';
my $later = place($one->{id});
is data("$tables/$one->{id}")->{current_order}{id}, $later, 'the newest of two';
is scalar @{ data($tables) }, 20, 'still one row per table';
is scalar @{ data("$office?limit=100", $admin) }, 20, 'in the office too';
is status(), '20 1 19 5', 'the summary';
my ($stats) = grep { $_->{location} eq $one->{location} } @{ data("$tables/status")->{by_location} };
is "$stats->{total_tables} $stats->{occupied_tables} $stats->{available_tables}",
  @{ $area{ $one->{location} } } . ' 1 ' . (@{ $area{ $one->{location} } } - 1), 'by location';
is_deeply [ids($client->get("$tables?occupied_only=true", token => $waiter))], [$one->{id}], 'occupied_only';
is_deeply [ids($client->get("$tables?occupied_only=true&available_only=true", token => $waiter))], [$one->{id}], 'which wins';
is scalar @{ data("$tables?available_only=true") }, 19, 'available_only';
is answer($client->delete("$office/$one->{id}", token => $admin)), '400 table_has_active_orders', 'a table with open orders stays';
move($later, 'cancelled');
$now = data("$tables/$one->{id}");
is_deeply [$now->{is_occupied}, $now->{current_order}{id}], [$yes, $order], 'the other order keeps the table';
move($order, 'completed');
$now = data("$tables/$one->{id}");
is_deeply [@$now{qw(is_occupied current_order)}], [$no, undef], 'then it is free';

is answer($client->get("$tables/$_->[0]", token => $waiter)), $_->[1], "GET /tables/$_->[0]: $_->[1]"
  for ['x', '400 invalid_uuid'], [$nobody, '404 table_not_found'];

# ---- the office: create

my $made = answers($client, 'POST', $office, { token => $admin, json => { table_number => ' VIP A ' } }, '201')->{data}{data};
is_deeply [@$made{qw(table_number seating_capacity location is_occupied)}], ['VIP A', 4, undef, $no], 'defaults';
like $made->{qr_code}, qr/\Atable-vip[-_ ]?a\z/, 'a code of its own';
(my $code = $made->{qr_code}) =~ s/ /%20/g;
answers($client, 'GET', "/api/v1/customer/table/$code", {}, '200', 'that guests can scan');
ok !exists $client->get("/api/v1/customer/table/$code")->{data}{data}{location}, 'no location, no key';
is((grep { $_->{location} eq 'General' } @{ data("$tables/by-location") })[0]{tables}[0]{id}, $made->{id}, 'it stands in General');
my $busy = answers($client, 'POST', $office, { token => $admin,
        json => { table_number => 'V2', seating_capacity => 20, location => 'Teras', status => 'occupied', qr_code => 'v2' } }, '201')->{data}{data};
is_deeply [@$busy{qw(is_occupied status qr_code location)}], [$yes, 'occupied', 'v2', 'Teras'], 'as sent';
$busy = answers($client, 'POST', $office, { token => $admin, json => { table_number => 'V3', status => 'maintenance', qr_code => undef } }, '201')->{data}{data};
ok !$busy->{is_occupied}, 'other words for status are ignored';
cases($client, 'POST', $office, $admin,
    ['no number', { seating_capacity => 2 }, '400 missing_table_number'], ['blank number', { table_number => ' ' }, '400 missing_table_number'],
    ['long number', { table_number => 'x' x 21 }, '400 field_too_long'], ['long location', { table_number => 'x', location => 'x' x 51 }, '400 field_too_long'],
    (map { ["capacity $_", qq({"table_number":"x","seating_capacity":$_}), '400 invalid_capacity'] } 0, 21, -1, '"4"', 1.5, '1e99'),
    ['taken number', { table_number => 'VIP A' }, '409 table_number_taken'],
    ['taken code', { table_number => 'x', qr_code => 'v2' }, '409 qr_code_taken'], ['no JSON', '[', '400 invalid_json']);
my $twin = answers($client, 'POST', $office, { token => $admin, json => { table_number => 'vip a' } }, '201', 'the same in small letters')->{data}{data};
isnt $twin->{qr_code}, $made->{qr_code}, 'gets another code';

# ---- update

my $path = "$office/$made->{id}";
my $edited = answers($client, 'PUT', $path, { token => $admin, json => { id => 'x', seating_capacity => 8, location => 'Teras' } }, '200')->{data}{data};
is_deeply [@$edited{qw(table_number seating_capacity location qr_code)}], ['VIP A', 8, 'Teras', $made->{qr_code}], 'only what was sent';
ok answers($client, 'PUT', $path, { token => $admin, json => { status => 'occupied' } }, '200')->{data}{data}{is_occupied}, 'status occupies';
ok !answers($client, 'PUT', $path, { token => $admin, json => { status => 'occupied', is_occupied => $no } }, '200')->{data}{data}{is_occupied}, 'is_occupied wins';
ok !answers($client, 'PUT', $path, { token => $admin, json => { status => 'reserved', seating_capacity => 8 } }, '200')->{data}{data}{is_occupied}, 'reserved means nothing';
is answers($client, 'PUT', $path, { token => $admin, json => { qr_code => undef, location => undef } }, '200')->{data}{data}{qr_code}, undef, 'null clears';
cases($client, 'PUT', $path, $admin, ['nothing', { id => 1 }, '400 no_fields'], ['capacity', { seating_capacity => 0 }, '400 invalid_capacity'],
    ['taken number', { table_number => 'V2' }, '409 table_number_taken'], ['taken code', { qr_code => 'v2' }, '409 qr_code_taken'],
    ['no JSON', 'x', '400 invalid_json']);
cases($client, 'PUT', "$office/x", $admin, ['bad id', { location => 'x' }, '400 invalid_uuid']);
cases($client, 'PUT', "$office/$nobody", $admin, ['unknown', { location => 'x' }, '404 not_found']);

# ---- delete

is answer($client->delete("$office/$one->{id}", token => $admin)), '200', 'a table with only closed orders goes';
is answer($client->delete("$office/$one->{id}", token => $admin)), '404 not_found', 'once';
is answer($client->delete("$office/x", token => $admin)), '400 invalid_uuid', 'a bad id';
my $old = data("/api/v1/orders/$order");
ok !defined $old->{table_id} && !defined $old->{table}, 'its old orders have no table';
is answer($client->get("/api/v1/customer/table/$one->{qr_code}")), '404 table_not_found', 'its code is dead';
is answer($client->post('/api/v1/server/orders', { table_id => $one->{id}, notes => 'gone', items => [{ product_id => $dish, quantity => 1 }] }, token => $waiter)),
  '400 table_not_found', 'and nobody orders there';

# ---- the office's list

sub meta { my $m = $client->get("$office$_[0]", token => $admin)->{data}{meta}; return "@$m{qw(current_page per_page total total_pages)}" }
is meta(''), '1 20 23 2', 'twenty a page';
is meta('?limit=5'), '1 20 23 2', 'never fewer for limit';
is meta('?limit=100'), '1 100 23 1', 'but more';
is meta('?per_page=5&page=5'), '5 5 23 5', 'per_page as it is';
my $vip = grep { ($_->{table_number} . ' ' . ($_->{location} // '')) =~ /vip/i } @{ data("$office?limit=100", $admin) };
is meta('?search=VIP'), "1 20 $vip 1", 'search by number and location';
is meta('?search=%25'), '1 20 0 0', 'without wildcards';
is meta('?status=occupied'), '1 20 1 1', 'occupied';
is meta('?status=available'), '1 20 22 2', 'available';
is meta('?status=reserved'), '1 20 23 2', 'another word filters nothing';
is meta('?location=teras&status=occupied'), '1 20 1 1', 'location';
place($two->{id});
my ($row) = grep { $_->{id} eq $two->{id} } @{ data("$office?limit=100", $admin) };
ok $row->{current_order}{id}, 'with current_order';

$server->stop;
done_testing;
