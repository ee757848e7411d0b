# SPDX-License-Identifier: BSD-3-Clause
# Reload, upgrade and leaving, each under load from kept and from fresh connections: no request fails.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep time);
use KN::Load;
use KN::Server;

my $server = KN::Server->new(demo => 1, workers => 2,
    limiters => "  public: {budget: 1000000, period: 1m}\n  strict: {budget: 1000, period: 1m}\n");
my $token  = $server->token('counter');
my $dish   = $server->client->get('/api/v1/public/menu')->{data}{data}[0]{id};
my $runs   = 0;

sub visit {
    my ($client, $number, $round) = @_;
    my $kind = $round % 3;
    my $reply =
        $kind == 0 ? KN::Load::strictly($client, 'POST', '/api/v1/counter/orders', token => $token,
            json => { order_type => 'takeout', notes => "run $runs $$ $round", items => [{ product_id => $dish, quantity => 1 }] })
      : $kind == 1 ? KN::Load::strictly($client, 'GET', '/api/v1/public/menu')
      :              KN::Load::strictly($client, 'GET', '/api/v1/orders?per_page=3', token => $token);
    my $wanted = $kind == 0 ? 201 : 200;
    my $got = $reply->{lost} // $reply->{status};
    return { at => time, got => $got eq $wanted ? 'good' : "$got" };
}

sub load {
    $runs++;
    return map { KN::Load->new(server => $server, clients => 3, timeout => 20, fresh => $_, each => \&visit) } 0, 1;
}

# until => TIME: only what came before it counts.
sub all_good {
    my ($name, $until, @load) = @_;
    my @records = grep { !$until || $_->{at} < $until } map { $_->finish } @load;
    my %got;
    $got{ $_->{got} }++ for @records;
    my $good = delete $got{good} // 0;
    cmp_ok $good, '>', 30, "$name: there was load ($good requests)";
    is join(', ', map { "$got{$_} x $_" } sort keys %got), '', "$name: no request failed";
}

sub within {
    my ($seconds, $done) = @_;
    my $until = time + $seconds;
    until ($done->()) { return 0 if time > $until; sleep 0.02 }
    return 1;
}

# The same three processes for a second: nothing is coming or going.
sub settled {
    my @first = $server->children;
    sleep 1;
    my @second = $server->children;
    return @first == 3 && "@first" eq "@second";
}

# ---- SIGHUP
my @load = load();
sleep 0.5;
for my $round (1 .. 3) {
    my @old = $server->children;
    $server->write_conf(yaml => "environment: reload-$round\n", http => "  body_max: " . (16 * $round) . "K\n");
    $server->signal('HUP');
    ok within(20, sub { my %now = map { $_ => 1 } $server->children; !grep { $now{$_} } @old }), "reload $round: the old processes have left";
    is $server->client->get('/health')->{data}{environment}, "reload-$round", 'the new option is in effect';
}
all_good('three reloads', undef, @load);
is scalar(my @now = $server->children), 3, 'two workers and an agent, as before';
$server->write_conf(workers => 3);
$server->signal('HUP');
ok within(20, sub { (my @n = $server->children) == 4 }), 'a reload can add a worker';
$server->write_conf(workers => 2);
$server->signal('HUP');
ok within(20, sub { (my @n = $server->children) == 3 }), 'and take it away';

@load = load();
sleep 0.3;
$server->signal('HUP') for 1 .. 5;
sleep 0.5;
$server->signal('HUP');
ok within(30, sub { settled() }), 'reloads that overtake each other end with one set of workers';
all_good('a burst of reloads', undef, @load);

