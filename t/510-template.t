# SPDX-License-Identifier: BSD-3-Clause
# The module template: built outside the tree from an installed copy, with nothing but pkg-config.
use strict;
use warnings;
use File::Temp qw(tempdir);
use Test::More;
use KN::Api;
use KN::Server;

my ($src, $build) = (KN::Server::srcdir(), KN::Server::builddir());
my $work = tempdir('kn-template-XXXXXX', DIR => '/tmp', CLEANUP => 1);
chmod 0755, $work;

sub run { my $text = `$_[0] 2>&1`; return ($? >> 8, $text) }
sub runs { my ($command, $name) = @_; my ($status, $text) = run($command); is $status, 0, $name or diag "$command\n$text"; return $text }

# `make` of the test's own make must not hand its flags down.
delete @ENV{qw(MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES)};
my $root = "$work/root";
runs("make -s -C $build install DESTDIR=$root", 'make install DESTDIR');
my ($pc) = split /\n/, `find $root -name kenangan.pc`;
ok $pc, 'installs kenangan.pc' or BAIL_OUT('nothing was installed');
(my $pkgconfig = $pc) =~ s{/[^/]*\z}{};
my %pkg = (PKG_CONFIG_LIBDIR => $pkgconfig, PKG_CONFIG_SYSROOT_DIR => $root,
    PKG_CONFIG_ALLOW_SYSTEM_CFLAGS => 1, PKG_CONFIG_ALLOW_SYSTEM_LIBS => 1);
my $environment = join ' ', map { "$_=$pkg{$_}" } sort keys %pkg;
my $flags = runs("$environment pkg-config --cflags --libs kenangan", 'pkg-config knows it');
like $flags, qr/-lkenangan\b/, 'the library';
unlike $flags, qr/event|pq|yaml|json-c|jwt/, 'and no library behind it';
my $prefix = `PKG_CONFIG_LIBDIR=$pkgconfig pkg-config --variable=prefix kenangan`;
chomp $prefix;
my ($template) = split /\n/, `find $root -type d -name module-template`;
ok $template, 'the template is installed';

my $source = do { open(my $file, '<', "$src/contrib/module-template/template.c") or die $!; local $/; <$file> };
cmp_ok scalar(split /\n/, $source), '<', 150, 'it has under 150 lines';
is join(' ', $source =~ /#\s*include\s*(\S+)/g), '<kenangan.h>', 'and includes one header';
for (['a route', qr/kn_route/], ['an option', qr/kn_option/], ['a query', qr/kn_req_query_db|kn_req_db/], ['a check', qr/kn_check_add/],
    ['a subscription', qr/kn_event_subscribe/], ['a job', qr/kn_job_add/]) {
    like $source, $_->[1], "it has $_->[0]";
}

# ---- built by hand, the hard way

runs("cp -r $template $work/hand", 'a copy elsewhere');
my $cflags = `$environment pkg-config --cflags kenangan`;
my $ldlibs = `$environment pkg-config --libs kenangan`;
chomp($cflags, $ldlibs);
my $strict = '-Wall -Wextra -pedantic -Werror -fPIC -fvisibility=hidden';
my $shared = "-shared -Wl,-z,defs -Wl,-z,now";
# A sanitized library finds its runtime in the executable.
my $sanitized = `readelf -d $build/server/.libs/kenangand` =~ /libasan/;
my $more = $sanitized ? '-fsanitize=address,undefined' : '';
runs("cd $work/hand && cc -std=c99 $strict $more $cflags $shared -o c.so template.c $ldlibs", 'C99 -pedantic -Werror, -z defs, -z now');
runs("cd $work/hand && c++ -std=$_ $strict $more $cflags $shared -o cxx.so -x c++ template.c $ldlibs", "and as $_") for qw(c++20 c++2b);
for my $so (qw(c.so cxx.so)) {
    is join(' ', `nm -D --defined-only $work/hand/$so` =~ /\s[A-Z] (\S+)$/gm), 'kn_module_entry', "$so exports one symbol";
}

# ---- scaffolded

my $server = KN::Server->new(demo => 1, start => 0);
my @from = ('--template', $template);
my ($status, $text) = $server->ctl('module', 'new', @from, 'loyalty', "$work/loyalty");
is $status, 0, 'kenanganctl module new loyalty' or diag $text;
my @left = split /\n/, `grep -rli template $work/loyalty`;
is "@left", '', 'nothing in it is called template any more';
ok -e "$work/loyalty/loyalty.c", 'loyalty.c';
($status, $text) = $server->ctl('module', 'new', @from, 'loyalty', "$work/loyalty");
is $status, 1, 'it does not overwrite';
like $text, qr/loyalty/, 'and says what is in the way';
for my $name ('../x', 'Big', 'a b', '', '9x', 'x/y') {
    ($status, $text) = $server->ctl('module', 'new', @from, $name, "$work/never");
    is $status, 2, "no module is called \"$name\"";
}
ok !-e "$work/never", 'and nothing was made';
runs("$environment make -s -C $work/loyalty" . ($more ? " CFLAGS='-O1 $more'" : ''), 'make');
runs("$environment make -s -C $work/loyalty check", 'make check');
mkdir "$work/modules";
chmod 0755, "$work/modules";
system('cp', '-L', glob("$build/modules/*.so"), "$work/loyalty/loyalty.so", "$work/modules/") == 0 or die;
system("chmod 755 $work/modules/*.so");

# ---- and it answers

$server->write_conf(modules => [qw(health auth menu tables orders payments loyalty)], module_dir => "$work/modules",
    module_yaml => { loyalty => "    options: {greeting: Halo, report_every: 1s}\n" });
($status, $text) = $server->ctl('config', 'check');
is $status, 0, 'the server accepts it' or diag $text;
($status, $text) = $server->ctl('module', 'list', '-v');
like $text, qr/loyalty.*0\.1/, 'module list shows it';
like $text, qr/greeting/, 'with its options';
$server->start;
my $client = $server->client;
my $reply = answers($client, 'GET', '/api/v1/loyalty?search=steak', {}, '200');
is $reply->{data}{data}{greeting}, 'Halo', 'with its option';
cmp_ok $reply->{data}{data}{dishes}, '>', 0, 'and dishes from the database';
ok defined soon(5, sub { exists $_[0]->get('/health')->{data}{checks}{loyalty} }, $client), 'its check is in /health';
my $dish = $client->get('/api/v1/public/menu')->{data}{data}[0]{id};
$client->post('/api/v1/orders', { order_type => 'takeout', items => [{ product_id => $dish, quantity => 1 }] }, token => $server->token('counter'));
ok $server->wait_log(qr/loyalty: 1 orders since the start/), 'it heard of the order, and its job told';
$server->stop;
done_testing;
