# SPDX-License-Identifier: BSD-3-Clause
# Each module switched off in the configuration: the rest works, and what depends on it says so.
use strict;
use warnings;
use Test::More;
use KN::Api;
use KN::Postgres;
use KN::Server;

my @all     = qw(health auth menu tables orders payments);
my %needs   = (orders => [qw(auth menu tables)], payments => [qw(auth orders)]);
my $nobody  = '11111111-2222-4333-8444-555555555555';
my $pg      = KN::Postgres->new;
my $server  = KN::Server->new(pg => $pg, demo => 1, start => 0);
my %account = $server->account('admin');

# One request of each module that tells it is there, and how it answers.
my %probe = (
    health   => [GET => '/health', {}, '200'],
    auth     => [POST => '/api/v1/auth/login', { json => {%account} }, '200'],
    menu     => [GET => '/api/v1/public/menu', {}, '200'],
    tables   => [GET => '/api/v1/customer/table/nowhere', {}, '404 table_not_found'],
    orders   => [GET => "/api/v1/orders/$nobody", {}, '401 missing_auth_header'],
    payments => [GET => "/api/v1/orders/$nobody/payment-summary", {}, '401 missing_auth_header'],
);

# Everything that does not work without some module, itself included.
sub goes_with {
    my ($off) = @_;
    my %gone = ($off => 1);
    for (1 .. @all) {
        for my $name (keys %needs) {
            $gone{$name} = 1 if grep { $gone{$_} } @{ $needs{$name} };
        }
    }
    return \%gone;
}

sub check {
    my ($status, $text) = $server->ctl('config', 'check');
    return ($status, $text);
}

my ($status, $text) = check();
is $status, 0, 'everything on: fine' or diag $text;

for my $off (@all) {
    my $gone  = goes_with($off);
    my @users = grep { grep { $_ eq $off } @{ $needs{$_} // [] } } @all;
    for my $how ('left out', 'enabled: false') {
        my %change = $how eq 'left out'
          ? (modules => [grep { $_ ne $off } @all], module_yaml => {})
          : (modules => [@all], module_yaml => { $off => "    enabled: false\n" });
        $server->write_conf(%change);
        ($status, $text) = check();
        if (@users) {
            is $status, 1, "$off $how: refused, $users[0] needs it";
            is scalar(split /\n/, $text), 1, 'in one line' or diag $text;
            like $text, qr/\b$off\b/, "that names $off";
            ok scalar(grep { $text =~ /\b$_\b/ } @users), "and who needs it: $text";
        } else {
            is $status, 0, "$off $how: fine" or diag $text;
        }
    }
    my @left = grep { !$gone->{$_} } @all;
    $server->write_conf(modules => \@left, module_yaml => {});
    ($status, $text) = check();
    is $status, 0, "without @{[sort keys %$gone]}: fine" or diag $text;
    $server->start(unhealthy => 1);
    my $client = $server->client;
    for my $name (@all) {
        my ($method, $path, $option, $wanted) = @{ $probe{$name} };
        $wanted = '404 not_found' if $gone->{$name};
        ok defined soon(5, sub { answer($client->request($method, $path, %$option)) eq $wanted }, $client),
          "without $off, $name: $wanted"
          or diag answer($client->request($method, $path, %$option));
    }
    if ($off eq 'auth') {
        is answer($client->get('/api/v1/tables')), '401 missing_auth_header', 'without auth: no token is still 401';
        is answer($client->get('/api/v1/tables', token => 'x')), '503 authentication_unavailable',
          'and a token cannot be judged: 503';
    } elsif (!$gone->{tables}) {
        my $token = $client->post('/api/v1/auth/login', {%account})->{data}{data}{token};
        is answer($client->get('/api/v1/tables', token => $token)), '200', 'staff read the tables';
    }
    $server->stop;
}

$server->write_conf(modules => [qw(menu)], module_yaml => {});
$server->start(unhealthy => 1);
ok defined soon(5, sub { answer($_[0]->get('/api/v1/public/menu')) eq '200' }, $server->client), 'a single module serves alone';
$server->stop;
done_testing;
