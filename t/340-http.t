# SPDX-License-Identifier: BSD-3-Clause
# What every response carries, who may call from where, what the log says, and what it never says.
use strict;
use warnings;
use Test::More;
use KN::Server;

my $uuid = qr/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/;
my $spa = 'https://pos.example.com';
my $server = KN::Server->new(demo => 1, env => { CORS_ALLOWED_ORIGINS => "$spa,http://localhost:3000" });
my $client = $server->client;
my $token = $server->token('admin');

sub header { my ($reply, $name) = @_; return $reply->{headers}{ lc $name } // '' }

# ---- request ids
for my $id ('a', '550e8400-e29b-41d4-a716-446655440000', 'A.b_C-9', 'x' x 128) {
    is header($client->get('/health', headers => { 'X-Request-ID' => $id }), 'X-Request-ID'), $id, 'echoed: ' . substr $id, 0, 40;
}
for my $id ('', 'a b', 'x' x 129, 'a"b', 'a/b', "caf\xc3\xa9", '${jndi:x}', 'a,b', '<b>') {
    like header($client->get('/health', headers => { 'X-Request-ID' => $id }), 'X-Request-ID'), qr/\A$uuid\z/, 'replaced: ' . substr $id, 0, 40;
}
my %id = map { header($client->get('/health'), 'X-Request-ID') => 1 } 1 .. 20;
is scalar(keys %id), 20, 'each request has its own';

# ---- headers of all responses, whatever their status
my %reply = (
    '200'             => $client->get('/health'),
    '200 api'         => $client->get('/api/v1/products', token => $token),
    '200 public'      => $client->get('/api/v1/public/menu'),
    '401'             => $client->get('/api/v1/auth/me'),
    '404'             => $client->get('/api/v1/nowhere'),
    '405'             => $client->delete('/api/v1/public/menu'),
    '400 path'        => $client->get('/api/v1/%00'),
    '400 json'        => $client->request('POST', '/api/v1/auth/login', body => '{'),
    '204'             => $client->request('OPTIONS', '/api/v1/orders'),
);
my $raw = $server->client;
$raw->send_raw("GET / HTTP/1.1\r\n\r\n");
$reply{'400 framing'} = $raw->read_response;
for my $name (sort keys %reply) {
    my $reply = $reply{$name};
    my ($status) = $name =~ /(\d+)/;
    is $reply->{status}, $status, "$name: the status";
    is header($reply, 'X-Content-Type-Options'), 'nosniff', "$name: nosniff";
    is header($reply, 'X-Frame-Options'), 'DENY', "$name: no frames";
    is header($reply, 'Referrer-Policy'), 'strict-origin-when-cross-origin', "$name: referrer";
    like header($reply, 'Permissions-Policy'), qr/\w/, "$name: permissions";
    like header($reply, 'Strict-Transport-Security'), qr/max-age=\d{7,}/, "$name: HSTS";
    like header($reply, 'X-Request-ID'), qr/\A$uuid\z/, "$name: a request id";
    is header($reply, 'Server') . header($reply, 'X-Powered-By') . header($reply, 'Set-Cookie'), '', "$name: no name, no cookie";
    if ($status >= 400) {
        is header($reply, 'Content-Type') =~ s/;.*//r, 'application/json', "$name: JSON";
        ok $reply->{data} && !$reply->{data}{success} && length $reply->{data}{message} && $reply->{data}{error} =~ /\A[a-z_]+\z/,
            "$name: the contract's error";
    }
}

# ---- caching
like header($reply{$_}, 'Cache-Control'), qr/no-store/, "$_ is not stored" for '200 api', '401', '404', '400 json', '200';
for my $path ('/api/v1/public/menu', '/api/v1/public/categories') {
    my $first = $client->get($path);
    is header($first, 'Cache-Control'), 'public, max-age=0, must-revalidate', "$path is cacheable";
    my $tag = header($first, 'ETag');
    like $tag, qr/\A(?:W\/)?"[^"]+"\z/, 'has a tag';
    my $second = $client->get($path, headers => { 'If-None-Match' => $tag });
    is "$second->{status} " . length($second->{body}), '304 0', 'unchanged: nothing is sent';
    is header($second, 'ETag'), $tag, 'but the tag';
    is $client->get($path, headers => { 'If-None-Match' => qq("x", $tag) })->{status}, 304, 'one of several';
    is $client->get($path, headers => { 'If-None-Match' => '"other"' })->{status}, 200, 'another tag';
}

