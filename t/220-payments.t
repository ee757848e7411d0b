# SPDX-License-Identifier: BSD-3-Clause
# Payments: what is refused, what completes an order, and that parallel ones never exceed the bill.
use strict;
use warnings;
use Test::More;
use KN::Server;

my $server = KN::Server->new(demo => 1);
my $client = $server->client;
my %token  = map { $_ => $server->token($_) } qw(admin manager server counter kitchen);
my $dish   = $client->get('/api/v1/public/menu')->{data}{data}[0];
my $nobody = '00000000-0000-4000-8000-000000000000';
my $count  = 0;

sub order {
    my $reply = $client->post('/api/v1/orders', { order_type => 'takeout', notes => 'no ' . ++$count,
        items => [{ product_id => $dish->{id}, quantity => 1 }] }, token => $token{manager});
    return $reply->{data}{data};
}

# The budget of five a minute is per user; tests of other things make it as if a minute had passed.
sub later {
    $server->pg->psql("UPDATE payments SET processed_at = processed_at - interval '2 minutes'");
}

sub pay {
    my ($role, $order, $amount, %more) = @_;
    later();
    my $path = delete $more{path} // '/api/v1/orders';
    return $client->post("$path/$order/payments", { payment_method => 'cash', amount => $amount, %more },
        token => $token{$role});
}

sub status { $client->get("/api/v1/orders/$_[0]", token => $token{admin})->{data}{data}{status} }

sub refused {
    my ($reply, $status, $code, $name) = @_;
    is "$reply->{status} " . ($reply->{data}{error} // ''), "$status $code", $name;
}

my %allowed = ('/api/v1/orders' => 'admin manager counter', '/api/v1/counter/orders' => 'admin manager counter',
    '/api/v1/admin/orders' => 'admin manager');
for my $path (sort keys %allowed) {
    for my $role (sort keys %token) {
        my $may = $allowed{$path} =~ /\b$role\b/;
        is pay($role, order()->{id}, 1000, path => $path)->{status}, $may ? 201 : 403, "$role pays at $path";
    }
}

my $order = order();
my $due   = $order->{total_amount} + 0;
refused(pay('counter', $order->{id}, $due, payment_method => 'shells'), 400, 'invalid_payment_method', 'shells');
refused(pay('counter', $order->{id}, 0),          400, 'invalid_amount',         'nothing');
refused(pay('counter', $order->{id}, -5),         400, 'invalid_amount',         'less than nothing');
refused(pay('counter', $order->{id}, 1.005),      400, 'invalid_amount',         'half a sen');
refused(pay('counter', $order->{id}, 'all'),      400, 'invalid_amount',         'a word');
refused(pay('counter', $order->{id}, 50_000_001), 400, 'amount_exceeds_limit',   'a fortune');
refused(pay('counter', $order->{id}, $due + 1),   400, 'amount_exceeds_balance', 'more than is due');
refused(pay('counter', $nobody, 1000),            404, 'order_not_found',        'an order nobody placed');
refused(pay('counter', 'x', 1000),                400, 'invalid_uuid',           'an id that is none');

is pay('counter', $order->{id}, $due)->{status}, 201, 'the bill';
is status($order->{id}), 'pending', 'paid first: it stays in the kitchen';
refused(pay('counter', $order->{id}, 1), 400, 'order_fully_paid', 'a second time');
$client->patch("/api/v1/orders/$order->{id}/status", { status => 'ready' }, token => $token{kitchen});
is $client->patch("/api/v1/orders/$order->{id}/status", { status => 'served' }, token => $token{server})->{data}{data}{status},
    'completed', 'and completes when it is served';
refused(pay('counter', $order->{id}, 1), 400, 'invalid_order_status', 'a closed order takes no money');

my $ready = order();
$client->patch("/api/v1/orders/$ready->{id}/status", { status => 'ready' }, token => $token{kitchen});
pay('counter', $ready->{id}, 1000);
is status($ready->{id}), 'ready', 'a part does not complete';
pay('counter', $ready->{id}, $ready->{total_amount} - 1000);
is status($ready->{id}), 'completed', 'the rest does';
my $list = $client->get("/api/v1/orders/$ready->{id}/payments", token => $token{server})->{data}{data};
is_deeply [map { $_->{amount} + 0 } @$list], [$ready->{total_amount} - 1000, 1000], 'newest first';
my $summary = $client->get("/api/v1/orders/$ready->{id}/payment-summary", token => $token{server})->{data}{data};
is_deeply [map { $_ + 0 } @$summary{qw(total_paid remaining_amount payment_count)}],
    [$ready->{total_amount}, 0, 2], 'the summary adds up';
ok $summary->{is_fully_paid}, 'fully paid';
refused($client->get("/api/v1/orders/$nobody/payments", token => $token{server}), 404, 'order_not_found', 'no such order');

# ---- five a minute for each member of staff
later();
my $bill = order()->{id};
my @five = map { $client->post("/api/v1/orders/$bill/payments", { payment_method => 'cash', amount => 1 },
    token => $token{counter}) } 1 .. 6;
is join(' ', map { $_->{status} } @five), '201 201 201 201 201 429', 'the sixth within a minute waits';
ok $five[5]{headers}{'retry-after'}, 'and is told how long';

# ---- fifty at once
my $rush = order();
my $share = int($rush->{total_amount} / 10);
my $users = join ',', map { "('rush$_','rush$_\@example.com','x','R','U','counter')" } 1 .. 50;
$server->pg->psql("INSERT INTO users (username, email, password_hash, first_name, last_name, role) VALUES $users");
my @ids = split /\n/, $server->pg->psql("SELECT id FROM users WHERE username LIKE 'rush%'");
my @children = map {
    my $user = $_;
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        open(STDERR, '>', '/dev/null');    # most of them are refused
        eval { $server->pg->psql("SELECT payment_take('$rush->{id}', 'cash', $share, NULL, '$user')") };
        require POSIX;
        POSIX::_exit($@ ? 1 : 0);
    }
    $pid;
} @ids;
my $took = 0;
for (@children) { waitpid $_, 0; $took++ if $? == 0 }
my $paid = $server->pg->psql("SELECT sum(amount) FROM payments WHERE order_id = '$rush->{id}'");
cmp_ok $paid, '<=', $rush->{total_amount}, "fifty parallel payments never exceed the bill ($took were taken)";
cmp_ok $paid, '>', $rush->{total_amount} - $share, 'and fill it as far as they can';

$server->stop;
done_testing;
