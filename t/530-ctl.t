# SPDX-License-Identifier: BSD-3-Clause
# kenanganctl: every command, what it says and how it exits; and the manual pages.
use strict;
use warnings;
use File::Basename qw(basename);
use File::Path qw(make_path);
use JSON::PP ();
use Test::More;
use KN::Api;
use KN::Server;

my $src    = KN::Server::srcdir();
my $server = KN::Server->new(start => 0);    # has migrated
my $pg     = $server->pg;
my $dir    = $server->{dir};
my ($status, $text);

sub slurp { open(my $file, '<', $_[0]) or die "$_[0]: $!"; local $/; return <$file> }
sub spew { my ($name, $content) = @_; open(my $file, '>', $name) or die "$name: $!"; print $file $content; close $file }

# Runs it; the output must match. The first argument may hold {stdin, env}.
sub ctl {
    my ($wanted, $pattern, @args) = @_;
    ($status, $text) = $server->ctl(@args);
    my $said = join ' ', grep { !ref } @args;
    is $status, $wanted, "kenanganctl $said: exit $wanted" or diag $text;
    like $text, $pattern, '... saying so' if $pattern;
    is scalar(split /\n/, $text), 1, '... in one line' if $wanted == 1 && $pattern;
}

# ---- help and usage

my @commands = (['migrate'], [qw(config check)], [qw(config print)], [qw(user add)], [qw(user passwd)], [qw(user list)],
    ['demo'], ['health'], [qw(module new)], [qw(module list)], ['version']);
ctl(0, qr/Usage: kenanganctl.*COMMAND/, '--help');
for (@commands) {
    my $said = "@$_";
    like $text, qr/^\s+\Q$said\E\b/m, "--help names $said";
}
ctl(0, qr/Usage: kenanganctl .*@$_.*\n\S/, @$_, '--help') for @commands;
ctl(0, qr/@$_ (?:add|check|new)/, @$_, '--help') for ['user'], ['config'], ['module'];
ctl(0, qr/^kenanganctl \d+\.\d+\.\d+$/m, @$_) for ['version'], ['--version'];
ctl(2, qr/--help/, @$_) for [], ['unknown'], ['user'], ['user', 'unknown'], ['config'], ['--unknown'], ['version', 'x'],
  ['migrate', 'x'], ['migrate', '--unknown'], ['config', 'check', 'a', 'b'], ['user', 'add'], ['user', 'add', 'rini'],
  ['user', 'add', 'rini', '--role'], ['user', 'add', 'rini', '--role', 'boss'], ['user', 'add', 'ab', '--role', 'server'],
  ['user', 'add', 'rini', '--role', 'server', '--email', 'x'], ['user', 'passwd'], ['user', 'list', 'x'], ['demo', 'x'],
  ['health', '--url'], ['health', '--url', 'ftp://x'], ['module', 'new'], ['module', 'new', 'Bad'], ['module', 'list', 'x'];
for my $program (qw(kenangand kenanganctl)) {
    my $path = KN::Server::program($program);
    my $lib  = "LD_LIBRARY_PATH=" . KN::Server::builddir() . '/server/.libs';
    like `$lib $path --help 2>&1`, qr/Usage: $program/, "$program --help";
    is $?, 0, 'exits 0';
    like `$lib $path --version 2>&1`, qr/$program \d+\.\d+\.\d+/, "$program --version";
    is $?, 0, 'exits 0';
    like `$lib $path --nonsense 2>&1`, qr/nonsense/, "$program --nonsense is refused";
    is $? >> 8, 2, 'with 2';
}

# ---- migrations, from a copy of sql/ that may be spoiled

my $sql = "$dir/sql";
system('cp', '-r', "$src/sql", $sql) == 0 or die;
system('chmod', '-R', 'u+w', $sql) == 0 or die;
spew($server->{conf}, slurp($server->{conf}) =~ s/^sql_dir: .*$/sql_dir: $sql/mr);
my $applied = $pg->psql('SELECT count(*) FROM schema_migrations');
is $applied, scalar(grep { !m{/demo/} } glob "$sql/*/*.sql"), 'all migrations are applied';
ctl(0, undef, 'migrate');
unlike $text, qr/applied \w+\//, 'the second time there is nothing to do';
is $pg->psql('SELECT count(*) FROM schema_migrations'), $applied, 'as many as before';
ctl(0, qr/up to date/, 'migrate', '--status');
is $pg->psql('SELECT count(*) FROM users'), 0, 'no migration brings an account';

