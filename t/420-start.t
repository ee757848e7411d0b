# SPDX-License-Identifier: BSD-3-Clause
# Starting: what is wrong is said in one line that tells what to do; what is right runs as an ordinary user.
use strict;
use warnings;
use Test::More;
use File::Copy qw(copy);
use Time::HiRes qw(sleep time);
use KN::Server;

my $server = KN::Server->new(demo => 1, start => 0);
my $dir = $server->{dir};

# Starts, expects it to end by itself, gives status and the last line said.
sub attempt {
    my (%env) = @_;
    my $conf = delete $env{conf};
    local $server->{conf} = $conf if $conf;
    unlink $server->{log};
    $server->spawn(%env);
    my $status = $server->wait_exit(20);
    if (!defined $status) {
        kill 'KILL', $server->{pid};
        waitpid $server->{pid}, 0;
    }
    delete $server->{pid};
    my @lines = grep { length } split /\n/, $server->log_text;
    my @errors = grep { !/"level":"(?:INFO|WARN|DEBUG)"/ } @lines;
    return (defined $status ? $status >> 8 : 'running', @errors);
}

sub refuses {
    my ($name, $pattern, %env) = @_;
    my ($status, @lines) = attempt(%env);
    is $status, 1, "$name: does not start";
    is scalar(@lines), 1, "$name: one line" or diag join "\n", @lines;
    like $lines[-1] // '', $pattern, "$name: that says why";
}

sub with_conf {
    my ($name, $pattern, %change) = @_;
    my %before = map { $_ => $server->{$_} } keys %change;
    $server->write_conf(%change);
    refuses($name, $pattern);
    my ($status, $text) = $server->ctl('config', 'check');
    is $status, 1, "$name: config check agrees";
    like $text, $pattern, "$name: with the same reason";
    $server->write_conf(%before);
}

# ---- secrets, files, keys
refuses('no secret',          qr/JWT_SECRET|secret/, JWT_SECRET => '');
refuses('a secret too short', qr/JWT_SECRET.*32/, JWT_SECRET => 'x' x 31);
refuses('no such file',       qr{/nowhere\.yaml.*(?:No such file|not exist)}i, conf => "$dir/nowhere.yaml");
refuses('a folder as file',   qr/\Q$dir\E/, conf => $dir);
refuses('a bad port',         qr/PORT/, PORT => 'eighty');
refuses('a port too large',   qr/PORT/, PORT => 70000);
refuses('a bad level',        qr/LOG_LEVEL/, LOG_LEVEL => 'LOUD');
refuses('a bad lifetime',     qr/DB_CONN_MAX_LIFETIME/, DB_CONN_MAX_LIFETIME => 'long');
refuses('a bad expiration',   qr/JWT_EXPIRATION/, JWT_EXPIRATION => 'never');
with_conf('an unknown key',           qr/kenangan\.yaml:\d+.*"?prot"?/, http => "  prot: 80\n");
with_conf('an unknown top-level key', qr/kenangan\.yaml:\d+.*worker_count/, yaml => "worker_count: 2\n");
with_conf('a duplicate key',          qr/kenangan\.yaml:\d+.*environment/, yaml => "environment: a\nenvironment: b\n");
with_conf('a duplicate key in a section', qr/kenangan\.yaml:\d+.*body_max/, http => "  body_max: 1K\n  body_max: 2K\n");
with_conf('a wrong type',             qr/kenangan\.yaml:\d+.*access_log/, http => "  access_log: maybe\n");
with_conf('a list for a number',      qr/kenangan\.yaml:\d+.*body_max/, http => "  body_max: [1]\n");
with_conf('broken YAML',              qr/kenangan\.yaml:\d+/, yaml => "a: b: c\n");
with_conf('an alias',                 qr/kenangan\.yaml:\d+/, yaml => "environment: &a x\nlog_level: *a\n");
with_conf('a tag',                    qr/kenangan\.yaml:\d+/, yaml => "environment: !!str x\n");
with_conf('a bad address',            qr/10\.0\.0\.300|listen/, http => "  trusted_proxies: [10.0.0.300]\n");
with_conf('an unknown limiter key',   qr/kenangan\.yaml:\d+.*bugdet/, limiters => "  strict: {bugdet: 5, period: 1m}\n");
with_conf('an unknown option',        qr/kenangan\.yaml:\d+.*secrte/, module_yaml => { auth => "    options: {secrte: x}\n" });
with_conf('a module twice',           qr/auth/, modules => [qw(health auth auth)]);
with_conf('a missing module',         qr/nothing\.so/, modules => [qw(health nothing)]);
with_conf('a missing dependency',     qr/orders.*(?:menu|auth|tables)/, modules => [qw(health auth orders)]);

# A permission that nobody has may belong to a module that is off: a warning.
$server->write_conf(yaml => "permissions:\n  orders.paint: admin\n");
like(($server->ctl('config', 'check'))[1], qr/WARN.*orders\.paint/, 'an unknown permission is warned of');
$server->write_conf(yaml => '');

# ---- modules of others
mkdir "$dir/modules";
my @compiler = ('cc', '-std=c99', '-shared', '-fPIC', '-I' . KN::Server::srcdir() . '/include');

