# SPDX-License-Identifier: BSD-3-Clause
# Asking an API and saying what came back in a few words: "400 invalid_uuid".
package KN::Api;
use strict;
use warnings;
use Exporter 'import';
use Test::More ();
use Time::HiRes qw(sleep time);

our @EXPORT = qw(answer answers cases ids crowd soon);

# "201" for success, "409 email_taken" for a refusal, "none" for silence.
sub answer {
    my ($reply) = @_;
    return 'none' unless $reply;
    my $error = ref $reply->{data} eq 'HASH' ? $reply->{data}{error} : undef;
    return $reply->{status} . (defined $error && !ref $error ? " $error" : '');
}

# One request and the answer it must get; gives the reply back.
sub answers {
    my ($client, $method, $path, $option, $wanted, $name) = @_;
    my $reply = $client->request($method, $path, %$option);
    Test::More::is(answer($reply), $wanted, $name // "$method $path: $wanted")
      or Test::More::diag($reply ? $reply->{body} // '' : 'no reply');
    Test::More::diag("no message in $reply->{body}")
      if $reply && $reply->{status} >= 400 && ref $reply->{data} eq 'HASH' && !$reply->{data}{message};
    return $reply;
}

# Bodies that one route must answer so: cases($client, METHOD, PATH, TOKEN, [name, body, answer] ...).
# A body that is a string is sent as it stands.
sub cases {
    my ($client, $method, $path, $token, @cases) = @_;
    for my $case (@cases) {
        my ($name, $body, $wanted) = @$case;
        answers($client, $method, $path,
            { token => $token, (ref $body ? (json => $body) : (body => $body)) }, $wanted,
            "$method $path, $name: $wanted");
    }
}

sub ids { return map { $_->{id} } @{ $_[0]{data}{data} // [] } }

# Connections to each of the servers, more than they have workers, all open at once: whatever way
# the kernel deals them out, every worker gets some.
sub crowd {
    my ($each, @servers) = @_;
    my @clients = map { my $server = $_; map { $server->client } 1 .. $each } @servers;
    $_->get('/livez') for @clients;
    return @clients;
}

# Asks until the condition holds for everyone. Gives the seconds after which the last question was
# asked that still got the old answer (how slowly a busy machine lets us ask does not count), or
# undef when that is over the limit. It must go on holding for everyone at the end.
sub soon {
    my ($limit, $holds, @clients) = @_;
    my ($began, $last) = (time, 0);
    for my $client (@clients) {
        while (1) {
            my $asked = time - $began;
            last if $holds->($client);
            return if $asked > $limit;
            $last = $asked if $asked > $last;
            sleep 0.02;
        }
    }
    return (grep { !$holds->($_) } @clients) ? undef : $last;
}

1;