make_path("$sql/extra");
spew("$sql/extra/900_extra.sql", "-- a module of one's own\nCREATE TABLE extra (id int);\nINSERT INTO extra VALUES (1);\n");
ctl(0, qr/1/, 'migrate', '--status');
is $pg->psql("SELECT to_regclass('extra') IS NULL"), 't', '--status changes nothing';
ctl(0, qr{extra/900_extra\.sql}, 'migrate');
is $pg->psql('SELECT count(*) FROM extra'), 1, 'a new one is applied';
spew("$sql/extra/900_extra.sql", "CREATE TABLE extra (id int, more int);\n");
ctl(1, qr{sql/extra/900_extra\.sql.*changed}, 'migrate');
spew("$sql/extra/900_extra.sql", "-- a module of one's own\nCREATE TABLE extra (id int);\nINSERT INTO extra VALUES (1);\n");
spew("$sql/extra/901_broken.sql", "CREATE TABLE half (id int);\n\nINSERT INTO half VALUES (1);\nSELECT nonsense\n  FROM half;\n");
ctl(1, qr{sql/extra/901_broken\.sql:4: .*nonsense}, 'migrate');
is $pg->psql("SELECT to_regclass('half') IS NULL"), 't', 'nothing of it stays';
spew("$sql/extra/901_broken.sql", "SELECT 1;\n\nSELECT 1/0;\n");
ctl(1, qr{sql/extra/901_broken\.sql:3: .*zero}, 'migrate');
spew("$sql/extra/901_broken.sql", "CREATE TABLE half (id int);\nCOMMIT;\n");
ctl(1, qr{sql/extra/901_broken\.sql}, 'migrate');
unlink "$sql/extra/901_broken.sql";
$pg->psql('DROP TABLE IF EXISTS half');
spew("$sql/extra/900_again.sql", "SELECT 1;\n");
ctl(1, qr{extra/900_\w+\.sql.*number}, 'migrate');
unlink "$sql/extra/900_again.sql";
ctl(0, undef, 'migrate');
ctl(1, qr/database|connect/i, { env => { DB_HOST => $dir } }, 'migrate');

# Two at once: one does the work, the other waits and finds it done.
$pg->psql('CREATE DATABASE twins', 'postgres');
my @pids = map {
    my $pid = fork // die;
    if (!$pid) {
        %ENV = $server->environment(DB_NAME => 'twins');
        open(STDOUT, '>', "$dir/twin$_");
        open(STDERR, '>&', \*STDOUT);
        exec KN::Server::program('kenanganctl'), '-c', $server->{conf}, 'migrate' or POSIX::_exit(127);
    }
    $pid;
} 1 .. 3;
my @exits = map { waitpid $_, 0; $? >> 8 } @pids;
is "@exits", '0 0 0', 'three at once all succeed' or diag map { slurp("$dir/twin$_") } 1 .. 3;
is $pg->psql('SELECT count(*) FROM schema_migrations', 'twins'), $applied + 1, 'each migration once';

# ---- configuration