sub compile {
    my ($name, $change, $more) = @_;
    my %field = (struct_size => 'sizeof(struct kn_module)', abi_major => 'KN_ABI_MAJOR', abi_minor => 'KN_ABI_MINOR',
        option_size => 'sizeof(struct kn_option)', route_size => 'sizeof(struct kn_route)',
        permission_size => 'sizeof(struct kn_permission)', name => qq("$name"), version => '"1"', summary => '"a test"', %$change);
    open(my $file, '>', "$dir/$name.c") or die "$name.c: $!";
    print $file "#include <kenangan.h>\n", $more // '', "static const struct kn_module module = {",
        join(', ', map { ".$_ = $field{$_}" } sort keys %field), "};\n",
        "const struct kn_module *kn_module_entry(void) { return &module; }\n";
    close $file;
    system(@compiler, '-o', "$dir/modules/$name.so", "$dir/$name.c") == 0 or die "cannot compile $name.c\n";
    chmod 0755, "$dir/modules/$name.so";
}

sub with_module {
    my ($name, $pattern, $path) = @_;
    my $yaml = $server->{yaml};
    with_conf("module $name", $pattern, modules => [qw(health auth)],
        module_yaml => { auth => "  - name: $name\n    path: " . ($path // "$dir/modules/$name.so") . "\n" });
}

my $routes = 'static void h(struct kn_req *r, void *s) { (void)s; kn_reply_done(r, 200, "x"); }'
    . 'static const struct kn_route routes[] = {{.method = "GET", .pattern = "/x", .handler = h%s}, {0}};' . "\n";
chmod 0755, "$dir/modules";
compile('major', { abi_major => 'KN_ABI_MAJOR + 1' });
with_module('major', qr/major\.so.*2\.\d.*1\.\d/s);
compile('minor', { abi_minor => 'KN_ABI_MINOR + 1' });
with_module('minor', qr/minor\.so.*1\.1.*1\.0/s);
compile('tiny', { struct_size => '8' });
with_module('tiny', qr/tiny\.so/);
compile('misnamed', { name => '"other"' });
with_module('misnamed', qr/misnamed.*other|other.*misnamed/);
compile('open', { routes => 'routes' }, sprintf $routes, '');
with_module('open', qr/open.*permission/);
compile('twice', { routes => 'routes' }, sprintf $routes =~ s{"/x"}{"/health"}r, ', .permission = "public"');
with_module('twice', qr{GET /health|/health});
compile('sloppy', { routes => 'routes' }, sprintf $routes, ', .permission = "public", .limiters = "no-such"');
with_module('sloppy', qr/no-such/);
{
    open(my $file, '>', "$dir/modules/text.so") or die "text.so: $!";
    close $file;
}
with_module('text', qr/text\.so/);
compile('fine', { routes => 'routes' }, sprintf $routes, ', .permission = "public"');
chmod 0777, "$dir/modules/fine.so";
with_module('fine', qr/fine\.so.*writable/);
chmod 0755, "$dir/modules/fine.so";
chmod 0777, "$dir/modules";
with_module('fine', qr/modules.*writable/);
chmod 0755, "$dir/modules";
my $wider = { struct_size => 'sizeof(struct kn_module) + 64' };
compile('wide', { %$wider, routes => 'routes' }, sprintf $routes =~ s{"/x"}{"/wide"}r, ', .permission = "public"');

# ---- a port that is taken
my $blocker = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $server->{port}, Listen => 1, ReuseAddr => 1);
refuses('a port in use', qr/port $server->{port}.*in use/);
close $blocker;

# ---- what is right
$server->write_conf(module_yaml => { payments => "  - name: fine\n    path: $dir/modules/fine.so\n" });
$server->start;
is $server->client->get('/x')->{status}, 200, 'a module of one\'s own is served';
my $second = KN::Server->new(pg => $server->pg, port => $server->{port}, start => 0);
$second->spawn;
isnt $second->wait_exit(20), 0, 'a second server on the same port does not start';
delete $second->{pid};
like $second->log_text, qr/port $server->{port}.*in use/, 'and says why';
is $server->client->get('/x')->{status}, 200, 'the first goes on';
my ($status, $text) = $server->ctl('health');
is $status, 0, 'kenanganctl health agrees';
like $text, qr/"?healthy"?/, 'and shows it';
$server->stop;
($status, $text) = $server->ctl('health');
is $status, 1, 'and knows when it is gone';

SKIP: {
    skip 'only root can become somebody else', 3 if $>;
    my ($uid, $gid) = (getpwnam 'nobody')[2, 3];
    chown $uid, $gid, $dir;
    unlink "$dir/pid", $server->{log};
    local *KN::Server::program = do {
        no warnings 'redefine';
        my $old = \&KN::Server::program;
        sub { $_[0] eq 'kenangand' ? "$dir/as-nobody" : $old->(@_) };
    };
    open(my $script, '>', "$dir/as-nobody") or die $!;
    print $script "#!/bin/sh\nexec setpriv --reuid=$uid --regid=$gid --clear-groups -- " . KN::Server::builddir()
        . "/server/.libs/kenangand \"\$@\"\n";
    close $script;
    chmod 0755, "$dir/as-nobody";
    $server->write_conf;
    chmod 0644, $server->{conf};
    $server->start;
    my ($owner) = map { (stat "/proc/$_")[4] } $server->{pid};
    is $owner, $uid, 'runs as an ordinary user';
    is $server->client->get('/api/v1/public/menu')->{status}, 200, 'and serves';
    $server->signal('HUP');
    ok $server->wait_log(qr/reload/i, 10), 'and reloads';
    $server->stop;
}
done_testing;
