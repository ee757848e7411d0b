# SPDX-License-Identifier: BSD-3-Clause
# A small HTTP/1.1 client that hides nothing: raw bytes out, status, headers and body back.
package KN::Client;
use strict;
use warnings;
use Errno ();
use IO::Select;
use IO::Socket::INET;
use JSON::PP ();
use Time::HiRes qw(time);

my $json = JSON::PP->new->utf8->allow_nonref->canonical;

sub new {
    my ($class, %option) = @_;
    return bless { host => $option{host} // '127.0.0.1', port => $option{port},
        timeout => $option{timeout} // 30, source => $option{source} }, $class;
}

sub connect {
    my ($self) = @_;
    $self->{socket} = IO::Socket::INET->new(PeerHost => $self->{host}, PeerPort => $self->{port},
        ($self->{source} ? (LocalAddr => $self->{source}) : ()), Timeout => 5);
    $self->{buffer} = '';
    delete $self->{eof};
    return $self->{socket};
}

sub close {
    my ($self) = @_;
    close $self->{socket} if $self->{socket};
    delete $self->{socket};
}

sub send_raw {
    my ($self, $bytes) = @_;
    $self->connect unless $self->{socket};
    return undef unless $self->{socket};
    local $SIG{PIPE} = 'IGNORE';
    return syswrite($self->{socket}, $bytes);
}

# More bytes into the buffer; false at end of file or after the timeout.
sub fill {
    my ($self, $until) = @_;
    my ($left, $got);
    do {    # a signal is no reason to give up
        $left = $until - time;
        return 0 if $left <= 0 || !$self->{socket};
        undef $!;
        $got = IO::Select->new($self->{socket})->can_read($left)
          ? sysread($self->{socket}, $self->{buffer}, 65536, length $self->{buffer}) : undef;
    } while (!defined $got && ($!{EINTR} || !$!));
    $self->{eof} = 1 if !$got;
    return $got;
}

# True when the peer closes within some seconds.
sub closed {
    my ($self, $seconds) = @_;
    my $until = time + ($seconds // 3);
    1 while $self->fill($until);
    return time < $until;
}

sub read_head {
    my ($self, $until) = @_;
    until ($self->{buffer} =~ /\r\n\r\n/) { $self->fill($until) or return }
    $self->{buffer} =~ s/\A(.*?)\r\n\r\n//s;
    my ($line, @lines) = split /\r\n/, $1;
    my ($version, $status) = $line =~ m{\AHTTP/(1\.[01]) (\d{3})} or return;
    my %headers;
    for (@lines) {
        my ($name, $value) = /\A([^:]+):\s*(.*?)\s*\z/ or next;
        $name = lc $name;
        $headers{$name} = exists $headers{$name} ? "$headers{$name}, $value" : $value;
    }
    return { status => $status, headers => \%headers, head => $line };
}

sub read_chunked {
    my ($self, $until) = @_;
    my $body = '';
    while (1) {
        until ($self->{buffer} =~ /\r\n/) { $self->fill($until) or return }
        $self->{buffer} =~ s/\A([0-9a-fA-F]+)[^\r]*\r\n// or return;
        my $size = hex $1;
        while (length $self->{buffer} < $size + 2) { $self->fill($until) or return }
        $body .= substr($self->{buffer}, 0, $size);
        substr($self->{buffer}, 0, $size + 2) = '';
        return $body if $size == 0;
    }
}

# One response: {status, headers, body, data (decoded JSON)}; undef when none comes.
sub read_response {
    my ($self, $method) = @_;
    my $until = time + $self->{timeout};
    my $response = $self->read_head($until) or return;
    return $self->read_response($method) if $response->{status} == 100;
    my $headers = $response->{headers};
    my $none = ($method // '') eq 'HEAD' || $response->{status} =~ /\A(?:204|304)\z/;
    if ($none) {
        $response->{body} = '';
    } elsif (($headers->{'transfer-encoding'} // '') eq 'chunked') {
        $response->{body} = $self->read_chunked($until);
    } elsif (defined $headers->{'content-length'}) {
        while (length $self->{buffer} < $headers->{'content-length'}) {
            $self->fill($until) or return;
        }
        $response->{body} = substr($self->{buffer}, 0, $headers->{'content-length'}, '');
    } else {
        1 while $self->fill($until);
        $response->{body} = $self->{buffer};
        $self->{buffer} = '';
    }
    if (($headers->{'content-type'} // '') =~ m{\Aapplication/json} && length $response->{body}) {
        $response->{data} = eval { $json->decode($response->{body}) };
    }
    $self->close if lc($headers->{connection} // '') eq 'close';
    return $response;
}

# request(METHOD, PATH, token => ..., json => DATA | body => BYTES, headers => {...}). A keep-alive
# connection that the server has closed meanwhile is opened again, once.
sub request {
    my ($self, $method, $path, %option) = @_;
    my %headers = (Host => "$self->{host}:$self->{port}", %{ $option{headers} // {} });
    my $body = exists $option{json} ? $json->encode($option{json}) : $option{body};
    $headers{Authorization} = "Bearer $option{token}" if defined $option{token};
    if (defined $body) {
        $headers{'Content-Type'}   //= 'application/json';
        $headers{'Content-Length'} //= length $body;
    }
    my $head = "$method $path HTTP/1.1\r\n" . join('', map { "$_: $headers{$_}\r\n" } sort keys %headers);
    my $fresh = !$self->{socket};
    $self->send_raw("$head\r\n" . ($body // ''));
    my $response = $self->read_response($method);
    return $response if $response || $fresh;
    $self->close;
    $self->send_raw("$head\r\n" . ($body // ''));
    return $self->read_response($method);
}

sub get    { my ($s, $p, %o) = @_; $s->request('GET',    $p, %o) }
sub post   { my ($s, $p, $j, %o) = @_; $s->request('POST',   $p, (defined $j ? (json => $j) : ()), %o) }
sub put    { my ($s, $p, $j, %o) = @_; $s->request('PUT',    $p, (defined $j ? (json => $j) : ()), %o) }
sub patch  { my ($s, $p, $j, %o) = @_; $s->request('PATCH',  $p, (defined $j ? (json => $j) : ()), %o) }
sub delete { my ($s, $p, %o) = @_; $s->request('DELETE', $p, %o) }

1;