ctl(0, qr/^OK$/m, 'config', 'check');
ctl(0, qr/^OK$/m, 'config', 'check', $server->{conf});
ctl(1, qr/JWT_SECRET.*32/, { env => { JWT_SECRET => 'short' } }, 'config', 'check');
ctl(1, qr/PORT/, { env => { PORT => 'many' } }, 'config', 'check');
ctl(1, qr{/nowhere\.yaml}, 'config', 'check', "$dir/nowhere.yaml");
my $n = 0;
for (["http:\n  prot: 1\n", 2, 'prot.*port'], ["workers: many\n", 1, 'workers'], ["workers: 1\nworkers: 2\n", 2, 'workers'],
    ["a: &x 1\nb: *x\n", 1, ''], ["http: [\n", 2, ''], ["http:\n\tport: 1\n", 2, ''], ["modules: {}\n", 1, 'modules'],
    ["log_level: LOUD\n", 1, 'log_level'], ["http: {body_timeout: 5 parsecs}\n", 1, 'body_timeout'],
    ["limiters: {strict: {budget: -1}}\n", 1, 'budget']) {
    my ($yaml, $line, $what) = @$_;
    spew("$dir/bad.yaml", $yaml);
    ctl(1, qr{bad\.yaml:$line\b.*$what}, 'config', 'check', "$dir/bad.yaml");
}
ctl(0, undef, { env => { DB_PASSWORD => 'never-shown-1' } }, 'config', 'print');
like $text, qr/^\s*port: $server->{port}$/m, 'the environment counts';
like $text, qr/max_open: 25/, 'defaults are shown';
unlike $text, qr/never-shown-1|a-test-secret/, 'secrets are not';
spew("$dir/printed.yaml", $text =~ s/^\s*(?:password|secret|metrics_token):.*\n//gmr);
ctl(0, undef, 'config', 'print', "$dir/printed.yaml");
ctl(0, qr/^OK$/m, 'config', 'check', "$dir/printed.yaml");

# ---- accounts

ctl(0, qr/rini/, { stdin => "rahasia1\n" }, 'user', 'add', 'rini', '--role', 'admin', '--email', 'rini@x.example', '--first', 'Rini', '--last', 'S');
like $pg->psql("SELECT password_hash FROM users WHERE username = 'rini'"), qr/\A\$y\$/, 'hashed with yescrypt';
ctl(0, undef, { stdin => 'tanpa-baris' }, 'user', 'add', 'tono', '--role', 'kitchen');
ctl(1, qr/rini|taken|already|exists/i, { stdin => "rahasia1\n" }, 'user', 'add', 'rini', '--role', 'server');
ctl(1, qr/6/, { stdin => "abc\n" }, 'user', 'add', 'pendek', '--role', 'server');
ctl(1, qr/72/, { stdin => 'x' x 73 . "\n" }, 'user', 'add', 'panjang', '--role', 'server');
ctl(1, qr/password/, { stdin => '' }, 'user', 'add', 'kosong', '--role', 'server');
ctl(0, qr/rini\s+admin\s+yes\s+Rini S\s+rini\@x\.example/, 'user', 'list');
like $text, qr/tono\s+kitchen/, 'both are listed';
unlike $text, qr/pendek|panjang|kosong|\$y\$/, 'no failed ones, no hashes';

$server->start;
my $client = $server->client;
sub sign_in { return $client->post('/api/v1/auth/login', { username => $_[0], password => $_[1] }) }
my $token = sign_in('rini', 'rahasia1')->{data}{data}{token};
is answer($client->get('/api/v1/auth/me', token => $token)), '200', 'the new account signs in';
is answer(sign_in('tono', 'tanpa-baris')), '200', 'so does the other';
ctl(0, qr/rini/, { stdin => "rahasia2\n" }, 'user', 'passwd', 'rini');
ok defined soon(1, sub { answer($_[0]->get('/api/v1/auth/me', token => $token)) eq '401 invalid_token' }, $client), 'a new password voids the token';
is answer(sign_in('rini', 'rahasia1')) . ', ' . answer(sign_in('rini', 'rahasia2')), '401 invalid_credentials, 200', 'the new one counts';
ctl(1, qr/nobody/, { stdin => "rahasia1\n" }, 'user', 'passwd', 'nobody');

# ---- the demo restaurant

ctl(0, undef, 'demo');
my $dishes = $pg->psql('SELECT count(*) FROM products');
cmp_ok $dishes, '>=', 40, "$dishes dishes";
ctl(0, undef, 'demo');
is $pg->psql('SELECT count(*) FROM products'), $dishes, 'loading it again changes nothing';
is answer($client->post('/api/v1/auth/login', { $server->account($_) })), '200', "the demo's $_ signs in" for qw(admin manager server counter kitchen);

# ---- health

ctl(0, qr/"status": ?"healthy"/, 'health');
ctl(0, undef, 'health', '--url', "http://127.0.0.1:$server->{port}/api/v1/health");
ctl(1, undef, 'health', '--url', "http://127.0.0.1:$server->{port}/nothing");
ctl(1, undef, 'health', '--url', 'http://127.0.0.1:1/health');
is system("env -i PORT=$server->{port} LD_LIBRARY_PATH=" . KN::Server::builddir() . "/server/.libs " . KN::Server::program('kenanganctl') . " health >/dev/null"), 0,
  'it needs nothing but PORT';
$server->stop;
ctl(1, undef, 'health');

# ---- modules

ctl(0, undef, 'module', 'list');
like $text, qr/^\s*$_\b/m, "module list names $_" for qw(health auth menu tables orders payments);
ctl(0, qr/secret/, 'module', 'list', '-v');
like $text, qr/$_/, "-v tells of $_" for 'max_stale', 'users.manage', '/api/v1/public/menu', 'JWT_SECRET';
unlike $text, qr/a-test-secret/, 'but no secret';

# ---- manual pages

my @pages = ("$src/server/kenangand.8", "$src/server/kenanganctl.8", "$src/conf/kenangan.yaml.5",
    map { "$_/kenangan-" . basename($_) . '.7' } grep { -d } glob "$src/modules/*");
my $linter = (grep { -x } map { "$_/mandoc" } split /:/, $ENV{PATH})[0];
for my $page (@pages) {
    ok -e $page, basename($page) . ' exists' or next;
  SKIP: {
        skip 'mandoc is not installed', 1 unless $linter;
        # "referenced manual not found" speaks of this machine, not of the page.
        is join('', grep { !/referenced manual not found|outdated mandoc\.db/ } `$linter -Tlint -Wstyle $page 2>&1`), '', 'and mandoc finds nothing';
    }
}
my $manual = slurp("$src/server/kenanganctl.8") =~ s/^\.[A-Z]\w ?//gmr;
for (@commands) { my $said = "@$_"; like $manual, qr/\b\Q$said\E\b/, "kenanganctl(8) knows $said" }
for my $page (@pages[3 .. $#pages]) {
    my ($name) = $page =~ m{modules/(\w+)/};
    my ($manual, @missing) = slurp($page);
    for my $option (map { /\.name = "(\w+)",\s*\.type/g } map { slurp($_) =~ /kn_option \w+\[\] = \{(.*?)^\};/msg } glob "$src/modules/$name/*.c") {
        push @missing, $option if $manual !~ /\b$option\b/;
    }
    is "@missing", '', basename($page) . ' explains every option';
}
done_testing;
