# SPDX-License-Identifier: BSD-3-Clause
# The menu: what guests read from memory, and how the office changes it.
use strict;
use warnings;
use IO::Uncompress::Gunzip qw(gunzip);
use JSON::PP ();
use Test::More;
use Time::HiRes qw(sleep time);
use KN::Api;
use KN::Server;

my ($yes, $no) = (JSON::PP::true, JSON::PP::false);
my %stale  = (menu => "    options: {max_stale: 2s}\n");
my $server = KN::Server->new(demo => 1, module_yaml => {%stale});
my $second = KN::Server->new(pg => $server->pg, module_yaml => {%stale});
my $client = $server->client;
my $admin  = $server->token('admin');
my ($menu, $shelf) = qw(/api/v1/public/menu /api/v1/public/categories);
my ($products, $categories) = qw(/api/v1/admin/products /api/v1/admin/categories);
my $nobody = '11111111-2222-4333-8444-555555555555';

# ---- what guests get

my $reply  = answers($client, 'GET', $menu, {}, '200');
my @dishes = @{ $reply->{data}{data} };
is join(' ', sort keys %{ $dishes[0] }), 'category_id category_name description id image_url name price', 'a dish';
like $reply->{body}, qr/"price":\d+(?:\.\d\d?)?[,}]/, 'its price is a number';
is_deeply [sort keys %{ $reply->{data} }], [qw(data message success)], 'no paging';
my @shelves = @{ answers($client, 'GET', $shelf, {}, '200')->{data}{data} };
is join(' ', sort keys %{ $shelves[0] }), 'color description id name sort_order', 'a category';
cmp_ok scalar @shelves, '>=', 6, 'six of them or more';