# ---- other origins
for my $origin ($spa, 'http://localhost:3000') {
    my $reply = $client->get('/api/v1/public/menu', headers => { Origin => $origin });
    is header($reply, 'Access-Control-Allow-Origin'), $origin, "$origin may read";
    is header($reply, 'Access-Control-Allow-Credentials'), 'true', 'with credentials';
    like header($reply, 'Access-Control-Expose-Headers'), qr/X-Request-ID/i, 'and see the request id';
    like header($reply, 'Vary'), qr/Origin/i, 'caches keep them apart';
    $reply = $client->request('OPTIONS', '/api/v1/orders', headers => { Origin => $origin, 'Access-Control-Request-Method' => 'PATCH',
        'Access-Control-Request-Headers' => 'authorization, content-type, x-table-id' });
    is "$reply->{status} " . header($reply, 'Access-Control-Allow-Origin'), "204 $origin", 'preflight';
    like header($reply, 'Access-Control-Allow-Methods'), qr/\b$_\b/, "allows $_" for qw(GET POST PUT PATCH DELETE OPTIONS);
    like header($reply, 'Access-Control-Allow-Headers'), qr/\b$_\b/i, "allows $_"
        for qw(Authorization Content-Type X-CSRF-Token X-Request-ID X-Table-ID);
}
for my $origin ('https://evil.example', "$spa.evil.example", 'https://pos.example.com:8443', 'http://pos.example.com', 'null', '*', '') {
    my $reply = $client->get('/api/v1/public/menu', headers => { Origin => $origin });
    is header($reply, 'Access-Control-Allow-Origin'), '', "\"$origin\" may not read";
    $reply = $client->request('OPTIONS', '/api/v1/orders', headers => { Origin => $origin, 'Access-Control-Request-Method' => 'POST' });
    is header($reply, 'Access-Control-Allow-Origin'), '', 'nor ask';
}
my $error = $client->get('/api/v1/auth/me', headers => { Origin => $spa });
is "$error->{status} " . header($error, 'Access-Control-Allow-Origin'), "401 $spa", 'errors can be read, too';

# ---- what the gate refuses can be read and found, too
$raw = $server->client;
$raw->send_raw("POST /api/v1/auth/logout?token=Hush7 HTTP/1.1\r\nHost: localhost\r\nOrigin: $spa\r\n"
    . "X-Request-ID: refused-1\r\nUser-Agent: till\r\nContent-Length: 100000000\r\n\r\n");
my $refused = $raw->read_response;
is join(' ', $refused->{status}, map { header($refused, $_) } qw(X-Request-ID Access-Control-Allow-Origin)), "413 refused-1 $spa",
    'a body too large: its own request id, readable by the other origin';

# ---- routes
for my $auth (undef, $token, 'rubbish') {
    my $with = defined $auth ? 'with a token' : 'without a token';
    for my $path ('/api/v1/nowhere', '/', '/api', '/api/v1/orders/x/y/z', '/API/v1/public/menu', '/api/v1/public/menu/') {
        my $reply = $client->get($path, token => $auth);
        is "$reply->{status} $reply->{data}{error}", '404 not_found', "$path $with";
    }
    my $reply = $client->request('PUT', '/api/v1/orders', token => $auth, body => '{}');
    is "$reply->{status} $reply->{data}{error}", '405 method_not_allowed', "PUT /orders $with";
    like header($reply, 'Allow'), qr/\bGET\b.*\bPOST\b/, 'Allow says what is possible';
}
is $client->get('/api/v1/public/menu', token => 'rubbish')->{status}, 200, 'a public route ignores a bad token';
my %auth = ('' => 'invalid_auth_format', 'Basic x' => 'invalid_auth_format', 'Bearer' => 'invalid_auth_format',
    'Bearer ' => 'invalid_auth_format', 'Bearer x.y.z' => 'invalid_token', 'Bearer a b' => 'invalid_auth_format|invalid_token');
