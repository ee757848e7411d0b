# SPDX-License-Identifier: BSD-3-Clause
# Crashes under load: whatever dies, an order that was acknowledged is in the database, once, and the
# house goes on.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep time);
use KN::Load;
use KN::Server;

my $server = KN::Server->new(demo => 1, workers => 2);
my $pg     = $server->pg;
my $token  = $server->token('counter');
my $dish   = $server->client->get('/api/v1/public/menu')->{data}{data}[0]{id};
my $phase  = 0;

# Places one order, and sends the same body again until it is acknowledged: clients with an odd number
# under an Idempotency-Key, the others rely on the ten seconds in which an identical body is the same order.
sub place {
    my ($client, $number, $round, $stop) = @_;
    my $note = "phase $phase, client $number, round $round";
    my ($begin, $patience, %seen) = (time, $number % 2 ? 30 : 8);
    for (my $try = 1; time - $begin < $patience; $try++) {
        my $reply = KN::Load::strictly($client, 'POST', '/api/v1/counter/orders', token => $token,
            ($number % 2 ? (key => "k-$phase-$number-$round") : ()),
            json => { order_type => 'takeout', notes => $note, items => [{ product_id => $dish, quantity => 1 }] });
        my $status = $reply->{status} // 'lost';
        $seen{$status}++;
        return { note => $note, id => $reply->{data}{data}{id}, seen => \%seen } if $status eq '201';
        return { note => $note, wrong => "$status $reply->{body}" } unless $status =~ /\A(?:lost|503)\z/;
        return { note => $note, unheeded => 1 } if $status eq '503' && !$reply->{headers}{'retry-after'};
        sleep 0.1;
    }
    return { note => $note, given_up => 1, seen => \%seen };
}

sub load {
    $phase++;
    return KN::Load->new(server => $server, clients => 6, timeout => 15, each => \&place);
}

