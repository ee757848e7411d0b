# SPDX-License-Identifier: BSD-3-Clause
# Staff accounts: who may manage whom, what is refused and with which code, search and paging.
use strict;
use warnings;
use JSON::PP ();
use Test::More;
use KN::Api;
use KN::Server;

my $server = KN::Server->new(demo => 1);
my $client = $server->client;
my $users  = '/api/v1/admin/users';
my ($admin, $manager) = map { $server->token($_) } qw(admin manager);
my $nobody = '11111111-2222-4333-8444-555555555555';

my %id;
for my $role (qw(admin manager server counter kitchen)) {
    $id{$role} = $client->get('/api/v1/auth/me', token => $server->token($role))->{data}{data}{id};
}

# ---- create

my %new = (username => 'rina', email => 'rina@x.example', password => '123456', first_name => 'Rina',
    last_name => 'K', role => 'kitchen');
my $reply = answers($client, 'POST', $users, { token => $manager, json => { %new, id => 'x', extra => [1] } }, '201');
my $rina = $reply->{data}{data};
is join(' ', sort keys %$rina),
  'created_at email first_name id is_active last_name role updated_at username', 'the whole user, no hash';
ok $rina->{is_active} == JSON::PP::true, 'active by default';
like $rina->{created_at}, qr/\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)\z/, 'with an RFC 3339 time';
like $server->pg->psql("SELECT password_hash FROM users WHERE username = 'rina'"), qr/\A\$y\$/, 'hashed with yescrypt';
$reply = answers($client, 'POST', $users,
    { token => $admin, json => { %new, username => 'dua', email => 'dua@x.example', is_active => JSON::PP::false } }, '201');
ok !$reply->{data}{data}{is_active}, 'or inactive';
is answer($client->post('/api/v1/auth/login', { username => 'rina', password => '123456' })), '200', 'who signs in';
is answer($client->post('/api/v1/auth/login', { username => 'dua', password => '123456' })), '401 invalid_credentials', 'or not';

my %next = (%new, username => 'tiga', email => 'tiga@x.example');
cases($client, 'POST', $users, $manager,
    (map { my $gone = $_; ["without $gone", { map { $_ => $next{$_} } grep { $_ ne $gone } keys %next }, '400 missing_fields'] } sort keys %next),
    ['name of 2', { %next, username => 'ab' }, '400 invalid_username'],
    ['name of 51', { %next, username => 'a' x 51 }, '400 invalid_username'],
    ['bad email', { %next, email => 'x@' }, '400 invalid_email'],
    ['email of 101', { %next, email => 'a' x 93 . '@x.examp' }, '400 invalid_email'],
    ['password of 5', { %next, password => '12345' }, '400 weak_password'],
    ['password of 73', { %next, password => 'x' x 73 }, '400 weak_password'],
    ['unknown role', { %next, role => 'boss' }, '400 invalid_role'],
    ['role of a number', { %next, role => 3 }, '400 invalid_role'],
    ['is_active of text', { %next, is_active => 'yes' }, '400 invalid_is_active'],
    ['taken name', { %next, username => 'rina' }, '409 username_taken'],
    ['taken email', { %next, email => 'RINA@x.example' }, '409 email_taken'],
    ['a manager making an admin', { %next, role => 'admin' }, '403 insufficient_permissions'],
    ['no JSON', '{"username":', '400 invalid_json']);
answers($client, 'POST', $users, { token => $manager, json => { %next, role => 'manager' } }, '201', 'a manager makes a manager');
is answer($client->post($users, \%next, token => $server->token('server'))), '403 insufficient_permissions', 'a waiter makes nobody';

# ---- update

my $rina_path = "$users/$rina->{id}";
$reply = answers($client, 'PUT', $rina_path,
    { token => $manager, json => { id => 'x', first_name => 'Rini', role => 'counter', password => '' } }, '200', 'a manager edits');
is "@{ $reply->{data}{data} }{qw(first_name last_name role username)}", 'Rini K counter rina', 'only what was sent';
is answer($client->post('/api/v1/auth/login', { username => 'rina', password => '123456' })), '200',
  'an empty password changes none';
