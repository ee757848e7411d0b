# SPDX-License-Identifier: BSD-3-Clause
# The module ABI: what is exported, where everything stands, and that what was built for 1.0 runs.
use strict;
use warnings;
use File::Temp qw(tempdir);
use Test::More;
use KN::Api;
use KN::Server;

my ($src, $build) = (KN::Server::srcdir(), KN::Server::builddir());
my ($abi, $libs)  = ("$src/t/abi", "$build/server/.libs");
my $work = tempdir('kn-abi-XXXXXX', DIR => '/tmp', CLEANUP => 1);
chmod 0755, $work;
my $cc  = $ENV{CC}  // 'cc';
my $cxx = $ENV{CXX} // 'c++';
my $strict = '-Wall -Wextra -pedantic -Werror';

sub slurp { open(my $file, '<', $_[0]) or die "$_[0]: $!"; local $/; return <$file> }
sub run { my $text = `$_[0] 2>&1`; return ($? >> 8, $text) }
sub runs { my ($command, $name) = @_; my ($status, $text) = run($command); is $status, 0, $name or diag "$command\n$text" }
sub has { my ($tool) = @_; return scalar grep { -x "$_/$tool" } split /:/, $ENV{PATH} }

# Exported functions as (name => version node).
sub exports {
    my ($status, $text) = run("nm -D --defined-only $_[0]");
    is $status, 0, "nm reads $_[0]";
    return map { /\s[A-Z]\s+(\w+)(?:@@?(\S+))?$/ && $2 ? ($1 => $2) : /\s[TDBRVW]\s+(\w+)$/ ? ($1 => '') : () } split /\n/, $text;
}

# ---- three lists of functions that are one

my $header = slurp("$src/include/kenangan.h") =~ s{/\*.*?\*/}{}grs;
my %declared = map { $_ => 1 } grep { $_ ne 'kn_module_entry' }
  ($header =~ s/^typedef[^;]*;//gmr =~ s/^[ \t]*#.*(?:\\\n.*)*//gmr =~ s/\{[^{}]*\}//gr) =~ /\b(kn_\w+)\s*\(/g;
my %map;
my $sym = slurp("$src/server/libkenangan.sym") =~ s/#.*//gr;
while ($sym =~ /(KENANGAN_\w[\w.]*)\s*\{\s*(?:global:)?(.*?)\}/gs) {
    my ($node, $body) = ($1, $2);
    $body =~ s/local:.*//s;
    $map{$_} = $node for $body =~ /(\w+);/g;
}
my %exported = exports("$libs/libkenangan.so.1");
delete $exported{$_} for grep { /\AKENANGAN_|\A_/ } keys %exported;
is_deeply \%exported, \%map, 'libkenangan.so.1 exports what libkenangan.sym says';
my %public = map { $_ => 1 } grep { $map{$_} ne 'KENANGAN_PRIVATE' } keys %map;
is_deeply [sort keys %public], [sort keys %declared], 'and kenangan.h declares exactly that';
cmp_ok scalar keys %declared, '>', 70, scalar(keys %declared) . ' functions';
is join(' ', sort grep { $map{$_} eq 'KENANGAN_PRIVATE' } keys %map), 'kn_ctl_main kn_daemon_main', 'besides its own programs';
for my $module (sort glob "$build/modules/*.so") {
    my %of = exports($module);
    is join(' ', sort keys %of), 'kn_module_entry', 'one symbol';
}

# ---- the header in every dialect, leaving nothing behind

my $use = "-I$src/include";
my $all = "$work/all.c";
open(my $out, '>', $all) or die $!;
print $out "#include <kenangan.h>\n#include <kenangan.h>\nint used(void);\nint used(void) { return KN_ABI_MAJOR; }\n";
close $out;
runs("$cc -std=$_ $strict -Wstrict-prototypes -Wshadow -Wconversion $use -fsyntax-only $all", "the header is $_") for qw(c99 c11 c17);
runs("$cxx -std=$_ $strict $use -fsyntax-only -x c++ $all", "the header is $_") for qw(c++17 c++20);
runs("$cxx -std=c++20 $strict $use -fsyntax-only -x c++ $abi/sample.c", 'a whole module is C++ too');
my (undef, $macros) = run("$cc -std=c99 $use -E -dD $all");
my ($file, @foreign) = '';
for (split /\n/, $macros) {
    $file = $1 if /\A# \d+ "([^"]*)"/;
    push @foreign, $1 if $file =~ /kenangan\.h\z/ && /\A#define (\w+)/ && $1 !~ /\A(?:KN_|KENANGAN_H\z)/;
}
is "@foreign", '', 'all its macros begin with KN_';
my $flat = $header =~ s/^[ \t]*#.*(?:\\\n.*)*//gmr;
is join(' ', grep { !/\Akn_/ } $flat =~ /\b(?:struct|enum|union)\s+(\w+)/g), '', 'its tags with kn_';
is join(' ', grep { !/\AKN_/ } map { /\b([A-Za-z_]\w*)\s*(?:=[^,]*)?(?:,|\z)/g } $flat =~ /enum \w+ \{([^}]*)\}/g), '', 'its constants with KN_';
is join(' ', grep { !/\Akn_/ } $flat =~ /^typedef[^;]*?\b(\w+)\s*\([^;()]*\);/gm), '', 'its types with kn_';