my @steady = sort { $a <=> $b } $server->children;
my %bad = (
    'an unknown key'       => [[yaml => "enviroment: x\n"], qr/kenangan\.yaml:\d+.*enviroment/],
    'a broken file'        => [[yaml => "environment: [x\n"], qr/kenangan\.yaml:\d+/],
    'a module that is not' => [[yaml => '', modules => ['health', 'auth', 'menu', 'nothing']], qr/nothing/],
    'a bad duration'       => [[http => "  header_timeout: soon\n"], qr/kenangan\.yaml:\d+.*header_timeout/],
);
for my $name (sort keys %bad) {
    my ($change, $reason) = @{ $bad{$name} };
    my %before = map { $_ => $server->{$_} } qw(yaml modules http);
    my $length = length $server->log_text;
    @load = load() if $name eq 'an unknown key';
    $server->write_conf(@$change);
    $server->signal('HUP');
    ok within(10, sub { substr($server->log_text, $length) =~ /"level":"ERROR"/ }), "$name: is logged";
    my @error = grep { /"level":"ERROR"/ && !/the server goes on as it was/ } split /\n/, substr $server->log_text, $length;
    is scalar(@error), 1, 'in one line' or diag join "\n", @error;
    like $error[0] // '', $reason, 'that says why';
    sleep 0.5;
    all_good($name, undef, @load) if $name eq 'an unknown key';
    is join(' ', sort { $a <=> $b } $server->children), "@steady", 'the old processes go on';
    is $server->client->get('/health')->{data}{environment}, 'reload-3', 'with the old configuration';
    $server->write_conf(%before);
}

# ---- SIGUSR2
for my $round (1 .. 2) {
    @load = load();
    sleep 0.5;
    my ($old, @old) = ($server->master, $server->children);
    $server->signal('USR2');
    ok within(20, sub { $server->master != $old && !grep { kill 0, $_ } @old }), "upgrade $round: a new master with new workers";
    waitpid $server->{pid}, 0 if $round == 1;
    ok within(10, sub { !kill 0, $old }), 'the old master has left';
    sleep 0.5;
    all_good("upgrade $round", undef, @load);
    is scalar(my @n = $server->children), 3, 'two workers and an agent';
}
my $master = $server->master;
$server->write_conf(yaml => "nonsense: true\n");
@load = load();
my $length = length $server->log_text;
$server->signal('USR2');
ok within(15, sub { substr($server->log_text, $length) =~ /nonsense/ }), 'an upgrade that cannot start says why';
sleep 1;
is $server->master, $master, 'the old master goes on';
is $server->client->get('/health')->{status}, 200, 'and serves';
all_good('a failed upgrade', undef, @load);
$server->write_conf(yaml => "environment: upgraded\n");
$server->signal('HUP');
ok within(20, sub { ($server->client->get('/health')->{data}{environment} // '') eq 'upgraded' }), 'an upgraded server reloads';

# ---- SIGTERM: what came before is answered
my @slow = map {
    my $client = $server->client;
    my $body = JSON::PP->new->encode({ $server->account('admin') });
    $client->send_raw("POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: " . length($body) . "\r\n\r\n$body");
    $client;
} 1 .. 20;
my $half = $server->client;
$half->send_raw("POST /api/v1/auth/logout HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{");
my $idle = $server->client;
$idle->get('/health');
@load = load();
sleep 1;
my $begin = time;
$server->signal('TERM');
sleep 0.3;
$half->send_raw('}');
is join(' ', map { ($_->read_response // {})->{status} // 'none' } @slow), join(' ', (200) x 20), 'sign-ins under way are finished';
my $last = $half->read_response // {};
is $last->{status}, 200, 'a request that is half here may come';
is $last->{headers}{connection}, 'close', 'and hears that it was the last';
ok $idle->closed(10), 'an idle connection is closed';
ok within(20, sub { !kill 0, $server->master }), 'the server has left';
cmp_ok time - $begin, '<', 20, 'soon';
all_good('leaving', $begin, @load);
unlike $server->log_text, qr/Sanitizer|runtime error:|Assertion/, 'sanitizers found nothing';
delete $server->{pid};

# ---- a second SIGTERM does not wait
my $hasty = KN::Server->new(pg => $server->pg);
my $stuck = $hasty->client;
$stuck->send_raw("POST /api/v1/auth/logout HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{");
sleep 0.3;
$hasty->signal('TERM');
sleep 0.5;
$hasty->signal('TERM');
ok defined $hasty->wait_exit(5), 'a second SIGTERM ends it at once';
delete $hasty->{pid};
done_testing;
