# SPDX-License-Identifier: BSD-3-Clause
# Behind a real nginx whose clients share one upstream connection: nobody gets, or changes, the answer
# of another; client addresses are believed from the proxy only; nothing is sent twice.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep);
use KN::Corpus;
use KN::Nginx;
use KN::Server;

plan skip_all => 'nginx is not installed (nginx-light)' unless KN::Nginx::program();

my %budget = (limiters => "  strict: {budget: 1000, period: 1m}\n  public: {budget: 100000, period: 1m}\n");
my $server = KN::Server->new(demo => 1, workers => 1, http => "  trusted_proxies: [127.0.0.1]\n", %budget);
my $nginx = KN::Nginx->new(upstream => $server->{port});
my $count = 0;

# What a stranger sends through the same proxy afterwards, and what the stranger must get.
sub victim_is_well {
    my ($proxy, $name) = @_;
    my $id = 'victim-' . ++$count;
    my $reply = $proxy->client(timeout => 10)->get('/api/v1/auth/me', headers => { 'X-Request-ID' => $id });
    my $got = $reply ? join(' ', $reply->{status}, $reply->{headers}{'x-request-id'} // '-', $reply->{data}{error} // '-') : 'nothing';
    is $got, "401 $id missing_auth_header", "$name: the next client gets its own answer";
}

# ---- the corpus, with a request hidden behind each entry
my $hidden = "GET /api/v1/hidden HTTP/1.1\r\nHost: localhost\r\nX-Request-ID: hidden\r\n\r\n";
for my $buffering (qw(on off)) {
    my $proxy = $buffering eq 'on' ? $nginx : KN::Nginx->new(upstream => $server->{port}, buffering => $buffering);
    for my $case (KN::Corpus::all()) {
        my ($name, $bytes) = @$case;
        next if $buffering eq 'off' && $bytes !~ /\r\n\r\n./s;    # without a body there is no difference
        my $attacker = $proxy->client(timeout => 2);
        $attacker->send_raw($bytes);
        my $first = $attacker->read_response($bytes =~ /\AHEAD/ ? 'HEAD' : '');
        $attacker->close;
        isnt(($first // {})->{status} // 0, 502, "$name: nginx is not confused") if $first;
        victim_is_well($proxy, "$name, buffering $buffering");
    }
    for my $path (KN::Corpus::paths()) {
        my $reply = $proxy->client->get($path);
        is $reply->{status}, 400, $path =~ s/[^ -~]/?/gr;
    }
    victim_is_well($proxy, "after the paths");
    $proxy->stop if $proxy != $nginx;
}

# A request hidden in a body must stay a body, whatever the length said by the client's framing.
for my $framing (["Content-Length: " . length $hidden, $hidden],
    ['Transfer-Encoding: chunked', sprintf("%x\r\n%s\r\n0\r\n\r\n", length $hidden, $hidden)]) {
    for my $method (qw(GET POST PUT DELETE PATCH OPTIONS)) {
        my $client = $nginx->client;
        $client->send_raw("$method /api/v1/auth/me HTTP/1.1\r\nHost: localhost\r\n$framing->[0]\r\n\r\n$framing->[1]");
        my $reply = $client->read_response;
        ok $reply && $reply->{status} != 502, "$method hides a request in its body ($framing->[0])";
        victim_is_well($nginx, $method);
    }
}
ok !(grep { $_->{path} eq '/api/v1/hidden' || ($_->{request_id} // '') eq 'hidden' } $server->access_lines),
    'the hidden request was never served';

# ---- the client's address
sub limited {
    my ($client, $forwarded, $name) = @_;
    my @status = map { $client->post('/api/v1/auth/login', { username => 'nobody', password => 'x' },
        headers => { $forwarded ? ('X-Forwarded-For' => $forwarded) : () })->{status} } 1 .. 4;
    return "@status";
}

$server->stop;
my $strict = KN::Server->new(pg => $server->pg, workers => 2, http => "  trusted_proxies: [127.0.0.1]\n",
    limiters => "  strict: {budget: 3, period: 1h}\n");
my $front = KN::Nginx->new(upstream => $strict->{port});
is limited($front->client(source => '127.0.0.1'), undef), '401 401 401 429', 'the fourth sign-in of one address waits';
is limited($front->client(source => '127.0.0.2'), undef), '401 401 401 429', 'another address has its own budget';
is limited($front->client(source => '127.0.0.3'), '10.9.9.9'), '401 401 401 429', 'a forged address in front of it';
is limited($front->client(source => '127.0.0.3'), '10.8.8.8'), '429 429 429 429', 'buys no second budget';
is limited($strict->client(source => '127.0.0.4'), '10.7.7.7'), '401 401 401 429', 'past the proxy a forged address';
is limited($strict->client(source => '127.0.0.4'), '10.6.6.6'), '429 429 429 429', 'is not believed at all';
is limited($strict->client(source => '127.0.0.5'), undef), '401 401 401 429', 'only the socket counts';
my %seen = map { $_->{client_ip} => 1 } $strict->access_lines;
is join(' ', sort grep { $_ ne '127.0.0.1' } keys %seen), '127.0.0.2 127.0.0.3 127.0.0.4 127.0.0.5',
    'the log has the real addresses';
like join('', map { $strict->client(source => '127.0.0.1')->get('/health',
    headers => { 'X-Forwarded-For' => $_ })->{status} } '', 'x', '1.2.3.4, , 5', 'a' x 500, '::1, [::1]:80', '999.1.1.1'),
    qr/\A(200){6}\z/, 'rubbish in the header does no harm';

# ---- nothing is retried, nothing is lost while the server reloads
my $token = $strict->client(source => '127.0.0.9')->post('/api/v1/auth/login', { $strict->account('admin') });
my $dish = $front->client->get('/api/v1/public/menu')->{data}{data}[0]{id};
my ($client, @answer) = ($front->client);
for my $n (1 .. 150) {
    $strict->signal('HUP') if $n == 30 || $n == 90;
    $client->close if $n % 3 == 0;
    my $reply = $client->post('/api/v1/orders', { order_type => 'takeout', notes => "proxy $n",
        items => [{ product_id => $dish, quantity => 1 }] }, token => $token->{data}{data}{token},
        headers => { 'X-Request-ID' => "order-$n" });
    push @answer, $reply ? $reply->{status} : 'none';
    sleep 0.02;
}
is scalar(grep { $_ ne '201' } @answer), 0, 'orders through the proxy during two reloads' or diag "@answer";
my %times;
$times{ $_->{request_id} }++ for grep { $_->{request_id} =~ /\Aorder-/ } $strict->access_lines;
is scalar(grep { $_ != 1 } values %times), 0, 'each reached the server once';
is scalar(keys %times), 150, 'all of them';
unlike $front->file('error.log'), qr/upstream prematurely closed|Connection reset/, 'nginx saw no lost connection';

$front->stop;
$strict->stop;
done_testing;
