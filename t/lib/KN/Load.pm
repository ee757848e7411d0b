# SPDX-License-Identifier: BSD-3-Clause
# Clients that keep a server busy from processes of their own until they are told to finish.
package KN::Load;
use strict;
use warnings;
use File::Temp qw(tempdir);
use JSON::PP ();
use POSIX ();
use Time::HiRes qw(sleep time);

my @running;

# new(server => ..., clients => N, each => sub { my ($client, $number, $round) = @_; ...; return RECORD })
# RECORD is a hash reference that is kept; undef keeps nothing. fresh => 1: a new connection each round.
sub new {
    my ($class, %option) = @_;
    my $self = bless { dir => tempdir('kn-load-XXXXXX', DIR => '/tmp', CLEANUP => 1), owner => $$, %option }, $class;
    push @running, $self;
    for my $number (1 .. $self->{clients}) {
        my $pid = fork // die "fork: $!";
        if ($pid == 0) {
            eval { $self->run($number); 1 } or warn $@;
            POSIX::_exit(0);
        }
        push @{ $self->{pids} }, $pid;
    }
    return $self;
}

sub run {
    my ($self, $number) = @_;
    my $stop = 0;
    local $SIG{TERM} = sub { $stop = 1 };
    local $SIG{PIPE} = 'IGNORE';
    my $client = $self->{server}->client(timeout => $self->{timeout} // 30);
    my $json = JSON::PP->new->utf8->canonical;
    open(my $out, '>', "$self->{dir}/$number") or die "$self->{dir}/$number: $!";
    for (my $round = 1; !$stop; $round++) {
        $client->close if $self->{fresh};
        my $record = $self->{each}->($client, $number, $round, \$stop);
        print $out $json->encode($record), "\n" if $record;
        sleep($self->{pause} // 0.005);
    }
    close $out;
}

# Ends the clients after the round they are in, and gives all records.
sub finish {
    my ($self) = @_;
    my @pids = @{ delete $self->{pids} // [] };
    kill 'TERM', @pids;
    waitpid $_, 0 for @pids;
    my @records;
    for my $number (1 .. $self->{clients}) {
        open(my $file, '<', "$self->{dir}/$number") or next;
        push @records, map { JSON::PP->new->utf8->decode($_) } <$file>;
    }
    return @records;
}

# One request that must succeed as it is: a connection that ends without an answer counts as lost,
# unless the answer before had said that it would.
sub strictly {
    my ($client, $method, $path, %option) = @_;
    my $body = exists $option{json} ? JSON::PP->new->utf8->canonical->encode($option{json}) : undef;
    my $bytes = "$method $path HTTP/1.1\r\nHost: localhost\r\n";
    $bytes .= "Authorization: Bearer $option{token}\r\n" if $option{token};
    $bytes .= "Idempotency-Key: $option{key}\r\n" if $option{key};
    $bytes .= 'Content-Length: ' . length($body) . "\r\n" if defined $body;
    my $used = $client->{socket} ? 'kept' : 'fresh';
    defined $client->send_raw("$bytes\r\n" . ($body // '')) or do { $client->close; return { lost => "$used: send: $!" } };
    my $reply = $client->read_response($method);
    return $reply if $reply;
    my $why = $client->{eof} ? 'closed' : $!;
    $client->close;
    return { lost => "$used: $why" };
}

END {
    my $status = $?;
    for my $load (grep { $_->{owner} == $$ } @running) {
        my @pids = @{ $load->{pids} // [] };
        kill 'KILL', @pids;
        waitpid $_, 0 for @pids;
    }
    $? = $status;
}

1;