for my $path ($menu, $shelf) {
    my $plain = $client->get($path);
    my %head  = %{ $plain->{headers} };
    my $etag  = $head{etag} // '';
    like $etag, qr/\A(?:W\/)?"[^"]+"\z/, "$path: an ETag";
    is $head{'cache-control'}, 'public, max-age=0, must-revalidate', 'Cache-Control';
    like $head{vary}, qr/Accept-Encoding/i, 'Vary';
    ok !exists $head{'content-encoding'}, 'plain unless asked';
    for ($etag, "W/$etag", "\"x\", $etag", "\"a,b\",W/$etag , \"y\"", '*') {
        my $same = $client->get($path, headers => { 'If-None-Match' => s/\AW\/W\//W\//r });
        is $same->{status}, 304, "If-None-Match: $_";
        is $same->{headers}{etag}, $etag, 'with the ETag';
        ok !$same->{headers}{'content-length'}, 'and no body';
    }
    is $client->get($path, headers => { 'If-None-Match' => $_ })->{status}, 200, "If-None-Match: $_"
      for '"x"', substr($etag, 0, -2) . '"', '';
    for ('gzip', 'br;q=1, gzip;q=0.5', '*', 'GZIP') {
        my $packed = $client->get($path, headers => { 'Accept-Encoding' => $_ });
        is $packed->{headers}{'content-encoding'}, 'gzip', "Accept-Encoding: $_";
        my $text;
        gunzip(\$packed->{body}, \$text);
        is $text, $plain->{body}, 'the same bytes';
        cmp_ok length $packed->{body}, '<', length $plain->{body}, 'fewer of them';
        like $packed->{headers}{vary}, qr/Accept-Encoding/i, 'Vary';
        my $tag = $packed->{headers}{etag};
        is $client->get($path, headers => { 'If-None-Match' => $tag, 'Accept-Encoding' => $_ })->{status}, 304, '304 for it too';
    }
    ok !$client->get($path, headers => { 'Accept-Encoding' => $_ })->{headers}{'content-encoding'}, "Accept-Encoding: $_"
      for 'gzip;q=0', 'br', 'identity', '*;q=0', 'gzip; q=0.000, *';
    my $head = $client->request('HEAD', $path);
    is "$head->{status} $head->{headers}{'content-length'} $head->{headers}{etag}", '200 ' . length($plain->{body}) . " $etag", 'HEAD';
    is $client->get($path)->{status}, 200, 'and the connection goes on';
}

# ---- filters

my ($first) = @shelves;
my $picked = $client->get("$menu?category_id=$first->{id}")->{data}{data};
is_deeply $picked, [grep { ($_->{category_id} // '') eq $first->{id} } @dishes], 'one category';
my $word = uc substr $dishes[0]{name}, 1, 5;
(my $query = $word) =~ s/ /%20/g;
my @found = @{ $client->get("$menu?search=$query")->{data}{data} };
is_deeply \@found, [grep { index(uc $_->{name}, $word) >= 0 || index(uc($_->{description} // ''), $word) >= 0 } @dishes], 'a search';
is scalar @{ $client->get("$menu?search=$_")->{data}{data} }, 0, "search=$_ finds nothing" for '%25', '_', 'zzzz';
is scalar @{ $client->get("$menu?search=")->{data}{data} }, scalar @dishes, 'an empty one everything';
is scalar @{ $client->get("$menu?category_id=$nobody")->{data}{data} }, 0, 'an unknown category is []';
answers($client, 'GET', "$menu?category_id=5", {}, '400 invalid_uuid');

# ---- the office: categories

my $made = answers($client, 'POST', $categories, { token => $admin,
        json => { name => ' Musiman ', color => '#A1b2C3', image_url => '/uploads/x.jpg' } }, '201')->{data}{data};
is join(' ', sort keys %$made), 'color created_at description id image_url is_active name sort_order updated_at', 'a category';
is "$made->{name} $made->{sort_order} $made->{image_url}", 'Musiman 0 /uploads/x.jpg', 'trimmed, with defaults';
cases($client, 'POST', $categories, $admin,
    ['no name', { color => '#000000' }, '400 missing_name'], ['blank name', { name => '  ' }, '400 missing_name'],
    ['long name', { name => 'x' x 101 }, '400 field_too_long'], ['long url', { name => 'x', image_url => 'x' x 501 }, '400 field_too_long'],
    (map { ["color $_", { name => 'x', color => $_ }, '400 invalid_color'] } '#12345', 'red', '#12345g', '#1234567'),
    ['no JSON', '{', '400 invalid_json']);
my $shelf_path = "$categories/$made->{id}";
my $edited = answers($client, 'PUT', $shelf_path, { token => $admin, json => { id => 'x', description => 'baru', color => undef } }, '200');
is_deeply [@{ $edited->{data}{data} }{qw(name description color)}], ['Musiman', 'baru', undef], 'only what was sent';
cases($client, 'PUT', $shelf_path, $admin, ['nothing', { id => 'x' }, '400 no_fields'], ['color', { color => 'x' }, '400 invalid_color']);
cases($client, 'PUT', "$categories/$nobody", $admin, ['unknown', { name => 'x' }, '404 not_found']);
cases($client, 'PUT', "$categories/x", $admin, ['bad id', { name => 'x' }, '400 invalid_uuid']);

# ---- products

my %dish = (category_id => $made->{id}, name => 'Sop Percobaan', price => 85000.5);
my $sop = answers($client, 'POST', $products, { token => $admin, json => { %dish, sku => 'SB-1' } }, '201')->{data}{data};
is join(' ', sort keys %$sop), 'barcode category category_id created_at description id image_url is_available name '
  . 'preparation_time price sku sort_order updated_at', 'a product';
is "$sop->{price} $sop->{preparation_time} $sop->{is_available} $sop->{category}{name}", '85000.5 15 1 Musiman', 'with defaults';
for my $path ($products, '/api/v1/server/products') {
    cases($client, 'POST', $path, $admin,
        ['no name', { category_id => $made->{id}, price => 1 }, '400 missing_name'],
        ['no category', { name => 'x', price => 1 }, '400 missing_category_id'],
        ['bad category', { %dish, category_id => 'x' }, '400 invalid_uuid'],
        ['unknown category', { %dish, category_id => $nobody }, '400 category_not_found'],
        (map { ["price $_", qq({"category_id":"$made->{id}","name":"x","price":$_}), '400 invalid_price'] }
            0, -5, '100000000', '"10"', '1.005', '1e400', 'null'),
        ['no price', { category_id => $made->{id}, name => 'x' }, '400 invalid_price'],
        ['NaN', qq({"category_id":"$made->{id}","name":"x","price":NaN}), '400 invalid_json'],
        ['long name', { %dish, name => 'x' x 101 }, '400 field_too_long'], ['long sku', { %dish, sku => 'x' x 51 }, '400 field_too_long'],
        ['taken sku', { %dish, sku => 'SB-1' }, '409 sku_taken'], ['no JSON', 'x', '400 invalid_json']);
}
my $path = "$products/$sop->{id}";
my $new = answers($client, 'PUT', $path, { token => $admin, json => { price => 90000, id => 'x' } }, '200')->{data}{data};
is "$new->{price} $new->{name} $new->{sku}", '90000 Sop Percobaan SB-1', 'a new price, the rest as it was';
answers($client, 'PUT', "/api/v1/server/products/$sop->{id}", { token => $server->token('server'), json => { description => undef } }, '200');
cases($client, 'PUT', $path, $admin, ['price', { price => -1 }, '400 invalid_price'],
    ['category', { category_id => $nobody }, '400 category_not_found'], ['long', { barcode => 'x' x 51 }, '400 field_too_long']);
cases($client, 'PUT', "$products/$nobody", $admin, ['unknown', { name => 'x' }, '404 product_not_found']);
cases($client, 'PUT', "$products/x", $admin, ['bad id', { name => 'x' }, '400 invalid_uuid']);
my $waiter = $server->token('server');
is answer($client->get("/api/v1/products/$_->[0]", token => $waiter)), $_->[1], "GET /products/{id}: $_->[1]"
  for [$sop->{id}, '200'], ['x', '400 invalid_uuid'], [$nobody, '404 product_not_found'];

# ---- freshness: every worker of both instances

my @crowd = crowd(8, $server, $second);
sub shown { my ($name) = @_; return sub { index($_[0]->get($menu)->{body}, $name) >= 0 } }
sub fresh {
    my ($name, $change, $holds) = @_;
    $change->();
    my $took = soon(1, $holds, @crowd);
    ok defined $took && $took < 1, sprintf '%s: seen everywhere after %.2f s', $name, $took // -1;
}
fresh('a new dish', sub { $dish{id} = $client->post($products, { %dish, name => 'Soto Betawi' }, token => $admin)->{data}{data}{id} }, shown('Soto Betawi'));
my $tag = $client->get($menu)->{headers}{etag};
fresh('unavailable', sub { $client->put("$products/$dish{id}", { is_available => $no }, token => $admin) },
    sub { index($_[0]->get($menu)->{body}, 'Soto Betawi') < 0 });
isnt $client->get($menu, headers => { 'If-None-Match' => $tag })->{status}, 304, 'the old ETag is void';
fresh('a hidden category', sub { $client->put($shelf_path, { is_active => $no }, token => $admin) },
    sub { index($_[0]->get($menu)->{body}, 'Sop Percobaan') < 0 && index($_[0]->get($shelf)->{body}, 'Musiman') < 0 });
fresh('shown again', sub { $client->put($shelf_path, { is_active => $yes }, token => $admin) }, shown('Sop Percobaan'));
is answer($client->delete($shelf_path, token => $admin)), '400 category_has_products', 'a category with dishes stays';

# ---- deleting hides everywhere and frees the sku

fresh('deleted', sub { is_deeply $client->delete($path, token => $admin)->{data}{data}, { product_id => $sop->{id}, deleted => $yes }, 'deleted' },
    sub { index($_[0]->get($menu)->{body}, 'Sop Percobaan') < 0 });
is answer($client->delete($path, token => $admin)), '404 product_not_found', 'once';
is answer($client->delete("$products/x", token => $admin)), '400 invalid_uuid', 'a bad id';
is answer($client->put($path, { name => 'x' }, token => $admin)), '404 product_not_found', 'no edit';
is answer($client->get("/api/v1/products/$sop->{id}", token => $waiter)), '404 product_not_found', 'no product';
ok !(grep { $_ eq $sop->{id} } ids($client->get("$_", token => $admin))), "not in $_"
  for "/api/v1/products?per_page=100", "$products?per_page=100", "/api/v1/categories/$made->{id}/products";
is answer($client->post('/api/v1/orders', { order_type => 'takeout', items => [{ product_id => $sop->{id}, quantity => 1 }] }, token => $admin)),
  '400 product_not_found', 'not ordered';
my $again = answers($client, 'POST', $products, { token => $admin, json => { %dish, name => 'Sop Iga', sku => 'SB-1' } }, '201', 'its sku is free')->{data}{data};
$client->delete("$products/$_", token => $admin) for $again->{id}, $dish{id};
is answer($client->delete($shelf_path, token => $admin)), '200', 'an empty category goes';
is answer($client->delete($shelf_path, token => $admin)), '404 not_found', 'once';

# ---- lists and paging

$server->pg->psql("INSERT INTO products (category_id, name, price, is_available) SELECT '$first->{id}', 'Menu ' || i, 1000, i > 10 FROM generate_series(1, 110) i");
my $total = $server->pg->psql('SELECT count(*) FROM products WHERE deleted_at IS NULL');
sub meta { my $r = $client->get($_[0], token => $admin); my $m = $r->{data}{meta}; return "@$m{qw(current_page per_page total)} " . @{ $r->{data}{data} } }
is meta('/api/v1/products'), "1 100 $total 100", 'staff get a hundred';
is meta($products), "1 20 $total 20", 'the office twenty';
is meta("$products?per_page=500&page=2"), "2 100 $total " . ($total - 100), 'never more than a hundred';
is meta("$products?limit=3"), "1 3 $total 3", 'limit is per_page';
is meta("$products?limit=3&offset=4"), "2 3 $total 3", 'offset';
is meta("$products?search=menu%201&available=false"), '1 20 2 2', 'search and availability';
is meta("$products?available=true&category_id=$nobody"), '1 20 0 0', 'category';
is answer($client->get("$_?category_id=x", token => $admin)), '400 invalid_uuid', "$_ with a bad category" for $products, '/api/v1/products';
my @all = @{ $client->get('/api/v1/categories', token => $waiter)->{data}{data} };
is scalar @all, $server->pg->psql('SELECT count(*) FROM categories'), 'all categories';
is meta("$categories?per_page=2"), '1 2 ' . @all . ' 2', 'a page of categories';
is meta("$categories?search=$_"), '1 20 0 0', 'search' for 'zzzz';
is scalar @{ $client->get("/api/v1/categories/$nobody/products", token => $waiter)->{data}{data} }, 0, 'an unknown category is empty';
is answer($client->get('/api/v1/categories/x/products', token => $waiter)), '400 invalid_uuid', 'a bad one 400';
cmp_ok scalar ids($client->get("/api/v1/categories/$first->{id}/products", token => $waiter)) -
  scalar ids($client->get("/api/v1/categories/$first->{id}/products?available_only=true", token => $waiter)), '>=', 10, 'available_only';

# ---- without a database

ok defined soon(3, sub { index($_[0]->get($menu)->{body}, 'Menu 99') >= 0 }, @crowd), 'the menu is in memory';
my $third = KN::Server->new(pg => $server->pg, start => 0);
$server->pg->stop;
my $began = time;
is answer($client->get($menu)), '200', 'served while the database is down';
ok defined soon(8, sub { answer($_[0]->get($menu)) =~ /\A503/ }, $client), 'for a while';
cmp_ok time - $began, '>', 0.9, sprintf 'of %.1f s', time - $began;
$reply = $client->get($menu);
is "$reply->{data}{error} " . ($reply->{headers}{'retry-after'} // ''), 'database_unavailable 1', 'then 503 with Retry-After';
$third->start(unhealthy => 1);
is answer($third->client->get($_)), '503 database_unavailable', "$_ of a server that never saw it: 503" for $menu, $shelf;
$server->pg->start;
ok defined soon(10, sub { answer($_[0]->get($menu)) eq '200' }, $third->client), 'until the database is there';
ok defined soon(10, sub { answer($_[0]->get($menu)) eq '200' }, @crowd), 'and again when it is back';
$_->stop for $third, $second, $server;
done_testing;
