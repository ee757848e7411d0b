# SPDX-License-Identifier: BSD-3-Clause
# Health reports, probes and metrics: their exact shapes, and that they tell the truth.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep time);
use KN::Api;
use KN::Server;

my $server = KN::Server->new(demo => 1, env => { ENVIRONMENT => 'test-house', METRICS_TOKEN => 'metrics-token-1' },
    http => "  trusted_proxies: [127.0.0.0/8]\n");
my $client = $server->client;
my $pg     = $server->pg;

# ---- the report

my $stamp = qr/"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"/;
my $more  = qr/(?:,"\w+":\{"status":"(?:un)?healthy"(?:,"(?:detail|error)":"[^"]*")?,"response_time":"\d+ms"\})*/;
my $good  = qr/\A\{"status":"healthy","timestamp":$stamp,"version":"\d+\.\d+\.\d+","environment":"test-house","checks":\{
    "database":\{"status":"healthy","response_time":"\d+ms","connection_pool":\{"open":\d+,"in_use":\d+,"idle":\d+\}\},
    "api":\{"status":"healthy","uptime":"(?:\d+h)?(?:\d+m)?\d+s"\}$more\}\}\n?\z/x;
my $bad = qr/\A\{"status":"unhealthy","timestamp":$stamp,"version":"\d+\.\d+\.\d+","environment":"test-house","checks":\{
    "database":\{"status":"unhealthy","error":"[a-z ]+","response_time":"timeout"\}$more\}\}\n?\z/x;
for my $path ('/health', '/api/v1/health') {
    my $reply = $client->get($path, token => 'stale');
    is $reply->{status}, 200, "$path: 200";
    like $reply->{body}, $good, 'in shape and order';
    is $reply->{headers}{'cache-control'}, 'no-store', 'not cached';
    like $reply->{headers}{'content-type'}, qr{\Aapplication/json}, 'JSON';
    is $client->request('HEAD', $path)->{status}, 200, 'HEAD';
}
my %limits;
$limits{ answer($client->get('/health')) }++ for 1 .. 700;
is_deeply \%limits, { 200 => 700 }, 'no limiter';

# The pool is summed over all processes: what PostgreSQL counts.
sub pool { return $client->get('/health')->{data}{checks}{database}{connection_pool} }
my @crowd = crowd(8, $server);
$_->get('/health') for @crowd;
my $pool  = pool();
my $count = $pg->psql("SELECT count(*) FROM pg_stat_activity WHERE datname = 'pos_system' AND pid <> pg_backend_pid()");
cmp_ok abs($pool->{open} - $count), '<=', 1, "PostgreSQL counts $count connections, the report $pool->{open}";
is $pool->{in_use} + $pool->{idle}, $pool->{open}, 'each is in use or idle';
cmp_ok $pool->{open}, '>=', 2, 'two workers have one each';
cmp_ok $pool->{in_use}, '>=', 1, 'the one that answers is in use';
sub uptime { my ($h, $m, $s) = $client->get('/health')->{data}{checks}{api}{uptime} =~ /\A(?:(\d+)h)?(?:(\d+)m)?(\d+)s\z/; return ($h // 0) * 3600 + ($m // 0) * 60 + $s }
my ($began, $before) = (time, uptime());
sleep 2.1;
cmp_ok abs(uptime() - $before - (time - $began)), '<=', 1.1, 'uptime runs';
my ($worker) = $server->children;
kill 'KILL', $worker;
sleep 0.5;
cmp_ok uptime(), '>', $before, 'and is the process tree\'s, not a worker\'s';

# ---- probes

is_deeply $client->get('/livez')->{data}, { status => 'alive' }, '/livez';
is_deeply $client->get('/readyz')->{data}, { status => 'ready' }, '/readyz';

# ---- the card

my ($admin, $manager) = map { $server->token($_) } qw(admin manager);
my $card = answers($client, 'GET', '/api/v1/admin/health', { token => $manager }, '200')->{data}{data};
is "$card->{database}{status} $card->{api}{status} $card->{backup}{status}", 'connected online unknown', 'the card';
like $card->{database}{latency_ms}, qr/\A[\d.]+\z/, 'with a latency';
ok exists $card->{backup}{last_backup} && !defined $card->{backup}{last_backup}, 'no backup is null';

# ---- the error test

my $error = answers($client, 'GET', '/api/v1/error-test', {}, '500 test_error');
ok $server->wait_log(qr/"level":"ERROR"[^\n]*test error/), 'logged at ERROR';
my ($line) = grep { $_->{path} eq '/api/v1/error-test' } $server->access_lines;
is "$line->{level} $line->{status_code} $line->{request_id}", "ERROR 500 $error->{headers}{'x-request-id'}", 'as is its request';

# ---- metrics: a strict reader of the text format

sub metrics {
    my ($text) = @_;
    my (%type, %help, %value, %seen);
    my $family = '';
    ok $text =~ /\n\z/, 'the exposition ends in a newline';
    for (split /\n/, $text) {
        if (/\A# HELP ([a-zA-Z_:][\w:]*) (\S.*)\z/) {
            ok !$help{$1}++, "$1: one HELP";
            $family = $1;
        } elsif (/\A# TYPE ([a-zA-Z_:][\w:]*) (counter|gauge|histogram)\z/) {
            ok !exists $type{$1} && $1 eq $family, "$1: one TYPE, after its HELP";
            $type{$1} = $2;
        } elsif (my ($name, $labels, $number) = /\A([a-zA-Z_:][\w:]*)(\{(?:[a-zA-Z_]\w*="(?:[^"\\]|\\[\\"n])*",?)*\})? ([+-]?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|Inf|NaN))\z/) {
            my $base = $type{$family} eq 'histogram' ? $name =~ s/_(?:bucket|sum|count)\z//r : $name;
            fail("$name stands outside its family") if $base ne $family;
            fail("$_ twice") if $seen{ $name . ($labels // '') }++;
            fail("counter $name does not end in _total") if $type{$family} eq 'counter' && $name !~ /_total\z/;
            $value{ $name . ($labels // '') } = $number;
        } else {
            fail("not in Prometheus' text format: $_");
        }
    }
    return (\%type, \%value);
}

my $reply = $client->get('/metrics');
is $reply->{status}, 200, '/metrics from this host';
like $reply->{headers}{'content-type'}, qr{\Atext/plain; version=0\.0\.4}, 'as Prometheus wants it';
my ($type, $value) = metrics($reply->{body});
is "$type->{http_server_request_duration_seconds} $type->{db_client_connection_count}", 'histogram gauge', 'the names';
ok exists $value->{qq(db_client_connection_count{state="$_"})}, "connections $_" for qw(idle used);
my $series = 'http_server_request_duration_seconds_bucket{method="GET",route="/health",status_class="2xx"';
my @bounds = qw(0.005 0.01 0.025 0.05 0.075 0.1 0.25 0.5 0.75 1 2.5 5 7.5 10 +Inf);
my @below  = map { $value->{qq($series,le="$_"\})} // -1 } @bounds;
is_deeply \@below, [sort { $a <=> $b } @below], "buckets @below grow";
is $below[-1], $value->{ $series =~ s/_bucket/_count/r . '}' }, 'to the count';
cmp_ok $below[-1], '>=', 700, 'summed over the workers';
$client->get('/api/v1/admin/users/11111111-2222-4333-8444-55555555555' . $_, token => $admin) for 0 .. 3;
$client->get("/nowhere/$_") for 1 .. 3;
($type, $value) = metrics($client->get('/metrics')->{body});
ok !(grep { /11111111|nowhere/ } keys %$value), 'routes are templates, never paths';
ok $value->{'http_server_request_duration_seconds_count{method="other",route="unmatched",status_class="4xx"}'}, 'unknown ones are one series';

my %from = ('X-Forwarded-For' => '203.0.113.9');
is $client->get('/metrics', headers => {%from})->{status}, 403, 'not for others';
is $client->get('/metrics', headers => { %from, Authorization => 'Bearer metrics-token-2' })->{status}, 403, 'not with a wrong token';
is $client->get('/metrics', headers => { %from, Authorization => 'Bearer metrics-token-1' })->{status}, 200, 'but with the right one';

# ---- without the database

$pg->stop('immediate');
ok defined soon(10, sub { $_[0]->get('/health')->{status} == 503 }, @crowd), 'PostgreSQL stops: 503 everywhere';
for my $path ('/health', '/api/v1/health') {
    $began = time;
    my $ill = $client->get($path);
    like $ill->{body}, $bad, "$path: the shape of illness";
    cmp_ok time - $began, '<', 3, 'within three seconds';
    unlike $ill->{body}, qr/postgres|\/tmp|5432/, 'naming no host, user or path';
}
is $client->get('/livez')->{status}, 200, '/livez: alive';
is $client->get('/readyz')->{status}, 503, '/readyz: not ready';
is $client->get('/metrics')->{status}, 200, '/metrics: as ever';
$card = $client->get('/api/v1/admin/health', token => $admin);
like answer($card), qr/\A(?:200|503 database_unavailable)\z/, 'the card, if anybody can still be known';
is $card->{data}{data}{database}{status}, 'disconnected', 'says disconnected' if $card->{status} == 200;
my ($status) = $server->ctl('health');
is $status, 1, 'kenanganctl health: 1';
$pg->start;
ok defined soon(15, sub { $_[0]->get('/health')->{status} == 200 }, @crowd), 'PostgreSQL is back: 200 everywhere';
is $client->get('/readyz')->{status}, 200, '/readyz: ready';
# Its connection may reach a worker that none of the crowd's does, which is still waiting to dial again.
my $said;
for (1 .. 30) {
    ($status, $said) = $server->ctl('health');
    last if $status == 0;
    sleep 0.1;
}
is $status, 0, 'kenanganctl health: 0' or diag $said;
$server->stop;
done_testing;
