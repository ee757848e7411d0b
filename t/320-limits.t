# SPDX-License-Identifier: BSD-3-Clause
# Limits of size, time, number and rate: what is over one is refused or ended, and the others go on.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep time);
use KN::Server;

my $server = KN::Server->new(demo => 1, workers => 1, limiters => "  public: {budget: 1000000, period: 1m}\n",
    env => { ASAN_OPTIONS => 'quarantine_size_mb=1' },    # what is freed must not look like what is used
    http => <<'YAML');
  line_max: 1K
  header_max: 4K
  header_count: 20
  body_max: 8K
  header_timeout: 2s
  body_timeout: 2s
  idle_timeout: 3s
  write_timeout: 3s
YAML
my $host = "Host: localhost\r\n";

# The first answer to raw bytes and the seconds until the end of the connection.
sub raw {
    my ($bytes, %option) = @_;
    my $client = $option{client} // $server->client;
    my $begin = time;
    $client->send_raw($bytes);
    my $reply = $client->read_response;
    return ($reply, time - $begin);
}

sub refused {
    my ($bytes, $wanted, $name) = @_;
    my ($reply) = raw($bytes);
    is join(' ', $reply ? ($reply->{status}, $reply->{headers}{connection} // '-') : 'none'), "$wanted close", $name;
}

sub memory {
    my $most = 0;
    for my $pid ($server->children) {
        open(my $file, '<', "/proc/$pid/status") or next;
        my ($kb) = join('', <$file>) =~ /^VmRSS:\s+(\d+)/m;
        $most = $kb if $kb && $kb > $most;
    }
    return $most;
}

# ---- sizes
is $server->client->get('/health?' . 'a' x 900)->{status}, 200, 'a line within the cap';
refused("GET /health?" . 'a' x 1100 . " HTTP/1.1\r\n$host\r\n", 414, 'a longer one');
refused("GET /" . 'a' x 100_000, 414, 'one without an end');
refused("GET /health HTTP/1.1\r\n${host}A: " . 'b' x 6000 . "\r\n\r\n", 431, 'a long header');
refused("GET /health HTTP/1.1\r\n$host" . join('', map { "A$_: " . 'b' x 400 . "\r\n" } 1 .. 15) . "\r\n", 431, 'long headers together');
refused("GET /health HTTP/1.1\r\n$host" . "A: b\r\n" x 20 . "\r\n", 431, 'too many headers');
is((raw("GET /health HTTP/1.1\r\n$host" . "A: b\r\n" x 19 . "\r\n"))[0]{status}, 200, 'as many as allowed');
refused("GET /health HTTP/1.1\r\n${host}A: " . 'b' x 100_000, 431, 'a header without an end');
my $post = "POST /api/v1/auth/logout HTTP/1.1\r\n$host";
is((raw("${post}Content-Length: 8192\r\n\r\n" . ' ' x 8192))[0]{status}, 200, 'a body within the cap');
refused("${post}Content-Length: 8193\r\n\r\n", 413, 'a larger one, before it is sent');
refused("${post}Content-Length: 8193\r\n\r\n" . ' ' x 8193, 413, 'or with it');
refused("${post}Content-Length: 100000000000\r\n\r\n", 413, 'a huge one');
refused("${post}Transfer-Encoding: chunked\r\n\r\n" . ("1000\r\n" . 'x' x 4096 . "\r\n") x 3, 413, 'a larger one in chunks');
refused("${post}Transfer-Encoding: chunked\r\n\r\n2001\r\n", 413, 'told by the chunk size');
refused("${post}Transfer-Encoding: chunked\r\n\r\n" . "1\r\nx\r\n" x 8193, 413, 'in many small chunks');
my $before = memory();
my ($flood) = raw("${post}Transfer-Encoding: chunked\r\n\r\n2;" . 'a' x 16_000_000);
ok !$flood || $flood->{status} =~ /\A4/, 'a chunk extension without an end';
($flood) = raw("${post}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nA: " . 'a' x 16_000_000);
ok !$flood || $flood->{status} =~ /\A4/, 'a trailer without an end';
cmp_ok memory() - $before, '<', 8000, 'takes no memory (KB)';

# ---- deadlines: absolute, however busy the client is
sub dribble {
    my ($bytes, $name) = @_;
    my $client = $server->client;
    my $begin = time;
    $client->send_raw($bytes);
    for (1 .. 30) {
        last if IO::Select->new($client->{socket})->can_read(0.5);
        $client->send_raw('a');
    }
    my $reply = $client->read_response;
    my $took = time - $begin;
    ok !$reply || $reply->{status} == 408, "$name: cut";
    ok $took > 1 && $took < 8, "$name: at its deadline" or diag "$took s";
}

dribble("GET /health HTTP/1.1\r\nA: ", 'a header byte by byte');
dribble("G", 'a line byte by byte');
dribble("${post}Content-Length: 500\r\n\r\n", 'a body byte by byte');
dribble("${post}Transfer-Encoding: chunked\r\n\r\n100\r\n", 'a chunk byte by byte');
my $idle = $server->client;
$idle->get('/health');
ok $idle->closed(10), 'an idle connection is closed';
my $mute = $server->client;
$mute->connect;
ok $mute->closed(10), 'so is one that never says anything';

# ---- a reader that does not read
$before = memory();
my @sleepers = map { $server->client } 1 .. 20;
for my $sleeper (@sleepers) {
    $sleeper->connect;
    setsockopt $sleeper->{socket}, Socket::SOL_SOCKET(), Socket::SO_RCVBUF(), pack('l', 4096);
    $sleeper->{socket}->blocking(0);
    $sleeper->send_raw("GET /api/v1/public/menu HTTP/1.1\r\n$host\r\n" x 3000);
}
my $slowest = 0;
for (1 .. 20) {
    my $begin = time;
    is $server->client->get('/api/v1/public/menu')->{status}, 200, 'others are served' if $_ == 1;
    $server->client->get('/health');
    $slowest = time - $begin if time - $begin > $slowest;
}
cmp_ok $slowest, '<', 2, 'at once';
cmp_ok memory() - $before, '<', 20_000, 'twenty that do not read take little memory (KB)';
sleep 5;
is scalar(grep { syswrite($_->{socket}, 'x'); !syswrite($_->{socket}, 'x') && !$!{EAGAIN} } @sleepers), 20,
    'and are cut at the deadline';
$_->close for @sleepers;
$server->stop;

# ---- connections
my $crowd = KN::Server->new(pg => $server->pg, workers => 1, http => "  connections: 30\n  connections_per_ip: 20\n");
my @open = map { my $c = $crowd->client(source => '127.0.0.2'); $c->connect; $c } 1 .. 20;
is $open[19]->get('/health')->{status}, 200, 'twenty connections of one address';
my $more = $crowd->client(source => '127.0.0.2', timeout => 5);
$more->connect;
my $answer = $more->read_response;
ok !$answer || $answer->{status} == 503, 'the next is turned away' or diag $answer->{status};
is $crowd->client(source => '127.0.0.3')->get('/health')->{status}, 200, 'another address is not';
push @open, map { my $c = $crowd->client(source => '127.0.0.3'); $c->connect; $c } 1 .. 10;
is $open[29]->get('/health')->{status}, 200, 'thirty in all';
$more = $crowd->client(source => '127.0.0.4', timeout => 5);
$more->connect;
$answer = $more->read_response;
ok !$answer || $answer->{status} == 503, 'the next is turned away, whoever it is';
is $open[$_]->get('/health')->{status}, 200, 'those inside go on' for 0, 29;
$_->close for @open;
sleep 0.5;
is $crowd->client(source => '127.0.0.2')->get('/health')->{status}, 200, 'room again';
$crowd->stop;

# ---- rates, over both workers
my $rated = KN::Server->new(pg => $server->pg, limiters => <<'YAML');
  strict: {budget: 5, period: 10s}
  public: {budget: 50, period: 1h}
YAML
my $wrong = { username => 'nobody', password => 'wrong' };
my @login = map { $rated->client(source => '127.0.0.2')->post('/api/v1/auth/login', $wrong) } 1 .. 7;
is join(' ', map { $_->{status} } @login), '401 401 401 401 401 429 429', 'five sign-ins, whichever worker takes them';
is $login[6]{data}{error}, 'rate_limit_exceeded', 'the contract\'s code';
my $after = $login[6]{headers}{'retry-after'} // '';
like $after, qr/\A[1-3]\z/, 'Retry-After says when the next is possible';
is $rated->client(source => '127.0.0.2')->get('/api/v1/public/menu')->{status}, 200, 'other doors stay open';
is $rated->client(source => '127.0.0.3')->post('/api/v1/auth/login', $wrong)->{status}, 401, 'and this one for others';
sleep(($after || 2) + 0.2);
@login = map { $rated->client(source => '127.0.0.2')->post('/api/v1/auth/login', $wrong)->{status} } 1 .. 3;
like "@login", qr/\A401 (?:401 )?429/, 'refilled bit by bit, not all at once';
my @menu = map { $rated->client(source => '127.0.0.5')->get('/api/v1/public/menu')->{status} } 1 .. 60;
is scalar(grep { $_ == 200 } @menu), 50, 'the public budget is its own';
is scalar(grep { $_ == 429 } @menu), 10, 'and exact over the workers';
is scalar(grep { $rated->client(source => '127.0.0.5')->get('/health')->{status} == 200 } 1 .. 100), 100,
    'health is never limited';

$rated->stop;
done_testing;