# ---- where everything stands

runs("$cc -std=c99 $strict -Wno-unused-local-typedefs $use -fsyntax-only $abi/offsets.c", 'offsets, sizes and values are those of 1.0');

# ---- against the released baseline

sub sample {
    my ($include, $to, $flags) = @_;
    runs("$cc -std=c99 $strict -g -O1 -fPIC -fvisibility=hidden -I$include ${\($flags // '')} -shared -o $to $abi/sample.c"
          . " -L$libs -lkenangan", "the sample module builds for $include");
    chmod 0755, $to;
}
mkdir "$work/$_" for qw(now frozen);
sample("$src/include", "$work/now/sample.so");
SKIP: {
    skip 'abidiff is not installed (Debian package abigail-tools)', 8 unless has('abidiff');
    my (undef, $sections) = run("readelf -S $libs/libkenangan.so.1");
    skip 'the baseline is that of x86_64', 8 unless `uname -m` =~ /x86_64/;
    skip 'the library is built without debug information (-g)', 8 unless $sections =~ /\.debug_info/;
    skip 'a sanitized library has other symbols', 8 if $sections =~ /asan/;
    my $see = "abidw --no-corpus-path --no-comp-dir-path --no-show-locs --no-elf-needed --exported-interfaces-only --drop-private-types";
    # Appending is allowed (what may not grow is pinned in offsets.c); nothing may move, go or change.
    my $breaks = sub {
        my (undef, $text) = run("abidiff --no-added-syms $abi/$_[0]-1.0.abi $_[1]");
        return join "\n", grep { /offset changed|deletion|type name changed|enumerator change|[1-9]\d* Removed|was (?:added|removed)|^abidiff/ } split /\n/, $text;
    };
    runs("$see --headers-dir $src/include $libs/libkenangan.so.1 >$work/lib.abi", 'abidw reads the library');
    is $breaks->('libkenangan', "$work/lib.abi"), '', 'abidiff finds nothing taken from the library';
    runs("$see --headers-dir $src/include $work/now/sample.so >$work/sample.abi", 'abidw reads the sample module');
    is $breaks->('sample', "$work/sample.abi"), '', 'abidiff finds nothing changed for a module';

    # That it would find it.
    for (['a type changed', 'size_t body_max;', 'unsigned body_max;', 1], ['a member gone', 'void (*drain)(struct kn_ctx *ctx);', '', 1],
        ['a value moved', 'KN_OPTION_LIST ', 'KN_OPTION_NEW, KN_OPTION_LIST ', 1],
        ['a member appended', 'void (*stop)(struct kn_ctx *ctx);', 'void (*stop)(struct kn_ctx *ctx); int later;', '']) {
        my ($name, $from, $to, $wanted) = @$_;
        mkdir "$work/spoiled";
        open(my $changed, '>', "$work/spoiled/kenangan.h") or die $!;
        print $changed slurp("$abi/kenangan-1.0.h") =~ s/\Q$from\E/$to/r;
        close $changed;
        system("$cc -std=c99 -g -O1 -w -fPIC -I$work/spoiled -shared -o $work/spoiled/sample.so $abi/sample.c -L$libs -lkenangan"
              . " && $see --headers-dir $work/spoiled $work/spoiled/sample.so >$work/spoiled/abi") == 0 or die;
        is !!$breaks->('sample', "$work/spoiled/abi"), $wanted, "$name: " . ($wanted ? 'found' : 'no break');
    }
}

# ---- a module built for 1.0 runs today

mkdir "$work/include";
system('cp', "$abi/kenangan-1.0.h", "$work/include/kenangan.h") == 0 or die;
sample("$work/include", "$work/frozen/sample.so");
system('ln', '-s', $_, "$work/frozen/") == 0 or die for glob "$build/modules/*.so";
my $server = KN::Server->new(demo => 1, start => 0, modules => [qw(health auth menu tables orders payments sample)],
    module_dir => "$work/frozen", module_yaml => { sample => "    options: {word: kata, number: -5, pause: 2s, list: [x, y]}\n" });
