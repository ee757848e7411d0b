# SPDX-License-Identifier: BSD-3-Clause
# Ratios of this server to a reference, each pair taking turns in one run on one machine.
use strict;
use warnings;
use File::Temp qw(tempdir);
use JSON::PP ();
use Time::HiRes qw(sleep time);
use KN::Postgres;
use KN::Server;

my $seconds = $ENV{BENCH_SECONDS} // 3;
my $rounds  = $ENV{BENCH_ROUNDS}  // 3;
my $small   = $ENV{BENCH_SMALL}   // 10_000;
my $large   = $ENV{BENCH_LARGE}   // 1_000_000;
my %only    = map { $_ => 1 } @ARGV;
my $dir     = tempdir('kn-bench-XXXXXX', DIR => '/tmp', CLEANUP => 1);
my $here    = KN::Server::srcdir() . '/t/bench';
my $no_limits = join '', map { "  $_: {budget: 1000000, period: 1s}\n" } qw(strict public);
my (@rows, @pids);
chmod 0755, $dir;
$| = 1;

END { my $status = $?; kill 'TERM', @pids; waitpid $_, 0 for @pids; $? = $status }

sub wanted { !%only || grep { $only{$_} } @_ }
sub median { my @s = sort { $a <=> $b } @_; return $s[$#s / 2] }

sub shell {
    my ($command) = @_;
    my $text = `$command 2>&1`;
    die "failed: $command\n$text" if $? != 0;
    return $text;
}

sub report {
    my ($id, $what, $ours, $reference, $ratio, $unit, $command) = @_;
    push @rows, { id => $id, what => $what, ours => $ours + 0, reference => $reference + 0,
        ratio => sprintf('%.3f', $ratio) + 0, unit => $unit, command => $command };
    printf "%-16s %-62s %12.1f %12.1f %7.2f  %s\n", $id, $what, $ours, $reference, $ratio, $unit;
}

# Two measurements in turn; the medians and the median of the ratios.
sub in_turn {
    my ($ours, $reference) = @_;
    my (@a, @b, @ratio);
    $_->() for $ours, $reference;    # warm up
    for (1 .. $rounds) {
        push @a, $ours->();
        push @b, $reference->();
        push @ratio, $a[-1] / $b[-1];
    }
    return (median(@a), median(@b), median(@ratio));
}

sub wrk {
    my ($command) = @_;
    my $text = shell($command);
    die "errors in: $command\n$text" if $text =~ /Non-2xx|Socket errors: connect [1-9]/;
    return $text =~ m{Requests/sec:\s+([\d.]+)} ? $1 : die $text;
}

sub pgbench {
    my ($command) = @_;
    my $text = shell($command);
    return $text =~ /tps = ([\d.]+) \(without/ ? $1 : die $text;
}

# nginx with one static file, access log on as ours is.
sub nginx {
    my ($workers, $bytes) = @_;
    my $port = KN::Server::free_port();
    my $root = "$dir/nginx$workers";
    mkdir $root;
    chmod 0755, $root;
    open(my $file, '>', "$root/menu.json") or die "menu.json: $!";
    print $file $bytes;
    close $file;
    open(my $conf, '>', "$root/nginx.conf") or die "nginx.conf: $!";
    print $conf <<"CONF";
worker_processes $workers;
daemon off;
pid $root/pid;
error_log $root/error.log;
events { worker_connections 1024; }
http {
    types { application/json json; }
    sendfile on;
    open_file_cache max=10;
    keepalive_requests 1000000000;
    access_log $root/access.log combined buffer=16k flush=1s;
    client_body_temp_path $root; proxy_temp_path $root; fastcgi_temp_path $root;
    uwsgi_temp_path $root; scgi_temp_path $root;
    server { listen 127.0.0.1:$port reuseport; root $root; }
}
CONF
    close $conf;
    my $pid = fork // die "fork: $!";
    if ($pid == 0) { exec 'nginx', '-c', "$root/nginx.conf", '-p', $root }
    push @pids, $pid;
    sleep 0.5;
    return "http://127.0.0.1:$port/menu.json";
}

sub server {
    my (%option) = @_;
    my $server = KN::Server->new(demo => 1, limiters => $no_limits, %option);
    $ENV{BENCH_TOKEN} = $server->token('manager');
    return $server;
}

sub private_mib {
    my ($pid) = @_;
    open(my $file, '<', "/proc/$pid/smaps_rollup") or return 0;
    my $kib = 0;
    while (<$file>) { $kib += $1 if /^Private_(?:Clean|Dirty):\s+(\d+)/ }
    return $kib / 1024;
}

sub largest_worker {
    my ($server) = @_;
    my ($most) = sort { $b <=> $a } map { private_mib($_) } $server->children;
    return $most;
}

printf "%-16s %-62s %12s %12s %7s  %s\n", 'id', 'what', 'ours', 'reference', 'ratio', 'unit';

# ---- (a) the public menu against nginx and a file
for my $n (1, 2) {
    next unless wanted("menu$n");
    my $server = server(workers => $n);
    my $menu = $server->client->get('/api/v1/public/menu');
    my $file = nginx($n, $menu->{body});
    my $load = "wrk -t1 -c32 -d${seconds}s";
    my $ours = "http://127.0.0.1:$server->{port}/api/v1/public/menu";
    my @result = in_turn(sub { wrk("$load $ours") }, sub { wrk("$load $file") });
    report("menu$n", sprintf('GET public/menu (%d bytes) : nginx file, %d process(es)',
            length $menu->{body}, $n), @result, 'requests/s', "$load URL");
    $server->stop_quietly;
}

my $pg = KN::Postgres->new(durable => 1, conf => { shared_buffers => "'512MB'", max_wal_size => "'4GB'" });
my $pgbench = KN::Postgres::bindir() . "/pgbench -n -M prepared -h $pg->{dir} -p $pg->{port} -U postgres";

sub script {
    my ($name, $text) = @_;
    open(my $file, '>', "$dir/$name") or die "$name: $!";
    print $file $text;
    close $file;
    chmod 0644, "$dir/$name";
    return "$dir/$name";
}

# ---- (b) placing orders against pgbench calling the same function
if (wanted(qw(order_create order_create_32 rss_worker latency))) {
    my $server = server(pg => $pg);
    my $idle   = largest_worker($server);
    my @products = map { $_->{id} } @{ $server->client->get('/api/v1/public/menu')->{data}{data} }[0, 9, 20];
    my $user = $pg->psql("SELECT id FROM users WHERE role = 'manager' LIMIT 1");
    $ENV{BENCH_PRODUCTS} = join ',', @products;
    my $sql = script('order.sql', <<"SQL");
\\set n random(1, 1000000000000)
SELECT * FROM order_place('staff', '$user', 'manager', '$user', 'takeout', NULL, NULL, 'n' || :n,
 '{$ENV{BENCH_PRODUCTS}}', '{1,2,3}', '{NULL,NULL,NULL}', NULL, encode(sha256(convert_to('n' || :n, 'UTF8')), 'base64'));
SQL
    my $run = 0;
    for my $clients (8, 32) {
        my $id = $clients == 8 ? 'order_create' : "order_create_$clients";
        my $load = "wrk -t1 -c$clients -d${seconds}s -s $here/order.lua";
        my $base = "$pgbench -c $clients -j 1 -T $seconds -f $sql pos_system";
        my @result = in_turn(
            sub { $ENV{BENCH_RUN} = ++$run . 'r' . $$; wrk("$load http://127.0.0.1:$server->{port}/api/v1/orders") },
            sub { pgbench($base) });
        report($id, "POST orders, 3 lines : pgbench of order_place, $clients clients", @result, 'orders/s',
            "$load URL; pgbench -n -M prepared -c $clients -j 1 -T $seconds -f order.sql");
    }
    my $loaded = largest_worker($server);
    report('rss_idle', 'private memory of the largest process, idle : 16 MiB', $idle, 16, $idle / 16, 'MiB',
        'Private_Clean + Private_Dirty of /proc/PID/smaps_rollup');
    report('rss_worker', 'private memory of the largest process, after load : 16 MiB', $loaded, 16,
        $loaded / 16, 'MiB', 'Private_Clean + Private_Dirty of /proc/PID/smaps_rollup');

    # ---- (d) latency of the menu at half of the full load, against nginx at the same rate
    if (wanted('latency')) {
        my $menu = "http://127.0.0.1:$server->{port}/api/v1/public/menu";
        my $file = nginx(2, $server->client->get('/api/v1/public/menu')->{body});
        my $rate = int(wrk("wrk -t1 -c32 -d${seconds}s $menu") / 2 / 16);
        for my $p (50, 99) {
            my $load = "h2load --h1 -t1 -c16 --rps=$rate -D $seconds";
            my @result = in_turn(sub { percentile($p, $load, $menu) }, sub { percentile($p, $load, $file) });
            report($p == 99 ? 'latency' : "latency_p$p",
                "menu, p$p at half load (" . $rate * 16 . '/s) : nginx file', @result, 'ms',
                "$load --log-file=LOG URL");
        }
    }
    $server->stop_quietly;
}

sub percentile {
    my ($p, $load, $url) = @_;
    unlink "$dir/h2load.log";
    shell("$load --log-file=$dir/h2load.log $url");
    open(my $log, '<', "$dir/h2load.log") or die "h2load.log: $!";
    my @us = sort { $a <=> $b } map { (split)[2] } <$log>;
    return $us[$#us * $p / 100] / 1000;
}

# ---- (f) start to first healthy reply
if (wanted('cold_start')) {
    my $server = KN::Server->new(demo => 1, pg => $pg, start => 0);
    my @ms;
    for (1 .. 5) {
        my $begin = time;
        $server->start;
        push @ms, (time - $begin) * 1000;
        $server->stop_quietly;
    }
    report('cold_start', 'start to first healthy reply : 300 ms', median(@ms), 300, median(@ms) / 300, 'ms',
        'kenangand -c kenangan.yaml; GET /health until 200');
}

# ---- (c) the lists against pgbench, (g) and their growth with closed orders
sub fill {
    my ($database, $closed) = @_;
    $pg->psql(<<"SQL", $database);
SET synchronous_commit = off;
INSERT INTO orders (id, order_number, user_id, order_type, status, subtotal, tax_amount, total_amount, created_at,
                    updated_at, served_at, completed_at)
SELECT gen_random_uuid(), 'OLD' || n, (SELECT id FROM users WHERE role = 'manager' LIMIT 1), 'takeout', 'completed',
       50000, 5500, 55500, t, t, t, t
FROM generate_series(1, $closed) n, LATERAL (SELECT now() - interval '1 day' - n * interval '30 s' AS t) at;
INSERT INTO order_items (order_id, line, product_id, quantity, unit_price, total_price, status)
SELECT o.id, l, p.ids[1 + (abs(hashtext(o.id::text)) + l) % cardinality(p.ids)], 1, 25000, 25000, 'served'
FROM orders o, generate_series(1, 2) l, (SELECT array_agg(id) AS ids FROM products) p WHERE o.order_number LIKE 'OLD%';
SQL
    $pg->psql('VACUUM ANALYZE', $database);
    $pg->psql('SELECT orders_recount()', $database);
}

sub open_orders {
    my ($database) = @_;
    $pg->psql(<<'SQL', $database);
SELECT count(*) FROM generate_series(1, 24) n, LATERAL order_place('staff', 'bench', 'manager',
 (SELECT id FROM users WHERE role = 'manager' LIMIT 1), 'takeout', NULL, NULL, 'open ' || n,
 (SELECT array_agg(id) FROM (SELECT id FROM products ORDER BY id LIMIT 3) p), '{1,2,1}', '{NULL,NULL,NULL}', NULL, 'open' || n) o
SQL
}

sub restaurant {
    my ($name, $closed) = @_;
    $pg->psql("CREATE DATABASE $name", 'postgres');
    my $server = KN::Server->new(demo => 1, limiters => $no_limits, pg => $pg, database => $name, start => 0);
    open_orders($name);
    fill($name, $closed);
    $server->start;
    return $server;
}

my %page = (
    order_list => ['/api/v1/orders?per_page=20', 'orders list, 20 a page', 'growth_list'],
    kitchen    => ['/api/v1/kitchen/orders', 'kitchen queue, 24 orders', 'growth_kitchen'],
);
my %lean = (
    order_list => <<'SQL',
SELECT id, order_number, table_id, user_id, customer_name, order_type, status, subtotal, tax_amount, discount_amount, total_amount, notes, created_at, updated_at, served_at, completed_at FROM orders ORDER BY created_at DESC, id DESC LIMIT 20;
SELECT i.order_id, i.id, i.product_id, i.quantity, i.unit_price, i.total_price, i.special_instructions, i.status, i.created_at, i.updated_at FROM order_items i WHERE i.order_id = ANY (ARRAY(SELECT id FROM orders ORDER BY created_at DESC, id DESC LIMIT 20)) ORDER BY i.order_id, i.line;
SQL
    kitchen => <<'SQL',
SELECT id, order_number, table_id, order_type, status, customer_name, notes, created_at, updated_at FROM open_orders WHERE status <> 'served' ORDER BY created_at, id;
SELECT i.order_id, i.id, i.product_id, i.quantity, i.special_instructions, i.status FROM order_items i WHERE i.order_id = ANY (ARRAY(SELECT id FROM open_orders WHERE status <> 'served')) ORDER BY i.order_id, i.line;
SQL
);

sub pages_load {
    my ($server, $path) = @_;
    local $ENV{BENCH_TOKEN} = $server->token('manager');
    return wrk("wrk -t1 -c8 -d${seconds}s -s $here/get.lua 'http://127.0.0.1:$server->{port}$path'");
}

if (wanted(map { ($_, $page{$_}[2]) } keys %page)) {
    my $few = restaurant('bench_small', $small);
    for my $id (qw(order_list kitchen)) {
        next unless wanted($id);
        my ($path, $what) = @{ $page{$id} };
        my $file = script("$id.sql", $lean{$id});
        my @result = in_turn(sub { pages_load($few, $path) },
            sub { pgbench("$pgbench -c 8 -j 1 -T $seconds -f $file bench_small") });
        report($id, "$what : pgbench of two lean statements, 8 clients", @result, 'pages/s',
            "wrk -t1 -c8 -d${seconds}s -s get.lua URL; pgbench -n -M prepared -c 8 -j 1 -T $seconds -f $id.sql");
    }
    if (wanted(map { $_->[2] } values %page)) {
        my $many = restaurant('bench_large', $large);
        for my $id (qw(order_list kitchen)) {
            my ($path, $what, $growth) = @{ $page{$id} };
            my ($b, $a, $ratio) = in_turn(sub { 1000 / pages_load($many, $path) }, sub { 1000 / pages_load($few, $path) });
            report($growth, "$what, over $large closed orders : over $small", $b, $a, $ratio, 'ms/page',
                "wrk -t1 -c8 -d${seconds}s -s get.lua URL");
        }
        $many->stop_quietly;
    }
    $few->stop_quietly;
}

open(my $out, '>', KN::Server::builddir() . '/bench.json') or die "bench.json: $!";
print $out JSON::PP->new->canonical->pretty->encode(\@rows);
close $out;
