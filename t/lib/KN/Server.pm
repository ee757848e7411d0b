# SPDX-License-Identifier: BSD-3-Clause
# A server from the build tree for one test: configuration, start, stop, log. What it started, it stops.
package KN::Server;
use strict;
use warnings;
use File::Temp qw(tempdir);
use IO::Socket::INET;
use JSON::PP ();
use POSIX qw(:sys_wait_h);
use Test::More ();
use Time::HiRes qw(sleep time);
use KN::Client;
use KN::Postgres;

my %accounts;    # role => [username, password], from the comment in the demo data
my @running;

# Whatever ends a test, END stops what it started. Handlers, not IGNORE: exec would inherit that.
$SIG{PIPE} = sub { };
$SIG{$_} = sub { exit 1 } for qw(HUP INT TERM);

# Read once: the programs we start get an environment without them.
my ($srcdir, $builddir) = @ENV{qw(KN_SRCDIR KN_BUILDDIR)};
sub srcdir   { $srcdir   // die "KN_SRCDIR is not set: run the tests with `make check`\n" }
sub builddir { $builddir // die "KN_BUILDDIR is not set: run the tests with `make check`\n" }

# A port of 127.0.0.1 that nobody listens on.
sub free_port {
    my $socket = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1) or die "no port: $!";
    return $socket->sockport;
}

# A program of the build tree, run without libtool's wrapper so that its process id is its own.
sub program { builddir() . "/server/.libs/$_[0]" }

# The environment of every program: its own library, our PostgreSQL, nothing from the caller.
sub environment {
    my ($self, %more) = @_;
    return (
        PATH            => $ENV{PATH},
        LC_ALL          => 'C.UTF-8',
        LD_LIBRARY_PATH => builddir() . '/server/.libs',
        (map { defined $ENV{$_} ? ($_ => $ENV{$_}) : () } qw(ASAN_OPTIONS UBSAN_OPTIONS LSAN_OPTIONS)),
        JWT_SECRET => 'a-test-secret-of-more-than-32-bytes!',
        PORT       => $self->{port},
        $self->{pg}->env,
        DB_NAME => $self->{database},
        %{ $self->{env} },
        %more,
    );
}

my @modules = qw(health auth menu tables orders payments);

sub write_conf {
    my ($self, %change) = @_;
    @$self{ keys %change } = values %change;
    my %section = (
        http     => "  listen: [127.0.0.1]\n" . ($self->{http}     // ''),
        limiters => $self->{limiters} // "  strict: {budget: 1000, period: 1m}\n",
    );
    my $yaml = "workers: $self->{workers}\nmodule_dir: $self->{module_dir}\nsql_dir: "
      . srcdir() . "/sql\n" . ($self->{yaml} // '');
    $yaml .= "$_:\n$section{$_}" for sort keys %section;
    $yaml .= "modules:\n";
    for my $name (@{ $self->{modules} }) {
        $yaml .= "  - name: $name\n    path: $name.so\n" . ($self->{module_yaml}{$name} // '');
    }
    open(my $file, '>', $self->{conf}) or die "$self->{conf}: $!";
    print $file $yaml;
    close $file;
}

# new(demo => 1, workers => 2, pg => ..., env => {}, http => yaml, limiters => yaml, modules => [...],
#     module_yaml => {name => yaml}, start => 0)
sub new {
    my ($class, %option) = @_;
    my $dir = tempdir('kn-server-XXXXXX', DIR => '/tmp', CLEANUP => 0);
    chmod 0755, $dir;
    my $self = bless {
        dir        => $dir,
        conf       => "$dir/kenangan.yaml",
        log        => "$dir/log",
        port       => free_port(),
        workers    => 2,
        database   => 'pos_system',
        modules    => [@modules],
        module_dir => builddir() . '/modules',
        env        => {},
        owner      => $$,
        %option,
    }, $class;
    $self->{pg} //= KN::Postgres->new;
    $self->write_conf;
    push @running, $self;
    $self->ctl_ok('migrate');
    $self->ctl_ok('demo') if $option{demo};
    $self->start unless defined $option{start} && !$option{start};
    return $self;
}

sub pg { $_[0]{pg} }

# Runs kenanganctl; returns (exit status, output with errors).
sub ctl {
    my ($self, @args) = @_;
    my %option = ref $args[0] ? %{ shift @args } : ();
    my $out = "$self->{dir}/ctl.out";
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        open(STDIN, '<', '/dev/null');
        if (defined $option{stdin}) {
            open(my $in, '>', "$self->{dir}/ctl.in");
            print $in $option{stdin};
            close $in;
            open(STDIN, '<', "$self->{dir}/ctl.in");
        }
        open(STDOUT, '>', $out);
        open(STDERR, '>&', \*STDOUT);
        %ENV = $self->environment(%{ $option{env} // {} });
        exec program('kenanganctl'), '-c', $self->{conf}, @args or POSIX::_exit(127);
    }
    waitpid $pid, 0;
    my $status = $? >> 8;
    open(my $file, '<', $out);
    local $/;
    return ($status, <$file> // '');
}

sub ctl_ok {
    my ($self, @args) = @_;
    my ($status, $text) = $self->ctl(@args);
    die "kenanganctl @args failed: $text\n" if $status != 0;
    return $text;
}

# Starts without waiting.
sub spawn {
    my ($self, %env) = @_;
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        open(STDIN,  '<',  '/dev/null');
        open(STDOUT, '>>', $self->{log});
        open(STDERR, '>>', $self->{log});
        %ENV = $self->environment(%env);
        exec program('kenangand'), '-c', $self->{conf}, '--pid-file', "$self->{dir}/pid"
          or POSIX::_exit(127);
    }
    return $self->{pid} = $pid;
}

# Starts and waits for the first reply (healthy or not, as asked).
sub start {
    my ($self, %option) = @_;
    $self->spawn(%{ $option{env} // {} });
    my $until = time + 20;
    my $client = $self->client(timeout => 5);
    while (time < $until) {
        my $reply = $client->get('/health');
        return $self if $reply && ($option{unhealthy} || $reply->{status} == 200);
        last if waitpid($self->{pid}, WNOHANG) > 0;
        $client->close;
        sleep 0.02;
    }
    Test::More::diag($self->log_text);
    die "the server did not come up on port $self->{port}\n";
}

sub client {
    my ($self, %option) = @_;
    return KN::Client->new(port => $self->{port}, %option);
}

# The master's process id: after an upgrade it is another one.
sub master {
    my ($self) = @_;
    open(my $file, '<', "$self->{dir}/pid") or return $self->{pid};
    my $pid = <$file>;
    return $pid =~ /(\d+)/ ? $1 : $self->{pid};
}

# The process ids of the master's children (workers and agent).
sub children {
    my ($self) = @_;
    my $master = $self->master;
    open(my $file, '<', "/proc/$master/task/$master/children") or return;
    return split ' ', <$file> // '';
}

sub signal {
    my ($self, $name) = @_;
    kill $name, $self->master;
}

sub wait_exit {
    my ($self, $seconds) = @_;
    my $until = time + ($seconds // 40);
    while (time < $until) {
        my $got = waitpid $self->{pid}, WNOHANG;
        return $? if $got == $self->{pid};
        return 0  if $got < 0 && !kill(0, $self->{pid});
        sleep 0.02;
    }
    return;
}

# Stops it as an operator would, and checks that it left cleanly and said nothing a sanitizer says.
sub stop {
    my ($self) = @_;
    my $pid = delete $self->{pid} or return;
    $self->{pid} = $pid;
    my $master = $self->master;
    kill 'TERM', $master;
    my $status;
    if ($master == $pid) {
        $status = $self->wait_exit;
    } else {    # upgraded: not our child
        my $until = time + 40;
        sleep 0.05 while kill(0, $master) && time < $until;
        $status = kill(0, $master) ? undef : 0;
    }
    delete $self->{pid};
    Test::More::is($status, 0, 'the server leaves cleanly');
    my @bad = grep { /Sanitizer|runtime error:|Assertion/ } split /\n/, $self->log_text;
    Test::More::is("@bad", '', 'and sanitizers found nothing');
}

# For benchmarks, which are no tests.
sub stop_quietly {
    my ($self) = @_;
    kill 'TERM', $self->master;
    $self->wait_exit;
    delete $self->{pid};
}

sub log_text {
    my ($self) = @_;
    open(my $file, '<', $self->{log}) or return '';
    local $/;
    return <$file> // '';
}

# The log's lines, decoded; those that are not JSON are errors of ours.
sub log_lines {
    my ($self) = @_;
    return map { JSON::PP->new->utf8->decode($_) } grep { /\A\{/ } split /\n/, $self->log_text;
}

# Access lines; they are written in groups, so wait for the last of them.
sub access_lines {
    my ($self) = @_;
    sleep 0.4;
    return grep { defined $_->{status_code} } $self->log_lines;
}

sub wait_log {
    my ($self, $pattern, $seconds) = @_;
    my $until = time + ($seconds // 10);
    while (time < $until) {
        return 1 if $self->log_text =~ $pattern;
        sleep 0.02;
    }
    return 0;
}

# (username, password) as login wants them, of the demo account with this role.
sub account {
    my ($self, $role) = @_;
    if (!%accounts) {
        for my $name (glob srcdir() . '/sql/demo/*.sql') {
            open(my $file, '<', $name) or die "$name: $!";
            while (my $line = <$file>) {
                $accounts{$3} = [$1, $2] if $line =~ m{^--\s+(\S+)\s+/\s+(\S+)\s+role (\w+)\s*$};
            }
        }
    }
    my ($username, $password) = @{ $accounts{$role} // die "no demo account for $role\n" };
    return (username => $username, password => $password);
}

# A token of that role, kept.
sub token {
    my ($self, $role) = @_;
    return $self->{tokens}{$role} //= do {
        my $reply = $self->client->post('/api/v1/auth/login', { $self->account($role) });
        $reply->{data}{data}{token} // die "no token for $role: $reply->{body}\n";
    };
}

END {
    my $status = $?;
    for my $server (grep { $_->{owner} == $$ } @running) {
        for my $pid (grep { $_ } $server->{pid}, $server->{pid} ? $server->master : ()) {
            kill 'KILL', $pid;
            waitpid $pid, 0;
        }
        system('rm', '-rf', $server->{dir}) unless $ENV{KN_KEEP};
    }
    $? = $status;
}

1;