# What the clients were told against what the database holds.
sub reconcile {
    my ($name, @records) = @_;
    my @acknowledged = grep { $_->{id} } @records;
    my %id = map { my ($id, $note) = split /\t/; $note => $id }
        split /\n/, $pg->psql("SELECT id, notes FROM orders WHERE notes LIKE 'phase $phase,%'");
    cmp_ok scalar(@acknowledged), '>', 30, "$name: there was load (" . @acknowledged . ' orders)';
    is join('; ', grep { defined } map { $_->{wrong} } @records), '', "$name: nothing but 201, 503 and lost connections";
    is scalar(grep { $_->{unheeded} } @records), 0, "$name: each 503 says when to come back";
    is join(', ', map { $_->{note} } grep { ($id{ $_->{note} } // '') ne $_->{id} } @acknowledged), '',
        "$name: each acknowledged order is stored";
    is $pg->psql("SELECT count(*) FROM (SELECT 1 FROM orders WHERE notes LIKE 'phase $phase,%' GROUP BY notes HAVING count(*) > 1) d"),
        0, "$name: none twice";
    is $pg->psql('SELECT count(*) FROM orders o WHERE NOT EXISTS (SELECT 1 FROM order_items i WHERE i.order_id = o.id)'), 0,
        "$name: none by halves";
    is $pg->psql('SELECT count(*) FROM (SELECT 1 FROM orders GROUP BY order_number HAVING count(*) > 1) d'), 0,
        "$name: no number twice";
    is scalar(grep { $_->{given_up} } @records), 0, "$name: every client got its order in the end";
    my $lost = 0;
    $lost += ($_->{seen}{lost} // 0) + ($_->{seen}{503} // 0) for @records;
    diag "$name: " . @acknowledged . " orders, $lost tries lost or refused";
}

sub name_of {
    my ($pid) = @_;
    open(my $file, '<', "/proc/$pid/comm") or return '';
    return <$file> // '';
}

sub workers { return grep { name_of($_) =~ /-w\d/ } $server->children }

sub within {
    my ($seconds, $done) = @_;
    my $until = time + $seconds;
    until ($done->()) {
        return 0 if time > $until;
        sleep 0.02;
    }
    return 1;
}

sub healthy { my $r = $server->client(timeout => 3)->get('/health'); return $r && $r->{status} == 200 }

# ---- workers
my $load = load();
sleep 1;
my $survivor_served = 0;
for my $round (1 .. 6) {
    my @before = workers();
    my $victim = $before[$round % @before];
    kill 'KILL', $victim;
    ok within(2, sub { my @now = workers(); @now == 2 && !grep { $_ == $victim } @now }), "worker $victim was killed and is replaced";
    ok within(5, \&healthy), 'the house answers';
    sleep 0.5;
}
ok kill(0, $server->master), 'the master lives';
my ($agent) = grep { my $pid = $_; !grep { $_ == $pid } workers() } $server->children;
kill 'KILL', $agent;
ok within(3, sub { my @now = $server->children; @now == 3 && !grep { $_ == $agent } @now }), 'an agent that was killed is replaced';
kill 'KILL', workers();
ok within(3, sub { workers() == 2 }), 'both workers at once';
ok within(5, \&healthy), 'and the house answers';
sleep 0.5;
reconcile('workers killed', $load->finish);
like $server->log_text, qr/"level":"ERROR"[^\n]*(?:signal|SIG)/i, 'the log tells of it';
unlike $server->log_text, qr/quarantine/i, 'no module is blamed for what came from outside';

# ---- single database connections
$load = load();
sleep 0.5;
for (1 .. 8) {
    $pg->psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'kenangan%' AND pid <> pg_backend_pid()");
    sleep 0.3;
}
sleep 0.5;
reconcile('connections killed', $load->finish);

# ---- PostgreSQL
$load = load();
sleep 1;
$pg->restart('immediate');
ok within(15, \&healthy), 'PostgreSQL restarted at once: healthy again by itself';
sleep 1;
$pg->stop('immediate');
my $order = { order_type => 'takeout', notes => 'while it is down', items => [{ product_id => $dish, quantity => 1 }] };
sleep 0.3;
for my $probe (['GET', '/health'], ['GET', '/api/v1/orders'], ['POST', '/api/v1/counter/orders', $order], ['POST', '/api/v1/auth/login', { $server->account('admin') }]) {
    my ($method, $path, $body) = @$probe;
    my $begin = time;
    my $reply = $server->client(timeout => 20)->request($method, $path, token => $token, ($body ? (json => $body) : ()));
    is $reply->{status} // 'none', 503, "without PostgreSQL: $method $path";
    cmp_ok time - $begin, '<', 5, 'is answered soon';
    next if $path eq '/health';
    like $reply->{headers}{'retry-after'} // '', qr/\A\d+\z/, 'with Retry-After';
    unlike $reply->{body}, qr/socket|pg-|postgres|connect to server/i, 'and no details';
}
is scalar(workers()), 2, 'no worker minds';
$pg->start;
ok within(15, \&healthy), 'PostgreSQL is back: healthy by itself';
ok within(5, sub { ($server->client->get('/api/v1/orders', token => $token) // {})->{status} == 200 }), 'orders are served';
sleep 1;
reconcile('PostgreSQL killed', $load->finish);
is $pg->psql("SELECT count(*) FROM orders WHERE notes = 'while it is down'"), 0, 'what was refused was not stored';

# ---- a server that starts before its database
$server->stop;
$pg->stop;
$server->start(unhealthy => 1);
is $server->client->get('/health')->{status}, 503, 'a server may start before its database';
$pg->start;
ok within(20, \&healthy), 'and is healthy when that comes';
ok within(5, sub { $server->client->get('/api/v1/public/menu')->{status} == 200 }), 'with its menu';

# ---- the master
my @orphans = $server->children;
is scalar(@orphans), 3, 'two workers and the agent';
kill 'KILL', $server->{pid};
waitpid delete $server->{pid}, 0;
ok within(10, sub { !grep { kill 0, $_ } @orphans }), 'without their master they leave';
unlink "$server->{dir}/pid";
$server->start;
is $server->client->get('/api/v1/public/menu')->{status}, 200, 'and the next one finds the port free';

$server->stop;
done_testing;