answers($client, 'PUT', $rina_path, { token => $manager, json => { password => 'abcdef' } }, '200', 'a new password');
is answer($client->post('/api/v1/auth/login', { username => 'rina', password => 'abcdef' })), '200', 'which signs in';
cases($client, 'PUT', $rina_path, $manager,
    ['nothing', {}, '400 no_fields'], ['only unknown keys', { id => 'x' }, '400 no_fields'],
    ['bad email', { email => 'x' }, '400 invalid_email'], ['short password', { password => 'abc' }, '400 weak_password'],
    ['unknown role', { role => 'chef' }, '400 invalid_role'],
    ['taken name', { username => 'admin' }, '409 username_taken'],
    ['taken email', { email => 'admin@steak-kenangan.example' }, '409 email_taken'],
    ['a manager granting admin', { role => 'admin' }, '403 insufficient_permissions'],
    ['no JSON', 'x', '400 invalid_json']);
cases($client, 'PUT', "$users/xyz", $admin, ['a bad id', { first_name => 'x' }, '400 invalid_uuid']);
cases($client, 'PUT', "$users/$nobody", $admin, ['nobody', { first_name => 'x' }, '404 not_found']);
cases($client, 'PUT', "$users/$id{admin}", $manager,
    ['a manager editing an admin', { first_name => 'x' }, '403 insufficient_permissions'],
    ['a manager demoting an admin', { role => 'server' }, '403 insufficient_permissions'],
    ['a manager resetting an admin', { password => 'abcdef' }, '403 insufficient_permissions']);

# ---- the last admin, and oneself

cases($client, 'PUT', "$users/$id{admin}", $admin,
    ['the last admin demoted', { role => 'manager' }, '409 last_admin'],
    ['himself deactivated', { is_active => JSON::PP::false }, '400 cannot_deactivate_self']);
cases($client, 'PUT', "$users/$id{manager}", $manager,
    ['herself deactivated', { is_active => JSON::PP::false }, '400 cannot_deactivate_self']);
is answer($client->delete("$users/$id{admin}", token => $admin)), '400 cannot_delete_self', 'nobody deletes himself';
is answer($client->delete("$users/$id{manager}", token => $manager)), '400 cannot_delete_self', 'nor herself';
is answer($client->delete("$users/$id{admin}", token => $manager)), '403 insufficient_permissions', 'no manager deletes an admin';
$reply = answers($client, 'POST', $users,
    { token => $admin, json => { %next, username => 'empat', email => 'empat@x.example', role => 'admin' } }, '201', 'an admin makes an admin');
my $other = $reply->{data}{data}{id};
answers($client, 'PUT', "$users/$other", { token => $admin, json => { is_active => JSON::PP::false } }, '200', 'and retires him');
cases($client, 'PUT', "$users/$id{admin}", $admin, ['an inactive admin does not count', { role => 'server' }, '409 last_admin']);
is answer($client->delete("$users/$other", token => $admin)), '200', 'and deletes him';
# Two admins each removing the other: one must stay.
my @pair = map {
    my $one = $client->post($users, { %next, username => "kembar$_", email => "k$_\@x.example", role => 'admin' }, token => $admin)->{data}{data};
    { id => $one->{id}, token => $client->post('/api/v1/auth/login', { username => "kembar$_", password => '123456' })->{data}{data}{token} };
} 1, 2;
$server->pg->psql("UPDATE users SET is_active = false WHERE username = 'admin'");
my @clients = map { my $c = $server->client; $c->connect; $c } 1, 2;
my $demote = '{"role":"server"}';
for (0, 1) {
    $clients[$_]->send_raw("PUT $users/$pair[1 - $_]{id} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer $pair[$_]{token}\r\n"
          . "Content-Type: application/json\r\nContent-Length: " . length($demote) . "\r\n\r\n$demote");
}
my @both = sort map { $_->read_response('PUT')->{status} } @clients;
is $server->pg->psql("SELECT count(*) FROM users WHERE role = 'admin' AND is_active"), 1, "one admin stays (@both)";
$server->pg->psql("UPDATE users SET is_active = true WHERE username = 'admin'");
$admin = $client->post('/api/v1/auth/login', { $server->account('admin') })->{data}{data}{token};

