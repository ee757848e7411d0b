# SPDX-License-Identifier: BSD-3-Clause
# A shift: the waiter orders, the kitchen cooks, the counter takes the money, the table is free again.
use strict;
use warnings;
use Test::More;
use KN::Server;

my $server = KN::Server->new(demo => 1);
my $client = $server->client;

sub health {
    my $reply = $client->get('/health');
    return join ' ', $reply->{status}, $reply->{data}{status}, $reply->{data}{checks}{database}{status};
}

is health(), '200 healthy healthy', 'the house is healthy before the shift';

# the waiter
my $login = $client->post('/api/v1/auth/login', { $server->account('server') });
is $login->{status}, 200, 'the waiter signs in';
is $login->{data}{data}{user}{role}, 'server', 'as a waiter';
my $waiter = $login->{data}{data}{token};

my $menu = $client->get('/api/v1/public/menu');
is $menu->{status}, 200, 'the menu is there';
cmp_ok scalar @{ $menu->{data}{data} }, '>=', 40, 'with forty dishes or more';
my @dishes = @{ $menu->{data}{data} }[0, 1, 2];

my $tables = $client->get('/api/v1/tables?available_only=true', token => $waiter);
my ($table) = @{ $tables->{data}{data} };
ok $table && !$table->{is_occupied}, 'a free table is found';

my $placed = $client->post('/api/v1/server/orders',
    { table_id => $table->{id}, customer_name => 'Bu Sari',
      items => [map { { product_id => $_->{id}, quantity => 2 } } @dishes] }, token => $waiter);
is $placed->{status}, 201, 'the order is placed';
my $order = $placed->{data}{data};
like $order->{order_number}, qr/\AORD\d{8}\d{4,}\z/, 'it has a number of the day';
is $order->{status}, 'pending', 'it is pending';
is scalar @{ $order->{items} }, 3, 'with three lines';
my $subtotal = 0;
$subtotal += 2 * $_->{price} for @dishes;
is $order->{subtotal} + 0, $subtotal, 'priced from the catalogue';
is $order->{tax_amount} + 0, sprintf('%.2f', $subtotal * 0.11) + 0, 'with 11 percent tax';
is $order->{total_amount} + 0, $order->{subtotal} + $order->{tax_amount}, 'and their sum';
is $order->{table}{table_number}, $table->{table_number}, 'it names its table';
is $order->{user}{role}, 'server', 'and its waiter';

my $now = $client->get("/api/v1/tables/$table->{id}", token => $waiter)->{data}{data};
ok $now->{is_occupied}, 'the table is occupied';
is $now->{current_order}{id}, $order->{id}, 'by this order';

# the kitchen
my $cook = $server->token('kitchen');
my $queue = $client->get('/api/v1/kitchen/orders', token => $cook)->{data}{data};
my ($ticket) = grep { $_->{id} eq $order->{id} } @$queue;
ok $ticket, 'the kitchen sees it';
is $ticket->{table}{table_number}, $table->{table_number}, 'with its table';
is scalar @{ $ticket->{items} }, 3, 'and its dishes';
for my $item (@{ $ticket->{items} }) {
    my $path = "/api/v1/kitchen/orders/$order->{id}/items/$item->{id}/status";
    is $client->patch($path, { status => 'ready' }, token => $cook)->{status}, 200, 'a dish is ready';
}
for my $status (qw(preparing ready ready)) {
    my $moved = $client->patch("/api/v1/orders/$order->{id}/status", { status => $status }, token => $cook);
    is $moved->{status}, 200, "the order is $status";
    is $moved->{data}{data}{status}, $status, 'says the reply';
}
is health(), '200 healthy healthy', 'the house is healthy during the shift';
is $client->patch("/api/v1/orders/$order->{id}/status", { status => 'served' }, token => $waiter)->{status},
    200, 'the waiter serves';

# the counter
my $cashier = $server->token('counter');
my $summary = $client->get("/api/v1/orders/$order->{id}/payment-summary", token => $cashier)->{data}{data};
is $summary->{remaining_amount} + 0, $order->{total_amount} + 0, 'all of it is due';
my $part = $client->post("/api/v1/counter/orders/$order->{id}/payments",
    { payment_method => 'cash', amount => 10000 }, token => $cashier);
is $part->{status}, 201, 'a first part is paid in cash';
my $rest = $client->post("/api/v1/counter/orders/$order->{id}/payments",
    { payment_method => 'qris', amount => $order->{total_amount} - 10000, reference_number => 'Q-1' },
    token => $cashier);
is $rest->{status}, 201, 'the rest by QRIS';
is $rest->{data}{data}{processed_by_user}{role}, 'counter', 'taken by the counter';

my $done = $client->get("/api/v1/orders/$order->{id}", token => $waiter)->{data}{data};
is $done->{status}, 'completed', 'the order is complete';
ok $done->{completed_at} && $done->{served_at}, 'with its times';
is scalar @{ $done->{payments} }, 2, 'and both payments';
is $done->{payment_status}, 'paid', 'paid';
my @trail = map { "$_->{previous_status}>$_->{new_status}" }
    @{ $client->get("/api/v1/orders/$order->{id}/status-history", token => $waiter)->{data}{data} };
is "@trail", '>pending pending>preparing preparing>ready ready>served served>completed',
    'the trail tells the story once';
ok !$client->get("/api/v1/tables/$table->{id}", token => $waiter)->{data}{data}{is_occupied},
    'the table is free again';
ok !(grep { $_->{id} eq $order->{id} }
    @{ $client->get('/api/v1/kitchen/orders', token => $cook)->{data}{data} }), 'the kitchen is done with it';
is health(), '200 healthy healthy', 'the house is healthy after the shift';

my @lines = $server->access_lines;
my ($line) = grep { $_->{path} eq '/api/v1/server/orders' } @lines;
is $line->{status_code}, 201, 'the log has the order';
is $line->{request_id}, $placed->{headers}{'x-request-id'}, 'under the id that the reply carried';
like $line->{latency}, qr/\A\d+\.\d+ms\z/, 'with its latency';

$server->stop;
done_testing;
