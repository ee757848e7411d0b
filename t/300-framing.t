# SPDX-License-Identifier: BSD-3-Clause
# Framing: what is no request is refused and the connection ends there; what is legal is served.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep);
use KN::Corpus;
use KN::Server;

my $server = KN::Server->new(demo => 1, workers => 1);
my $victims = 0;
my %account = $server->account('admin');
my $login = JSON::PP->new->canonical->encode(\%account);

# Sends bytes, reads to the end of file: everything that came and whether the end came.
sub exchange {
    my ($bytes) = @_;
    my $client = $server->client;
    $client->send_raw($bytes);
    my $closed = $client->closed(10);
    my $text = $client->{buffer};
    $client->close;
    return ($text, $closed);
}

sub victim { "GET /api/v1/auth/me HTTP/1.1\r\nHost: localhost\r\nX-Request-ID: victim-" . ++$victims . "\r\n\r\n" }

# ---- what is refused
for my $case (KN::Corpus::all()) {
    my ($name, $bytes) = @$case;
    my ($text, $closed) = exchange($bytes . victim());
    my @status = $text =~ m{^HTTP/1\.1 (\d{3}) }mg;
    like "@status", qr/\A(?:4\d\d|501|505)\z/, "$name: one answer, a refusal";
    ok $closed, "$name: and the end";
    my $body = $bytes =~ /\AHEAD / ? qr/^\r\n\z/m : qr/"success":\s*false/;
    like $text, qr/\r\nConnection: close\r\n.*$body/s, "$name: in the contract's form";
}
for my $path (KN::Corpus::paths()) {
    my $reply = $server->client->get($path);
    is "$reply->{status} " . ($reply->{data}{error} // ''), '400 invalid_path', $path =~ s/[^ -~]/?/gr;
}
ok !(grep { ($_->{request_id} // '') =~ /\Avictim-/ } $server->access_lines), 'no victim was ever served';
is $server->client->get('/health')->{status}, 200, 'the server is well';

# ---- what is legal
my $client = $server->client;
my $head = "POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";

sub answer {
    my ($bytes, $method) = @_;
    $client->close;
    delete $client->{eof};
    $client->send_raw($bytes);
    return $client->read_response($method) // {};
}

my ($left, $right) = (substr($login, 0, 10), substr($login, 10));
my ($l, $r) = map { sprintf '%x', length } $left, $right;
is answer("$head" . "Transfer-Encoding: chunked\r\n\r\n$l\r\n$left\r\n$r\r\n$right\r\n0\r\n\r\n")->{status}, 200,
    'a chunked body';
is answer("$head" . "Transfer-Encoding: Chunked\r\n\r\n$l;a=b\r\n$left\r\n00$r ;c=\"d\"\r\n$right\r\n000;e\r\n\r\n")->{status},
    200, 'chunk extensions and leading zeros';
is answer("$head" . "Transfer-Encoding: chunked\r\n\r\n$l\r\n$left\r\n\U$r\E\r\n$right\r\n0\r\nA: b\r\nContent-Length: 9\r\n\r\n"
    . "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")->{status}, 200, 'trailers';
is $client->read_response->{status}, 200, 'which do not touch the next request';
is answer("$head" . 'Content-Length: 0' . length($login) . "\r\n\r\n$login")->{status}, 200, 'a length with a zero in front';
is answer("\r\n$head" . 'CONTENT-LENGTH:' . length($login) . "  \r\n\r\n$login")->{status}, 200,
    'an empty line in front, a name in capitals, spaces behind the value';
is answer("GET /health HTTP/1.1\r\nHost: localhost:8080\r\nA: \xe9\r\nB:\r\nA: c\td\r\n\r\n")->{status}, 200,
    'high bytes, tabs and nothing in values';
is answer("GET /health HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n")->{status}, 200, 'an address as Host';
is answer("GET /api/v1/auth/me HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}GET /health HTTP/1.1\r\nHost: x\r\n\r\n")->{status},
    401, 'GET with a body';
is $client->read_response->{status}, 200, 'whose body is read and dropped';

# ---- keep-alive and pipelining
my @path = map { $_ % 3 == 0 ? '/health' : $_ % 3 == 1 ? '/api/v1/public/menu' : '/api/v1/auth/me' } 1 .. 60;
my $n = 0;
$client->close;
$client->send_raw(join '', map { "GET $_ HTTP/1.1\r\nHost: x\r\nX-Request-ID: p" . ++$n . "\r\n\r\n" } @path);
my @reply = map { $client->read_response } @path;
is join(' ', map { $_->{headers}{'x-request-id'} // '-' } grep { $_ } @reply), join(' ', map { "p$_" } 1 .. 60),
    'sixty requests in one write: answered in order';
is scalar(grep { $_->{status} == 200 } @reply), 40, 'each by its own handler';
$client->send_raw("${head}X-Request-ID: slow\r\nContent-Length: " . length($login)
    . "\r\n\r\n${login}GET /health HTTP/1.1\r\nHost: x\r\nX-Request-ID: fast\r\n\r\n");
is join(' ', map { $client->read_response->{headers}{'x-request-id'} } 1 .. 2), 'slow fast', 'a slow one first keeps its place';
ok $client->{socket}, 'the connection is still the same';
is $client->get('/health', headers => { Connection => 'close' })->{headers}{connection}, 'close', 'until it is asked to close';
my ($text, $closed) = exchange("GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" . victim());
is scalar(() = $text =~ m{^HTTP/1\.1 }mg), 1, 'nothing behind "close" is served';
ok $closed, 'and the end comes';

# ---- HTTP/1.0
($text, $closed) = exchange("GET /health HTTP/1.0\r\n\r\n");
like $text, qr{\AHTTP/1\.[01] 200 .*"status"}s, 'HTTP/1.0 without Host';
ok $closed && $text !~ /^Transfer-Encoding/mi, 'ends with the connection, not chunked';
my $old = answer("GET /health HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
like $old->{headers}{connection}, qr/keep-alive/i, 'HTTP/1.0 keep-alive is granted';
$client->send_raw("GET /health HTTP/1.0\r\n\r\n");
is $client->read_response->{status}, 200, 'and kept';

# ---- HEAD, OPTIONS
my $get = $server->client->get('/api/v1/public/categories');
my $peek = answer("HEAD /api/v1/public/categories HTTP/1.1\r\nHost: x\r\n\r\nGET /health HTTP/1.1\r\nHost: x\r\n\r\n", 'HEAD');
is "$peek->{status} $peek->{headers}{'content-length'}", '200 ' . length $get->{body}, 'HEAD tells the length';
my $next = $client->read_response;
is "$next->{status} $next->{data}{status}", '200 healthy', 'and sends no body';
is answer("HEAD /api/v1/nowhere HTTP/1.1\r\nHost: x\r\n\r\n", 'HEAD')->{status}, 404, 'HEAD of nothing';
is $client->{buffer}, '', 'has no body either';
my $options = answer("OPTIONS /api/v1/orders HTTP/1.1\r\nHost: x\r\nOrigin: http://localhost:3000\r\n"
    . "Access-Control-Request-Method: POST\r\n\r\n");
is $options->{status}, 204, 'a preflight';
ok !defined $options->{headers}{'content-length'} || !$options->{headers}{'content-length'}, 'has no body';
is answer("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n")->{status}, 204, 'OPTIONS *';

# ---- Expect, slowness, half-closed clients
$client->close;
$client->send_raw($head . 'Content-Length: ' . length($login) . "\r\nExpect: 100-continue\r\n\r\n");
my $go = $client->read_head(Time::HiRes::time() + 10) // {};
is $go->{status}, 100, 'Expect: go on';
$client->send_raw($login);
is $client->read_response->{status}, 200, 'and the answer follows';
$client->send_raw($head . "Content-Length: 7000000\r\nExpect: 100-continue\r\n\r\n");
is(($client->read_head(Time::HiRes::time() + 10) // {})->{status}, 413, 'no "go on" for what is too large');

$client->close;
for my $byte (split //, "${head}Transfer-Encoding: chunked\r\n\r\n$l;x\r\n$left\r\n$r\r\n$right\r\n0\r\nA: b\r\n\r\n") {
    $client->send_raw($byte);
    sleep 0.002;
}
is $client->read_response->{status}, 200, 'a request that comes byte by byte';
$client->close;
$client->send_raw("${head}Content-Length: " . length($login) . "\r\n\r\n$login");
shutdown $client->{socket}, 1;
is(($client->read_response // {})->{status}, 200, 'a client that has shut its side still gets its answer');

# ---- clients that leave in the middle
for (1 .. 50) {
    my $gone = $server->client;
    $gone->send_raw("${head}Content-Length: " . length($login) . "\r\n\r\n" . ($_ % 2 ? $login : $left));
    $gone->close;
}
is $server->client->get('/health')->{status}, 200, 'clients that leave early do no harm';

$server->stop;
done_testing;