for my $value (sort keys %auth) {
    my $reply = $client->get('/api/v1/auth/me', headers => { Authorization => $value });
    like "$reply->{status} $reply->{data}{error}", qr/\A401 (?:$auth{$value}|missing_auth_header)\z/, "Authorization: $value";
}

# ---- the log
$client->get('/health?x=1&password=Hush1&token=Hush2&api_key=Hush3&client_secret=Hush4',
    headers => { 'X-Request-ID' => 'log-1', 'User-Agent' => "Moz\"illa\\ \xe9" });
$client->get('/api/v1/auth/me', token => 'Hush5', headers => { 'X-Request-ID' => 'log-2' });
$client->post('/api/v1/auth/login', { username => 'admin', password => 'Hush6' });
$server->pg->psql('ALTER TABLE orders RENAME TO orders_away');
my $broken = $client->get('/api/v1/orders', token => $token, headers => { 'X-Request-ID' => 'log-3' });
$server->pg->psql('ALTER TABLE orders_away RENAME TO orders');
is "$broken->{status} $broken->{data}{error}", '500 internal_error', 'a broken database';
unlike $broken->{body}, qr/orders_away|relation|SELECT|does not exist|42P01/, 'is no business of the client';
is $client->get('/api/v1/orders', token => $token)->{status}, 200, 'and is forgotten when it is mended';
my @lines = $server->access_lines;
my %line = map { $_->{request_id} => $_ } @lines;
my $line = $line{'log-1'};
is_deeply [grep { !defined $line->{$_} } qw(timestamp level request_id method path status_code latency client_ip user_agent)], [], 'all the fields';
like $line->{timestamp}, qr/\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z\z/, 'timestamp';
like $line->{latency}, qr/\A\d+(?:\.\d+)?ms\z/, 'latency';
is "$line->{level} $line->{method} $line->{status_code} $line->{client_ip}", 'INFO GET 200 127.0.0.1', 'what happened';
is $line->{path}, '/health?x=1&password=***MASKED***&token=***MASKED***&api_key=***MASKED***&client_secret=***MASKED***', 'secrets masked';
is $line{'log-2'}{level}, 'WARN', '4xx is WARN';
is join(' ', map { $line{'refused-1'}{$_} // '-' } qw(method path status_code client_ip user_agent error)),
    'POST /api/v1/auth/logout?token=***MASKED*** 413 127.0.0.1 till body_too_large', 'what the gate refuses is logged like any other';
is $line{'log-3'}{level}, 'ERROR', '5xx is ERROR';
my @about = grep { ($_->{request_id} // '') eq 'log-3' && $_->{message} } $server->log_lines;
like join(' ', map { $_->{message} } @about), qr/orders/, 'the log has PostgreSQL\'s reason';
unlike $server->log_text, qr/Hush\d/, 'no secret is in the log';
unlike $server->log_text, qr/\Q$token\E/, 'nor a token';
is scalar(grep { !/\A\{.*\}\z/ } split /\n/, $server->log_text), 0, 'every line is an object';
$server->stop;

# ---- levels
my %want = (DEBUG => '200 401 sql', INFO => '200 401', WARN => '401', ERROR => '');
for my $level (sort keys %want) {
    my $quiet = KN::Server->new(pg => $server->pg, workers => 1, env => { LOG_LEVEL => $level });
    $quiet->client->get('/api/v1/products', token => $token, headers => { 'X-Request-ID' => 'level-200' });
    $quiet->client->get('/api/v1/auth/me', headers => { 'X-Request-ID' => 'level-401' });
    $quiet->access_lines;
    my @seen = grep { ($_->{request_id} // '') =~ /level/ } $quiet->log_lines;
    my %has = map { $_->{status_code} => 1 } grep { $_->{status_code} } @seen;
    $has{sql} = 1 if grep { $_->{level} eq 'DEBUG' } $quiet->log_lines;
    is join(' ', sort keys %has), $want{$level}, "LOG_LEVEL $level";
    $quiet->stop;
}
done_testing;
