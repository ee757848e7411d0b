# SPDX-License-Identifier: BSD-3-Clause
# Hostile and broken input on real routes: the contract's 4xx, a message that names the field, never a
# 5xx, nothing stored, and a server that is as well afterwards as before.
use strict;
use warnings;
use Test::More;
use KN::Server;

my $server = KN::Server->new(demo => 1);
my $client = $server->client;
my %token  = map { $_ => $server->token($_) } qw(admin counter);
my $dish   = $client->get('/api/v1/public/menu')->{data}{data}[0];
my $category = $client->get('/api/v1/categories', token => $token{admin})->{data}{data}[0]{id};
my $count  = 0;

sub state_now { $server->pg->psql('SELECT (SELECT count(*) FROM orders), (SELECT count(*) FROM products), (SELECT count(*) FROM users)') }

# One request with a raw body; code may be a pattern; what the message must hold.
sub refused {
    my ($method, $path, $body, $code, $mention, $name) = @_;
    my $reply = $client->request($method, $path, body => $body, token => $token{admin}) // {};
    my $ok = like join(' ', $reply->{status} // 'none', $reply->{data}{error} // '-'), qr/\A400 (?:$code)\z/, $name;
    $ok &&= like $reply->{data}{message} // '', qr/\Q$mention\E/, "$name: the message names it" if length $mention;
    diag substr($reply->{body} // '', 0, 300) if !$ok;
}

my $before = state_now();

# ---- no JSON at all, on every route with a body
my %route = ('/api/v1/orders' => 'POST', '/api/v1/admin/products' => 'POST', "/api/v1/admin/products/$dish->{id}" => 'PUT',
    '/api/v1/admin/users' => 'POST', '/api/v1/auth/login' => 'POST', '/api/v1/admin/tables' => 'POST', '/api/v1/profile' => 'PUT');
my @broken = (
    ['nothing', ''], ['a word', 'hello'], ['NaN', '{"price":NaN}'], ['Infinity', '{"quantity":Infinity}'], ['-Infinity', '[-Infinity]'],
    ['a leading zero', '{"price":-01}'], ['a bare point', '{"price":2.}'], ['hexadecimal', '{"price":0x10}'],
    ['single quotes', "{'a':1}"], ['a comment', '{} // x'], ['a trailing comma', '{"a":1,}'], ['data behind', '{} {}'],
    ['junk behind', '{}x'], ['a NUL behind', "{}\0"], ['a NUL within', "{\"a\":\"b\0c\"}"], ['an escaped NUL', '{"notes":"a\u0000b"}'],
    ['a duplicate key', '{"quantity":1,"quantity":2}'], ['a duplicate key in escapes', '{"a":1,"\u0061":2}'],
    ['a lone high surrogate', '{"a":"\ud800"}'], ['a lone low surrogate', '{"a":"\udc00x"}'], ['half a character', "{\"a\":\"\xc3\"}"],
    ['overlong UTF-8', "{\"a\":\"\xc0\xaf\"}"], ['a surrogate in UTF-8', "{\"a\":\"\xed\xa0\x80\"}"], ['UTF-16', "\xff\xfe{\0}\0"],
    ['a byte order mark', "\xef\xbb\xbf{}"], ['a raw newline in text', "{\"a\":\"b\nc\"}"], ['a raw tab in text', "{\"a\":\"b\tc\"}"],
    ['deep lists', '[' x 20000 . ']' x 20000], ['deep objects', '{"a":' x 5000 . '1' . '}' x 5000], ['an unclosed list', '[' x 60000],
    ['cut short', '{"a":"b'], ['half an escape', '{"a":"\u12'],
);
for my $path (sort keys %route) {
    refused($route{$path}, $path, $_->[1], 'invalid_json|invalid_body', '', "$route{$path} $path: $_->[0]") for @broken;
    refused($route{$path}, $path, $_, 'invalid_json|invalid_body', '', "$route{$path} $path: $_ is no object") for '[]', '1', '"x"', 'null', 'true';
}
like $client->request('POST', '/api/v1/orders', body => '{"quantity":1,"quantity":2}', token => $token{admin})->{data}{message},
    qr/"quantity"/, 'a duplicate key is named';

# ---- wrong types and values, one field at a time
sub order { my ($items, $more) = @_; '{"order_type":"takeout","items":[' . $items . ']' . ($more // '') . '}' }
my $item = '{"product_id":"' . $dish->{id} . '","quantity":';
refused('POST', '/api/v1/orders', order("$item$_}"), 'invalid_quantity', 'quantity', "quantity $_")
    for '-1', '0', '1.5', '1e2', '1e400', '99999999999999999999', '-99999999999999999999', '"1"', 'true', '[1]', '{}', 'null';
refused('POST', '/api/v1/orders', order(qq({"product_id":$_,"quantity":1})), 'invalid_uuid|product_not_found|invalid_product_id', 'product_id', "product $_")
    for '1', '"1"', '"1; DROP TABLE orders"', '[]', '"' . 'a' x 36 . '"', qq("{$dish->{id}}"), qq("$dish->{id}x"), '{"$ne":null}';
refused('POST', '/api/v1/orders', order("$item 1}", qq(,"$_->[0]":$_->[1])), $_->[2], $_->[0], "$_->[0] $_->[1]")
    for ['table_id', '1', 'invalid_uuid|invalid_table_id'], ['table_id', '"x"', 'invalid_uuid|invalid_table_id'], ['notes', '5', 'invalid_notes'],
        ['customer_name', '["a"]', 'invalid_customer_name'], ['notes', '"' . 'x' x 1001 . '"', 'field_too_long'];
refused('POST', '/api/v1/orders', '{"order_type":"takeout","items":' . $_ . '}', 'empty_order|invalid_items|invalid_json', '', "items $_")
    for 'null', '{}', '"x"', '[]', '[1]', '[null]', '[[]]';
refused('POST', '/api/v1/orders', order(join(',', ("$item 1}") x 201)), 'invalid_items|too_many_items', 'items', '201 lines');
sub product { qq({"name":"x ) . ++$count . qq(","category_id":"$category","price":10000$_[0]}) }
refused('POST', '/api/v1/admin/products', qq({"name":"x","category_id":"$category","price":$_}), 'invalid_price', 'price', "price $_")
    for '-1', '0', '0.001', '1.005', '1e9', '100000000', '1e400', '99999999999999999999999', '"10"', 'true', '[]', '{}';
refused('POST', '/api/v1/admin/products', product(qq(,"$_->[0]":$_->[1])), "invalid_$_->[0]|field_too_long", $_->[0], "$_->[0] $_->[1]" =~ s/(.{60}).*/$1/r)
    for ['preparation_time', '-1'], ['preparation_time', '99999999999'], ['preparation_time', '1.5'], ['sort_order', '"1"'],
        ['is_available', '"yes"'], ['is_available', '1'], ['description', '[]'], ['image_url', '"' . 'x' x 501 . '"'], ['sku', '5'], ['sku', '"' . 'x' x 51 . '"'];
my $user = '"username":"ulla","email":"u@example.org","password":"Secret123!","first_name":"U","last_name":"V","role":"server"';
sub user_with { my ($key, $value) = @_; '{' . ($user =~ s/"$key":"[^"]*"/"$key":$value/r) . '}' }
refused('POST', '/api/v1/admin/users', user_with(@$_[0, 1]), $_->[2], $_->[0], "$_->[0] $_->[1]" =~ s/(.{60}).*/$1/r)
    for ['username', '5', 'invalid_username'], ['username', '"ab"', 'invalid_username'], ['username', '"' . 'x' x 51 . '"', 'invalid_username|field_too_long'],
        ['first_name', '{}', 'invalid_first_name'], ['email', '"x"', 'invalid_email'], ['email', '"a@b.c\r\nBcc: d@e.f"', 'invalid_email'],
        ['role', '"root"', 'invalid_role'], ['role', '["admin"]', 'invalid_role'], ['password', '5', 'weak_password'];
refused('POST', '/api/v1/auth/login', $_, 'missing_credentials', '', "login with $_")
    for '{}', '{"username":"admin"}', '{"username":1,"password":2}', '{"username":["admin"],"password":{"$gt":""}}', '{"username":null,"password":null}';

# ---- paths and queries
for my $id ('1', 'x', "' OR 1=1 --", '%27%3B DROP', "$dish->{id}x", '..;', 'null', '0x1', '${7*7}') {
    my $path = $id =~ s/([^A-Za-z0-9%.-])/sprintf '%%%02x', ord $1/ger;
    my $reply = $client->get("/api/v1/orders/$path", token => $token{admin});
    is "$reply->{status} $reply->{data}{error}", '400 invalid_uuid', "order $id";
}
for my $query ('a=%', 'a=%zz', 'a=%0', 'a=%00', 'search=%ff', 'search=%c0%af', 'status=%ed%a0%80', '%00=1', join('&', ('a=1') x 65)) {
    my $reply = $client->get("/api/v1/orders?$query", token => $token{admin});
    is "$reply->{status} $reply->{data}{error}", '400 invalid_query', '?' . substr $query, 0, 40;
}
for my $query ('', '&', '&&a', '=', 'a', 'a=b=c', 'page=-1', 'page=0', 'page=99999999999999999999', 'per_page=x', 'per_page=100000',
    'offset=-5', 'offset=99999999999999999', 'limit=1e3', 'page=%20', 'status=', 'status[]=', 'status=,,,', 'order_type=%27', 'a[b][c]=d') {
    is $client->get("/api/v1/orders?$query", token => $token{admin})->{status}, 200, "paging and filters forgive ?$query";
}
for my $date ('2026-02-30', '2026-13-01', 'yesterday', "2026-01-01'", '0000-00-00', '99999-01-01', '-1', '2026-01-01T00:00:00Z') {
    my $reply = $client->get("/api/v1/orders?start_date=" . ($date =~ s/'/%27/r), token => $token{admin});
    like $reply->{status}, qr/\A(?:200|400)\z/, "start_date $date is no reason to fail";
}

# ---- SQL and its wildcards are text
my $all = $client->get('/api/v1/products?per_page=100', token => $token{admin})->{data}{meta}{total};
for my $search ('%25', '_', '%5c', '%5c%25', "%27", "%27%3bDROP%20TABLE%20orders--", "%27%20OR%20%271%27%3d%271", '%24%24', '*', '(%5b', '%5cx') {
    for my $list ('/api/v1/products', '/api/v1/orders', '/api/v1/admin/users', '/api/v1/admin/tables') {
        my $reply = $client->get("$list?search=$search", token => $token{admin});
        is join(' ', $reply->{status}, scalar @{ $reply->{data}{data} // [1] }), '200 0', "$list?search=$search finds nothing";
    }
}
my $evil = q{Robert'); DROP TABLE orders;-- \' "x" $1 {a,b} %s};
my $placed = $client->post('/api/v1/counter/orders', { order_type => 'takeout', customer_name => $evil, notes => 'NULL',
    items => [{ product_id => $dish->{id}, quantity => 1, special_instructions => '{"a","b"}\\' },
        { product_id => $dish->{id}, quantity => 2, special_instructions => 'NULL' }] }, token => $token{counter});
is $placed->{status}, 201, 'an order of Bobby Tables';
is $placed->{data}{data}{customer_name}, $evil, 'keeps his name';
is_deeply [map { $_->{special_instructions} } @{ $placed->{data}{data}{items} }], ['{"a","b"}\\', 'NULL'], 'and his wishes';
is $client->post('/api/v1/auth/login', { username => "admin'--", password => 'x' })->{status}, 401, 'a sign-in with a quote';
is $client->get('/api/v1/products', token => $token{admin})->{data}{meta}{total}, $all, 'the dishes are all there';
my ($orders, $rest) = split /\t/, state_now(), 2;
is "$orders\t$rest", (join "\t", (split /\t/, $before)[0] + 1, (split /\t/, $before, 2)[1]), 'nothing else was stored';

my @lines = $server->access_lines;
is scalar(grep { $_->{status_code} >= 500 } @lines), 0, 'no request of all these was a 5xx';
is scalar(grep { $_->{level} eq 'ERROR' } $server->log_lines), 0, 'and no error was logged';
is $client->get('/health')->{status}, 200, 'the server is well';

$server->stop;
done_testing;
