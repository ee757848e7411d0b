# SPDX-License-Identifier: BSD-3-Clause
# A private PostgreSQL for one test: own data folder, unix socket only (TCP on demand), stopped at the end.
package KN::Postgres;
use strict;
use warnings;
use File::Temp qw(tempdir);
use IO::Socket::INET;

my @running;

sub bindir {
    my @found = sort { ($b =~ m{/(\d+)/})[0] <=> ($a =~ m{/(\d+)/})[0] }
      glob('/usr/lib/postgresql/*/bin');
    return $found[0] // die "no PostgreSQL server programs below /usr/lib/postgresql\n";
}

# The command, as user postgres when called by root: PostgreSQL refuses to run as root.
sub as_owner {
    return @_ if $> != 0;
    return ('setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups', '--', @_);
}

sub quietly {
    my ($log, @command) = @_;
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        open(STDIN,  '<',  '/dev/null');
        open(STDOUT, '>>', $log);
        open(STDERR, '>>', $log);
        chdir '/';
        exec @command or exit 127;
    }
    waitpid $pid, 0;
    return $? == 0;
}

# new(conf => {name => value}, durable => 1): durable keeps fsync on.
sub new {
    my ($class, %option) = @_;
    my $dir = tempdir('kn-pg-XXXXXX', DIR => '/tmp', CLEANUP => 0);
    chmod 0755, $dir;
    my $self = bless {
        dir  => $dir,
        data => "$dir/data",
        log  => "$dir/log",
        port => 5432,
        conf => $option{conf} // {},
        pid  => $$,
    }, $class;
    if ($> == 0) {
        my ($uid, $gid) = (getpwnam 'postgres')[2, 3];
        chown $uid, $gid, $dir;
    }
    quietly("$dir/initdb.log", as_owner(bindir() . '/initdb', '-N', '-D', $self->{data},
            '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8'))
      or die "initdb failed, see $dir/initdb.log\n";
    my %conf = (
        listen_addresses        => "''",
        unix_socket_directories => "'$dir'",
        port                    => $self->{port},
        max_connections         => 200,
        fsync                   => $option{durable} ? 'on' : 'off',
        shared_buffers          => "'64MB'",
        %{ $self->{conf} },
    );
    open(my $file, '>>', "$self->{data}/postgresql.conf") or die "postgresql.conf: $!";
    print $file "$_ = $conf{$_}\n" for sort keys %conf;
    close $file;
    push @running, $self;
    $self->start;
    $self->psql('CREATE DATABASE pos_system', 'postgres');
    return $self;
}

sub pg_ctl {
    my ($self, @args) = @_;
    return quietly("$self->{dir}/pg_ctl.log", as_owner(bindir() . '/pg_ctl', '-D', $self->{data}, '-w', '-s',
            '-l', $self->{log}, @args));
}

sub start {
    my ($self) = @_;
    $self->pg_ctl('start') or die "PostgreSQL did not start, see $self->{log}\n";
    $self->{up} = 1;
}

sub stop {
    my ($self, $mode) = @_;
    $self->pg_ctl('stop', '-m', $mode // 'fast') if $self->{up};
    $self->{up} = 0;
}

sub restart {
    my ($self, $mode) = @_;
    $self->stop($mode);
    $self->start;
}

# The result of a statement as text: columns by tab, rows by newline. Dies on an error.
sub psql {
    my ($self, $sql, $database) = @_;
    my @command = (bindir() . '/psql', '-X', '-q', '-A', '-t', '-F', "\t", '-v', 'ON_ERROR_STOP=1',
        '-h', $self->{dir}, '-p', $self->{port}, '-U', 'postgres', '-d', $database // 'pos_system',
        '-c', $sql);
    open(my $pipe, '-|', @command) or die "psql: $!";
    local $/;
    my $text = <$pipe> // '';
    close $pipe or die "psql failed: $sql\n";
    $text =~ s/\n\z//;
    return $text;
}

# The environment that points a server or a client program here.
sub env {
    my ($self) = @_;
    return (
        DB_HOST => $self->{dir},
        DB_PORT => $self->{port},
        DB_USER => 'postgres',
        DB_NAME => 'pos_system',
        DB_SSLMODE => 'disable',
    );
}

sub DESTROY { }

END {
    my $status = $?;
    for my $pg (grep { $_->{pid} == $$ } @running) {
        $pg->stop('immediate');
        system('rm', '-rf', $pg->{dir}) unless $ENV{KN_KEEP};
    }
    $? = $status;
}

1;