my ($status, $text) = $server->ctl('config', 'check');
is $status, 0, 'the 1.0 module is accepted' or diag $text;
$server->start;
my $client = $server->client;
my $reply  = answers($client, 'GET', '/api/v1/sample/abc', {}, '200', 'and answers');
is_deeply $reply->{data}{data}, { word => 'kata', number => -5, pause => 2000, room => 65536, loud => JSON::PP::true(), second => 'y', sum => 42, id => 'abc' },
  'with its options, the database and its parameter';
is $reply->{headers}{'x-sample'}, 'kata', 'and its header';
is $client->get('/api/v1/sample/secret', token => $server->token('kitchen'))->{data}{message}, 'kitchen', 'its permission lets in';
is answer($client->get('/api/v1/sample/secret', token => $server->token('server'))), '403 insufficient_permissions', 'and keeps out';
is $client->post('/api/v1/sample', { price => 9.5 })->{data}{message}, '9.50', 'its form reads money';
is answer($client->post('/api/v1/sample', { price => 'x' })), '400 invalid_price', 'and refuses what is none';
like $client->get('/metrics')->{body}, qr/^sample_calls_total \d+$/m, 'its counter is a metric';
ok defined soon(5, sub { ($_[0]->get('/health')->{data}{checks}{sample}{status} // '') eq 'healthy' }, $client), 'its check is in /health';
my $dish = $client->get('/api/v1/public/menu')->{data}{data}[0]{id};
$client->post('/api/v1/orders', { order_type => 'takeout', items => [{ product_id => $dish, quantity => 1 }] }, token => $server->token('counter'));
ok $server->wait_log(qr/sample heard order\./), 'it hears of an order';
$server->stop;

# ---- what does not fit is refused, naming the file

my %wrong = (
    'another major number' => ['-DSAMPLE_MAJOR=2', qr/2/],
    'a newer minor number' => ['-DSAMPLE_MINOR=99', qr/99/],
    'a structure cut short' => ['-DSAMPLE_STRUCT_SIZE=16', qr/16/],
    'no structure size' => ['-DSAMPLE_STRUCT_SIZE=0', qr/0/],
    'options cut short' => ['-DSAMPLE_OPTION_SIZE=8', qr/option/],
    'routes cut short' => ['-DSAMPLE_ROUTE_SIZE=8', qr/route/],
);
mkdir "$work/wrong";
for my $name (sort keys %wrong) {
    my ($flags, $pattern) = @{ $wrong{$name} };
    sample("$src/include", "$work/wrong/sample.so", $flags);
    $server->write_conf(modules => ['sample'], module_dir => "$work/wrong", module_yaml => {});
    ($status, $text) = $server->ctl('config', 'check');
    is $status, 1, "$name: refused";
    like $text, qr/sample\.so/, 'naming the file';
    like $text, $pattern, 'and what it wants';
    is scalar(split /\n/, $text), 1, 'in one line' or diag $text;
}

sub refused {
    my ($name, $pattern) = @_;
    ($status, $text) = $server->ctl('config', 'check');
    is $status, 1, "$name: refused";
    like $text, $pattern, "saying so: $text";
}
$server->write_conf(modules => ['sample'], module_dir => "$work/now", module_yaml => {});
chmod 0777, "$work/now/sample.so";
refused('a module others may write', qr/sample\.so.*writ.*chmod/);
chmod 0755, "$work/now/sample.so";
chmod 0777, "$work/now";
refused('a folder others may write', qr/now.*writ.*chmod/);
chmod 0755, "$work/now";
($status, $text) = $server->ctl('config', 'check');
is $status, 0, 'with the mode mended it is accepted' or diag $text;
$server->write_conf(module_yaml => { sample => "    options: {wrod: x}\n" });
refused('an option that nobody knows', qr/kenangan\.yaml:\d+:.*wrod.*word/);
$server->write_conf(module_yaml => { sample => "    options: {number: many}\n" });
refused('an option of the wrong type', qr/kenangan\.yaml:\d+:.*number/);
open($out, '>', "$work/now/sample.so") or die $!;
print $out "no library\n";
close $out;
$server->write_conf(module_yaml => {});
refused('a file that is no library', qr/sample\.so/);
unlink "$work/now/sample.so";
refused('no file', qr/sample\.so/);

done_testing;
