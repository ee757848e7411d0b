# SPDX-License-Identifier: BSD-3-Clause
# Who may do what: every route of the contract against every role, and without a token.
use strict;
use warnings;
use Test::More;
use KN::Api;
use KN::Server;

# Payments per cashier are limited by default; here every role tries them all.
my $server = KN::Server->new(demo => 1, limiters => "  strict: {budget: 1000, period: 1m}\n"
      . "  payment-user: {budget: 1000, period: 1m}\n");
my $client = $server->client;
my %role = (A => 'admin', M => 'manager', S => 'server', C => 'counter', K => 'kitchen');
my $nobody = '11111111-2222-4333-8444-555555555555';

my $routes = 0;
while (my $line = <DATA>) {
    my ($method, $path, $roles) = split ' ', $line;
    my $pattern = $path;
    $path =~ s/\{qr_code\}/nowhere/;
    $path =~ s/\{\w+\}/$nobody/g;
    my %body = $method =~ /P/ ? (json => {}) : ();
    $routes++;
    my $public = $roles eq 'public';
    my $bare = $client->request($method, $path, %body);
    my $got  = answer($bare);
    if ($public) {
        isnt $got, '401 missing_auth_header', "$method $pattern is public ($got)";
    } else {
        is $got, '401 missing_auth_header', "$method $pattern without a token";
    }
    for my $letter (qw(A M S C K)) {
        my $answer = answer($client->request($method, $path, %body, token => $server->token($role{$letter})));
        if ($public || index($roles, $letter) >= 0) {
            isnt $answer, '403 insufficient_permissions', "$role{$letter} may ($answer)";
            unlike $answer, qr/\A(?:none|404 not_found\z|405|50[1-9])/, 'and the route is there'
              unless $pattern =~ m{/admin/(?:users|categories|tables)/\{};
        } else {
            is $answer, '403 insufficient_permissions', "$role{$letter} may not";
        }
    }
}
is $routes, 54, 'all routes';

# What is no route is 404 for everybody, with or without a token.
for my $path ('/api/v1/nothing', '/nothing', '/api/v1/admin/nothing', '/api/v1/tables/x/y') {
    is answer($client->get($path)), '404 not_found', "GET $path";
    is answer($client->get($path, token => 'rubbish')), '404 not_found', 'with a bad token too';
}
$server->stop;
done_testing;

# The contract's routes of these modules and the roles they are for: A admin, M manager, S server,
# C counter, K kitchen.
__DATA__
GET    /health                                                    public
GET    /api/v1/health                                             public
GET    /api/v1/error-test                                         public
POST   /api/v1/auth/login                                         public
POST   /api/v1/auth/logout                                        public
GET    /api/v1/auth/me                                            AMSCK
GET    /api/v1/profile                                            AMSCK
PUT    /api/v1/profile                                            AMSCK
PUT    /api/v1/profile/password                                   AMSCK
GET    /api/v1/public/menu                                        public
GET    /api/v1/public/categories                                  public
GET    /api/v1/customer/table/{qr_code}                           public
GET    /api/v1/products                                           AMSCK
GET    /api/v1/products/{id}                                      AMSCK
GET    /api/v1/categories                                         AMSCK
GET    /api/v1/categories/{id}/products                           AMSCK
GET    /api/v1/tables                                             AMSCK
GET    /api/v1/tables/by-location                                 AMSCK
GET    /api/v1/tables/status                                      AMSCK
GET    /api/v1/tables/{id}                                        AMSCK
GET    /api/v1/orders                                             AMSCK
POST   /api/v1/orders                                             AMSC
GET    /api/v1/orders/{id}                                        AMSCK
PATCH  /api/v1/orders/{id}/status                                 AMSCK
GET    /api/v1/orders/{id}/status-history                         AMSCK
GET    /api/v1/orders/{id}/payments                               AMSCK
POST   /api/v1/orders/{id}/payments                               AMC
GET    /api/v1/orders/{id}/payment-summary                        AMSCK
POST   /api/v1/server/orders                                      AMS
POST   /api/v1/server/products                                    AMS
PUT    /api/v1/server/products/{id}                               AMS
POST   /api/v1/counter/orders                                     AMC
POST   /api/v1/counter/orders/{id}/payments                       AMC
GET    /api/v1/kitchen/orders                                     AMK
PATCH  /api/v1/kitchen/orders/{id}/items/{item_id}/status         AMK
GET    /api/v1/admin/health                                       AM
GET    /api/v1/admin/products                                     AM
POST   /api/v1/admin/products                                     AM
PUT    /api/v1/admin/products/{id}                                AM
DELETE /api/v1/admin/products/{id}                                AM
GET    /api/v1/admin/categories                                   AM
POST   /api/v1/admin/categories                                   AM
PUT    /api/v1/admin/categories/{id}                              AM
DELETE /api/v1/admin/categories/{id}                              AM
GET    /api/v1/admin/tables                                       AM
POST   /api/v1/admin/tables                                       AM
PUT    /api/v1/admin/tables/{id}                                  AM
DELETE /api/v1/admin/tables/{id}                                  AM
GET    /api/v1/admin/users                                        AM
POST   /api/v1/admin/users                                        AM
PUT    /api/v1/admin/users/{id}                                   AM
DELETE /api/v1/admin/users/{id}                                   AM
POST   /api/v1/admin/orders                                       AM
POST   /api/v1/admin/orders/{id}/payments                         AM
