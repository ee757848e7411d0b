# SPDX-License-Identifier: BSD-3-Clause
# Sign-in, the own profile and password, and when a token is dead: on every worker of every instance.
use strict;
use warnings;
use Digest::SHA qw(hmac_sha256 hmac_sha384 hmac_sha512);
use JSON::PP ();
use MIME::Base64 qw(encode_base64url decode_base64url);
use Test::More;
use KN::Api;
use KN::Server;

my $secret = 'a-secret-of-both-instances-0123456789';
my $server = KN::Server->new(demo => 1, env => { JWT_SECRET => $secret });
my $second = KN::Server->new(pg => $server->pg, env => { JWT_SECRET => $secret });
my $client = $server->client;
my $pg     = $server->pg;
my ($login, $me, $own, $password) =
  qw(/api/v1/auth/login /api/v1/auth/me /api/v1/profile /api/v1/profile/password);

sub sign_in {
    my ($name, $word) = @_;
    return $client->post($login, { username => $name, password => $word });
}

sub stored { return $pg->psql("SELECT $_[1] FROM users WHERE username = '$_[0]'") }

# ---- hashes of every kind

my $salt = 'abcdefghijklmnopqrstuu';
for my $kind (qw(2a 2b 2y)) {
    my $hash = crypt('Rahasia#1', "\$$kind\$04\$$salt");
    $pg->psql("INSERT INTO users (username, email, password_hash, first_name, last_name, role)
        VALUES ('old$kind', 'old$kind\@x.example', '$hash', 'Old', 'Hash', 'server')");
    is answer(sign_in("old$kind", 'Rahasia#2')), '401 invalid_credentials', "$kind: a wrong password";
    my $reply = sign_in("old$kind", 'Rahasia#1');
    is answer($reply), '200', "$kind: the right one";
    my $token = $reply->{data}{data}{token};
    ok defined soon(2, sub { stored("old$kind", 'left(password_hash, 3)') eq '$y$' }, $client),
      "$kind: replaced by yescrypt";
    is answer(sign_in("old$kind", 'Rahasia#1')), '200', "$kind: which verifies as well";
    is answer($client->get($me, token => $token)), '200', "$kind: and voids no token";
}

# ---- login

$pg->psql("UPDATE users SET is_active = false WHERE username = 'old2y'");
my %message;
for (['unknown', 'nobody', 'x'], ['inactive', 'old2y', 'Rahasia#1'], ['another case', 'OLD2A', 'Rahasia#1'],
    ['spaces', ' old2a', 'Rahasia#1'], ['wrong', 'old2a', 'x'], ['too long', 'old2a', 'x' x 100]) {
    my $reply = sign_in($_->[1], $_->[2]);
    is answer($reply), '401 invalid_credentials', "login, $_->[0]: 401";
    $message{ $reply->{data}{message} } = 1;
}
is scalar keys %message, 1, 'all in the same words';
like((keys %message)[0], qr/invalid/i, 'one of which is "invalid"');
cases($client, 'POST', $login, undef,
    ['no password', { username => 'admin' }, '400 missing_credentials'],
    ['empty name', { username => '', password => 'x' }, '400 missing_credentials'],
    ['null', { username => undef, password => 'x' }, '400 missing_credentials'],
    ['a number', { username => 5, password => 'x' }, '400 missing_credentials'],
    ['no JSON', '{', '400 invalid_json'], ['a list', '[]', '400 invalid_json'], ['nothing', '', '400 invalid_json']);

my $reply = $client->post($login, { $server->account('manager') });
my ($token, $user) = @{ $reply->{data}{data} }{qw(token user)};
is join(' ', sort keys %$user),
  'created_at email first_name id is_active last_name role updated_at username', 'the user, without a hash';
my ($head, $body) = map { JSON::PP->new->decode(decode_base64url($_)) } (split /\./, $token)[0, 1];
is $head->{alg}, 'HS256', 'the token is HS256';
is "@$body{qw(user_id username role iss)}", "$user->{id} sari manager pos-system", 'with its claims';
is $body->{exp} - $body->{iat}, 24 * 3600, 'for a day';
is answer($client->post('/api/v1/auth/logout')), '200', 'logout without a token';
is answer($client->post('/api/v1/auth/logout', undef, token => 'rubbish')), '200', 'logout with a bad one';
is answer($client->get($me, token => $token)), '200', 'logout voids nothing';

# ---- tokens

sub forge {
    my ($alg, $claims, $key, $mac) = @_;
    my $text = join '.', map { encode_base64url(JSON::PP->new->canonical->encode($_)) }
      { alg => $alg, typ => 'JWT' }, $claims;
    return "$text." . ($mac ? encode_base64url($mac->($text, $key)) : '');
}

my %dead = (
    'expired'              => forge('HS256', { %$body, exp => time - 1 }, $secret, \&hmac_sha256),
    'without expiry'       => forge('HS256', { map { $_ eq 'exp' ? () : ($_ => $body->{$_}) } keys %$body }, $secret, \&hmac_sha256),
    'expiry as text'       => forge('HS256', { %$body, exp => "$body->{exp}" }, $secret, \&hmac_sha256),
    'of another issuer'    => forge('HS256', { %$body, iss => 'pos' }, $secret, \&hmac_sha256),
    'without issuer'       => forge('HS256', { map { $_ eq 'iss' ? () : ($_ => $body->{$_}) } keys %$body }, $secret, \&hmac_sha256),
    'none'                 => forge('none', $body),
    'none, signed'         => forge('none', $body, $secret, \&hmac_sha256),
    'HS384'                => forge('HS384', $body, $secret, \&hmac_sha384),
    'HS512'                => forge('HS512', $body, $secret, \&hmac_sha512),
    'RS256 with the MAC'   => forge('RS256', $body, $secret, \&hmac_sha256),
    'an unknown algorithm' => forge('hs256x', $body, $secret, \&hmac_sha256),
    'of another secret'    => forge('HS256', $body, "$secret.", \&hmac_sha256),
    'of nobody'            => forge('HS256', { %$body, user_id => '0' x 8 . '-0000-0000-0000-' . '0' x 12 }, $secret, \&hmac_sha256),
    'of a name'            => forge('HS256', { %$body, user_id => "x' OR 1=1" }, $secret, \&hmac_sha256),
    'truncated'            => substr($token, 0, -5),
    'without its MAC'      => $token =~ s/\.[^.]*\z//r,
    'empty MAC'            => $token =~ s/[^.]*\z//r,
    'rubbish'              => 'abc', 'dots' => '...', 'long' => 'a' x 4000,
);
is answer($client->get($me, token => forge('HS256', $body, $secret, \&hmac_sha256))), '200', 'our own forgery is good';
is answer($client->get($me, token => $dead{$_})), '401 invalid_token', "token $_: 401" for sort keys %dead;
my $claimed = forge('HS256', { %$body, role => 'admin' }, $secret, \&hmac_sha256);
is $client->get($me, token => $claimed)->{data}{data}{role}, 'manager', 'the stored role counts, not the claim';
is answer($client->get($me)), '401 missing_auth_header', 'no token';
is answer($client->get($me, headers => { Authorization => $_ })), '401 invalid_auth_format', "Authorization: $_"
  for "Basic $token", $token, 'Bearer', "Token $token";
my @public = ('/api/v1/public/menu', '/api/v1/public/categories', '/health');
is answer($client->get($_, token => $dead{expired})), '200', "$_ ignores a stale token" for @public;
is answer($client->post($login, { $server->account('manager') }, token => $dead{rubbish})), '200', 'so does login';

# A PEM as secret must not open the door to signatures by its private half.
SKIP: {
    skip 'openssl(1) is not installed', 3 unless grep { -x "$_/openssl" } split /:/, $ENV{PATH};
    my $dir = $second->{dir};
    system("openssl genrsa -out $dir/key.pem 2048 2>/dev/null && openssl rsa -in $dir/key.pem -pubout -out $dir/pub.pem 2>/dev/null") == 0
      or die 'openssl failed';
    my $pem = do { open(my $file, '<', "$dir/pub.pem"); local $/; <$file> };
    my $sign = sub {
        open(my $file, '>', "$dir/text"); print $file $_[0]; close $file;
        return scalar `openssl dgst -sha256 -sign $dir/key.pem $dir/text`;
    };
    my $third = KN::Server->new(pg => $pg, env => { JWT_SECRET => $pem }, workers => 1);
    is answer($third->client->get($me, token => forge('RS256', $body, $pem, $sign))), '401 invalid_token', 'RS256 by a PEM: 401';
    $third->stop;
}

# ---- the profile

is_deeply $client->get($own, token => $token)->{data}{data}, $client->get($me, token => $token)->{data}{data}, 'profile = me';
my %new = (first_name => ' Sari ', last_name => 'W', email => 'sari@new.example');
$reply = answers($client, 'PUT', $own, { token => $token, json => { %new, role => 'admin', id => 'x' } }, '200');
is "@{ $reply->{data}{data} }{qw(first_name last_name email role)}", 'Sari W sari@new.example manager',
  'names and address change, the role does not';
cases($client, 'PUT', $own, $token,
    ['no first name', { %new, first_name => '  ' }, '400 missing_fields'],
    ['no email', { first_name => 'a', last_name => 'b' }, '400 missing_fields'],
    ['bad email', { %new, email => 'sari' }, '400 invalid_email'],
    ['somebody\'s email', { %new, email => 'ADMIN@steak-kenangan.example' }, '409 email_taken'],
    ['no JSON', 'x', '400 invalid_json']);

# ---- the password

my %change = (current_password => 'Kenangan#Manajer1', new_password => 'Kenangan#Baru22');
for (['short', 'aA1!', 'min_length'], ['lower', 'abcdef1!', 'has_upper'], ['upper', 'ABCDEF1!', 'has_lower'],
    ['letters', 'abcdefG!', 'has_number'], ['plain', 'abcdefG1', 'has_special']) {
    my $rules = answers($client, 'PUT', $password,
        { token => $token, json => { %change, new_password => $_->[1] } }, '400 weak_password')->{data}{data}{password_requirements};
    is join(' ', grep { !$rules->{$_} } sort keys %$rules), $_->[2], "$_->[0]: $_->[2] fails";
    is scalar keys %$rules, 5, 'of five rules';
}
cases($client, 'PUT', $password, $token,
    ['73 bytes', { %change, new_password => 'aA1!' . 'x' x 69 }, '400 weak_password'],
    ['wrong current', { %change, current_password => 'x' }, '400 invalid_current_password'],
    ['no current', { new_password => 'aA1!aA1!' }, '400 missing_fields'],
    ['no new', { current_password => 'x' }, '400 missing_fields']);

# ---- the death of tokens, everywhere within a second

my $admin = $server->token('admin');
my @crowd = crowd(8, $server, $second);
my $count = 0;

sub dies {
    my ($name, $act) = @_;
    $count++;
    my $made = $client->post('/api/v1/admin/users', { username => "mortal$count", email => "m$count\@x.example",
            password => 'Rahasia#1', first_name => 'M', last_name => 'O', role => 'server' }, token => $admin);
    my $id     = $made->{data}{data}{id};
    my $mortal = sign_in("mortal$count", 'Rahasia#1')->{data}{data}{token};
    is scalar(grep { answer($_->get($me, token => $mortal)) ne '200' } @crowd), 0, "$name: known everywhere at once";
    $act->($id, $mortal);
    my $took = soon(1, sub { answer($_[0]->get($me, token => $mortal)) eq '401 invalid_token' }, @crowd);
    ok defined $took && $took < 1, sprintf '%s: dead everywhere after %.2f s', $name, $took // -1;
}

my $users = '/api/v1/admin/users';
dies('deactivated', sub { is answer($client->put("$users/$_[0]", { is_active => JSON::PP::false }, token => $admin)), '200', 'done' });
dies('deleted', sub { is answer($client->delete("$users/$_[0]", token => $admin)), '200', 'done' });
dies('another role', sub { is answer($client->put("$users/$_[0]", { role => 'counter' }, token => $admin)), '200', 'done' });
dies('another password', sub { is answer($client->put("$users/$_[0]", { password => 'Rahasia#3' }, token => $admin)), '200', 'done' });
dies('own new password', sub { is answer($client->put($password,
            { current_password => 'Rahasia#1', new_password => 'Rahasia#22' }, token => $_[1])), '200', 'done' });
dies('changed in SQL', sub { $pg->psql("UPDATE users SET is_active = false WHERE id = '$_[0]'") });

my $renamed = sign_in('old2a', 'Rahasia#1')->{data}{data};
is answer($client->put("$users/$renamed->{user}{id}", { first_name => 'Baru' }, token => $admin)), '200', 'a new name';
cmp_ok soon(1, sub { $_[0]->get($me, token => $renamed->{token})->{data}{data}{first_name} eq 'Baru' }, @crowd) // 9, '<', 1,
  'leaves the token alive';

$_->stop for $second, $server;
done_testing;
