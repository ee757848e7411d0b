# SPDX-License-Identifier: BSD-3-Clause
# A real nginx in front of a test's server: private process, folder and port, one shared upstream connection.
package KN::Nginx;
use strict;
use warnings;
use File::Temp qw(tempdir);
use POSIX qw(:sys_wait_h);
use Time::HiRes qw(sleep time);
use KN::Client;
use KN::Server;

my @running;

sub program { (grep { -x } '/usr/sbin/nginx', '/usr/local/sbin/nginx', '/usr/bin/nginx')[0] }

sub conf {
    my ($self) = @_;
    my $dir = $self->{dir};
    my $temp = join '', map { "    ${_}_temp_path $dir/$_;\n" } qw(client_body proxy fastcgi uwsgi scgi);
    return <<"CONF";
daemon off;
worker_processes 1;
pid $dir/nginx.pid;
error_log $dir/error.log info;
events { worker_connections 256; }
http {
$temp
    access_log $dir/access.log;
    keepalive_timeout 60s;
    upstream pos { server 127.0.0.1:$self->{upstream}; keepalive 1; }
    server {
        listen 127.0.0.1:$self->{port};
        ignore_invalid_headers off;
        underscores_in_headers on;
        merge_slashes off;
        location / {
            proxy_pass http://pos;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host \$http_host;
            proxy_set_header X-Forwarded-For \$proxy_add_x_forwarded_for;
            proxy_request_buffering $self->{buffering};
        }
    }
}
CONF
}

# new(upstream => PORT, buffering => 'on' | 'off')
sub new {
    my ($class, %option) = @_;
    my $dir = tempdir('kn-nginx-XXXXXX', DIR => '/tmp', CLEANUP => 0);
    chmod 0755, $dir;
    my $self = bless { dir => $dir, port => KN::Server::free_port(), buffering => 'on', owner => $$, %option }, $class;
    push @running, $self;
    open(my $file, '>', "$dir/nginx.conf") or die "nginx.conf: $!";
    print $file $self->conf;
    close $file;
    my $pid = $self->{pid} = fork // die "fork: $!";
    if ($pid == 0) {
        open(STDIN,  '<', '/dev/null');
        open(STDOUT, '>', "$dir/out");
        open(STDERR, '>&', \*STDOUT);
        exec program(), '-p', $dir, '-c', "$dir/nginx.conf" or POSIX::_exit(127);
    }
    my $until = time + 10;
    until ($self->client->connect) {
        die "nginx did not start: " . $self->file('out') . $self->file('error.log') . "\n"
          if time > $until || waitpid($pid, WNOHANG);
        sleep 0.02;
    }
    return $self;
}

sub client { my ($self, %option) = @_; return KN::Client->new(port => $self->{port}, %option) }

sub file {
    my ($self, $name) = @_;
    open(my $file, '<', "$self->{dir}/$name") or return '';
    local $/;
    return <$file> // '';
}

sub stop {
    my ($self) = @_;
    my $pid = delete $self->{pid} or return;
    kill 'TERM', $pid;
    waitpid $pid, 0;
}

END {
    my $status = $?;
    for my $nginx (grep { $_->{owner} == $$ } @running) {
        $nginx->stop;
        system('rm', '-rf', $nginx->{dir}) unless $ENV{KN_KEEP};
    }
    $? = $status;
}

1;
