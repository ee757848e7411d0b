# SPDX-License-Identifier: BSD-3-Clause
# The layers of the source, as its includes and its SQL tell them.
use strict;
use warnings;
use File::Basename qw(basename dirname);
use Test::More;

my $top = $ENV{KN_SRCDIR} // die "KN_SRCDIR is not set: run the tests with `make check`\n";
chdir $top or die "$top: $!";

sub slurp { open(my $file, '<', $_[0]) or die "$_[0]: $!"; local $/; return <$file> }
sub includes { return slurp($_[0]) =~ /^[ \t]*#[ \t]*include[ \t]*([<"][^>"]+[>"])/mg }

# Client libraries that are a module's own business, and what every module may include.
my %own = (auth => [qw(jwt.h crypt.h)], menu => [qw(zlib.h)]);
my %standard = map { $_ => 1 } qw(assert.h ctype.h errno.h inttypes.h limits.h math.h stdarg.h stdbool.h stddef.h
  stdint.h stdio.h stdlib.h string.h strings.h time.h dirent.h fcntl.h pthread.h unistd.h sys/stat.h sys/time.h
  sys/types.h sys/random.h locale.h wctype.h);

# ---- modules

for my $folder (grep { -d } glob 'modules/*') {
    my $name = basename($folder);
    my %mine = map { basename($_) => 1 } glob "$folder/*.h";
    my %may  = (%standard, map { $_ => 1 } 'kenangan.h', @{ $own{$name} // [] });
    my @foreign;
    for my $file (sort glob "$folder/*.[ch]") {
        for (includes($file)) {
            my ($kind, $header) = /\A([<"])(.*).\z/;
            push @foreign, "$file: $_" unless $kind eq '<' ? $may{$header} : $mine{$header};
        }
    }
    is "@foreign", '', "module $name includes <kenangan.h>, its own headers and its own libraries";
    ok -e "$folder/local.mk" && -e "$folder/kenangan-$name.7", 'has its build fragment and its manual page';
}

# ---- each library has one owner in the server

my %most = ('event2/http.h' => 7, 'libpq-fe.h' => 16, 'yaml.h' => 3, 'dlfcn.h' => 1, 'crypt.h' => 1, 'json-c/json.h' => 4);
my %users;
for my $file (sort glob 'server/*.[ch]') {
    for (includes($file)) {
        my ($kind, $header) = /\A([<"])(.*).\z/;
        push @{ $users{$header} }, basename($file) if $kind eq q(<);
    }
}
for my $header (sort keys %most) {
    my @files = @{ $users{$header} // [] };
    cmp_ok scalar @files, '<=', $most{$header}, "<$header> in few files: @files";
}
my %prefix = ('libpq-fe.h' => qr/\A(?:db|watch|events|migrate|leader|req_db|ctl|checks|jobs)/, 'dlfcn.h' => qr/\Amodule/,
    'yaml.h' => qr/\Ayaml/, 'event2/http.h' => qr/\A(?:http|gate|request|reply|worker)/, 'crypt.h' => qr/\Actl/);
for my $header (sort keys %prefix) {
    is join(' ', grep { $_ !~ $prefix{$header} } @{ $users{$header} // [] }), '', "<$header> only in the files of its owner";
}
is join(' ', grep { /\.h\z/ } @{ $users{'libpq-fe.h'} // [] }, @{ $users{'yaml.h'} // [] }, @{ $users{'dlfcn.h'} // [] }) =~
  s/\bdb\w*\.h ?//gr, '', 'no header hands libpq, libyaml or dlopen on';

# ---- the public header and the leaves

is join(' ', grep { !$standard{ substr $_, 1, -1 } } includes('include/kenangan.h')), '', 'kenangan.h includes the C library only';
for my $leaf (qw(arena buf clock json json_check mask path uuid gate_parse backoff)) {
    my %below = map { $_ => 1 } qw(arena buf clock json json_check uuid);
    for my $file (grep { -e } map { "server/$leaf.$_" } qw(c h)) {
        my @above = grep { /\A"(.*)\.h"\z/ && $1 ne $leaf && !$below{$1} && $1 ne 'kenangan' } includes($file);
        is "@above", '', "$file includes nothing above it";
    }
}

# ---- each .c its own .h first, and the licence before all

my (@order, @licence, @umbrella);
for my $file (sort glob '{server,modules/*}/*.c') {
    my $own = basename($file) =~ s/c\z/h/r;
    my ($first) = includes($file);
    push @order, $file if -e dirname($file) . "/$own" && ($first // '') !~ m{\A["<]\Q$own\E};
}
is "@order", '', 'each .c includes its own .h first';
for my $file (sort glob '{include,server,modules/*,contrib/module-template,t/unit,t/fuzz,t/abi}/*.[ch]') {
    push @licence, $file if slurp($file) !~ m{\A/\* SPDX-License-Identifier: BSD-3-Clause \*/\n};
}
for my $file (sort glob '{sql/*,scripts,t}/*.{sql,sh,t}') {
    push @licence, $file if slurp($file) !~ m{\A(?:#!.*\n)?(?:--|#) SPDX-License-Identifier: BSD-3-Clause\n};
}
is "@licence", '', 'each file opens with its licence';
my ($most) = sort { $b <=> $a } map { scalar(() = includes($_)) } glob 'server/*.h';
cmp_ok $most, '<=', 14, "no umbrella header (the fullest includes $most)";

# ---- SQL reaches another module's tables only through its functions and views

my (%owner, %text);
for my $file (sort glob 'sql/*/*.sql') {
    my $module = basename(dirname($file));
    next if $module eq 'demo';
    (my $sql = slurp($file)) =~ s/--[^\n]*//g;
    $text{$file} = [$module, $sql];
    $owner{ lc $_ } = $module for $sql =~ /\bCREATE\s+(?:UNLOGGED\s+)?TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?(\w+)/gi;
}
for my $folder (grep { -d } glob 'modules/*') {
    for my $file (glob "$folder/*.c") {
        my $strings = join ' ', slurp($file) =~ /"((?:[^"\\]|\\.)*)"/g;
        $text{$file} = [basename($folder), $strings];
    }
}
cmp_ok scalar keys %owner, '>=', 15, 'the tables: ' . join ' ', sort keys %owner;
for my $file (sort keys %text) {
    my ($module, $sql) = @{ $text{$file} };
    my @foreign;
    while ($sql =~ /\b(?:FROM|JOIN|UPDATE|INTO|DELETE\s+FROM|TRUNCATE|LOCK\s+TABLE)\s+(?:ONLY\s+)?(\w+)/gi) {
        my $of = $owner{ lc $1 } // next;
        push @foreign, lc $1 if $of ne $module && $of ne 'core';
    }
    is "@foreign", '', "$file names no table of another module";
}
done_testing;