# ---- delete

is answer($client->delete($rina_path, token => $server->token('counter'))), '403 insufficient_permissions', 'a cashier deletes nobody';
is answer($client->delete("$users/1-2", token => $admin)), '400 invalid_uuid', 'a bad id';
is answer($client->delete($rina_path, token => $manager)), '200', 'a manager deletes';
is answer($client->delete($rina_path, token => $manager)), '404 not_found', 'once';
my $dish = $client->get('/api/v1/public/menu')->{data}{data}[0]{id};
my $order = $client->post('/api/v1/orders', { order_type => 'takeout', items => [{ product_id => $dish, quantity => 1 }] },
    token => $server->token('counter'));
is answer($order), '201', 'the cashier takes an order';
is answer($client->delete("$users/$id{counter}", token => $admin)), '400 user_has_orders', 'and cannot be deleted any more';

# ---- list

$server->pg->psql("INSERT INTO users (username, email, password_hash, first_name, last_name, role, is_active)
    SELECT 'kru' || i, 'kru' || i || '\@x.example', 'x', 'Kru', 'Ke_' || i, 'kitchen', i % 2 = 0 FROM generate_series(1, 30) i");
my $total = $server->pg->psql('SELECT count(*) FROM users');
sub meta { my $m = $client->get("$users$_[0]", token => $manager)->{data}{meta}; return "@$m{qw(current_page per_page total total_pages)}" }
sub pages { return int(($total + $_[0] - 1) / $_[0]) }
is meta(''), "1 20 $total " . pages(20), 'twenty a page';
is meta('?limit=5'), "1 20 $total " . pages(20), 'a small limit is lifted to twenty';
is meta('?limit=25'), "1 25 $total " . pages(25), 'a larger one counts';
is meta('?limit=500'), "1 100 $total 1", 'up to a hundred';
is meta('?per_page=7'), "1 7 $total " . pages(7), 'per_page counts as it is';
is meta('?per_page=7&limit=25'), "1 7 $total " . pages(7), 'and wins';
is meta('?page=2'), "2 20 $total " . pages(20), 'the second page';
is meta("?page=$_"), "1 20 $total " . pages(20), "page=$_ is the first" for 0, -1, 'x';
is meta('?per_page=x'), "1 20 $total " . pages(20), 'per_page=x is twenty';
is meta('?offset=21&per_page=7'), "4 7 $total " . pages(7), 'offset is the fourth page';
is scalar @{ $client->get("$users?page=99", token => $manager)->{data}{data} }, 0, 'beyond the end there is []';
my %seen;
$seen{$_}++ for map { ids($client->get("$users?page=$_", token => $manager)) } 1 .. pages(20);
is scalar keys %seen, $total, 'the pages hold everybody, once';

sub names { return join ' ', sort map { $_->{username} } @{ $client->get("$users?$_[0]", token => $manager)->{data}{data} } }
is names('role=manager'), 'sari tiga', 'by role';
is names('role=manager&active=false'), '', 'by activity';
is names('role=kitchen&active=true&search=kru2'), 'kru2 kru20 kru22 kru24 kru26 kru28', 'by all of it';
is names('search=SARI'), 'sari', 'search knows no case';
is names('search=wuland'), 'sari', 'and last names';
is names('search=sari@'), 'sari', 'and addresses';
is names("search=$_"), '', "search=$_ is no wildcard" for '%25', 'k%25u';
is names('search=Ke_30'), 'kru30', 'an underscore is itself';
is names('search=x%27%20OR%201%3D1--'), '', 'and no SQL';
ok !grep({ exists $_->{password_hash} } @{ $client->get($users, token => $admin)->{data}{data} }), 'no hash anywhere';

$server->stop;
done_testing;
