# SPDX-License-Identifier: BSD-3-Clause
# Requests that a strict HTTP/1.1 server refuses. Each is [name, bytes]; what stands behind it on the
# connection must never be taken for a request.
package KN::Corpus;
use strict;
use warnings;

my $host = "Host: localhost\r\n";
my $path = '/api/v1/auth/logout';    # a public POST that answers 200

sub post { "POST $path HTTP/1.1\r\n$host" . join('', @_) }
sub head { "GET /health HTTP/1.1\r\n$host" . join('', @_) . "\r\n" }
sub chunked { post("Transfer-Encoding: chunked\r\n\r\n", @_) }

sub lengths {
    my %value = (
        'signed' => '+2', 'negative' => '-1', 'hexadecimal' => '0x2', 'a list' => '2, 2', 'empty' => '',
        'two words' => '2 2', 'a vertical tab' => "\x0b2", 'a NUL and junk' => "2\0junk", 'a unit' => '2b',
        'a fraction' => '2.0', 'more than 64 bits' => '36893488147419103234', 'a semicolon' => '2;q=1',
        'a form feed behind it' => "2\x0c",
    );
    return (
        (map { ["Content-Length: $_", post("Content-Length: $value{$_}\r\n\r\n{}")] } sort keys %value),
        ['Content-Length twice, equal',     post("Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}")],
        ['Content-Length twice, different', post("Content-Length: 2\r\nContent-Length: 40\r\n\r\n{}")],
        ['Content-Length twice, case',      post("content-length: 2\r\nCONTENT-LENGTH: 0\r\n\r\n{}")],
        ['space before the colon',          post("Content-Length : 2\r\n\r\n{}")],
        ['tab before the colon',            post("Content-Length\t: 2\r\n\r\n{}")],
    );
}

sub codings {
    my @value = ('identity', 'gzip', 'gzip, chunked', 'chunked, gzip', 'chunked, chunked', 'chunked,',
        'xchunked', 'chunkedx', "\x0bchunked", "chunked\0", 'chunked;q=1', '"chunked"', 'chun ked', '');
    my $body = "2\r\n{}\r\n0\r\n\r\n";
    return (
        (map { ["Transfer-Encoding: $_" =~ s/[^ -~]/?/gr, post("Transfer-Encoding: $_\r\n\r\n$body")] } @value),
        ['coding and length', post("Transfer-Encoding: chunked\r\nContent-Length: 12\r\n\r\n$body")],
        ['length and coding', post("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n$body")],
        ['length 0 and coding', post("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n$body")],
        ['coding twice', post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n$body")],
        ['coding twice, one unknown', post("Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n$body")],
        ['coding with a space before the colon', post("Transfer-Encoding : chunked\r\n\r\n$body")],
        ['coding on a folded line', post("Transfer-Encoding:\r\n chunked\r\n\r\n$body")],
        ['coding in HTTP/1.0', "POST $path HTTP/1.0\r\n${host}Transfer-Encoding: chunked\r\n\r\n$body"],
    );
}

sub chunks {
    my %size = ('0x prefix' => '0x2', 'signed' => '+2', 'negative' => '-2', 'junk' => '2 junk', 'empty' => '',
        'a space before' => ' 2', 'a vertical tab' => "2\x0b", 'not hexadecimal' => 'g', 'a comma' => '2,2',
        'more than 64 bits' => 'fffffffffffffffff', 'wraps to 2' => '10000000000000002', 'a NUL' => "2\0",
        'an underscore' => '0_2');
    return (
        (map { ["chunk size: $_", chunked("$size{$_}\r\n{}\r\n0\r\n\r\n")] } sort keys %size),
        ['chunk size -0',               chunked("2\r\n{}\r\n-0\r\n\r\n")],
        ['chunk without CRLF behind',   chunked("2\r\n{}0\r\n\r\n")],
        ['chunk longer than its size',  chunked("2\r\n{}xx\r\n0\r\n\r\n")],
        ['chunk size ends in LF',       chunked("2\n{}\r\n0\r\n\r\n")],
        ['chunk size ends in CR',       chunked("2\r{}\r\n0\r\n\r\n")],
        ['chunk ends in LF',            chunked("2\r\n{}\n0\r\n\r\n")],
        ['last chunk ends in LF',       chunked("2\r\n{}\r\n0\n\r\n")],
        ['body ends in LF',             chunked("2\r\n{}\r\n0\r\n\n")],
        ['extension ends in LF',        chunked("2;a\n{}\r\n0\r\n\r\n")],
        ['extension with a NUL',        chunked("2;a\0\r\n{}\r\n0\r\n\r\n")],
        ['trailer without colon',       chunked("2\r\n{}\r\n0\r\nfoo\r\n\r\n")],
        ['trailer without name',        chunked("2\r\n{}\r\n0\r\n: foo\r\n\r\n")],
        ['trailer, space before colon', chunked("2\r\n{}\r\n0\r\nfoo : 1\r\n\r\n")],
        ['trailer, folded',             chunked("2\r\n{}\r\n0\r\nfoo: 1\r\n bar\r\n\r\n")],
    );
}

sub lines {
    return (
        ['bare LF everywhere',     "GET /health HTTP/1.1\nHost: localhost\n\n"],
        ['bare LF in a header',    "GET /health HTTP/1.1\r\n${host}A: b\nC: d\r\n\r\n"],
        ['bare LF at the end',     "GET /health HTTP/1.1\r\n$host\n"],
        ['bare CR in a header',    head("A: b\rC: d\r\n")],
        ['bare CR as line end',    "GET /health HTTP/1.1\rHost: localhost\r\r"],
        ['folded header',          head("A: b\r\n c\r\n")],
        ['folded with a tab',      head("A: b\r\n\tc\r\n")],
        ['first header indented',  "GET /health HTTP/1.1\r\n Host: localhost\r\n$host\r\n"],
        ['header without name',    head(": b\r\n")],
        ['header without colon',   head("abc\r\n")],
        ['space in a name',        head("A B: c\r\n")],
        ['bracket in a name',      head("A(B: c\r\n")],
        ['NUL in a name',          head("A\0B: c\r\n")],
        ['NUL in a value',         head("A: b\0c\r\n")],
        ['control in a value',     head("A: b\x01c\r\n")],
        ['delete in a value',      head("A: b\x7fc\r\n")],
        ['high byte in a name',    head("A\xc3\xa9: c\r\n")],
        ['unknown expectation',    post("Expect: 200-ok\r\nContent-Length: 2\r\n\r\n{}")],
        ['no Host',                "GET /health HTTP/1.1\r\nA: b\r\n\r\n"],
        ['two Hosts',              head("Host: elsewhere\r\n")],
        ['two equal Hosts',        head($host)],
        (map { ["Host: $_", "GET /health HTTP/1.1\r\nHost: $_\r\n\r\n"] }
            'a b', 'a/b', 'user@b', 'a,b', 'a?b', 'a#b', 'a\\b'),
    );
}

sub starts {
    my @version = ('HTTP/-1.1', 'HTTP/1.999', 'HTTP/1.2x', 'HTTP/2.0', 'HTTP/0.9', 'HTTP/1', 'HTTP/1.1 ', 'HTTP/01.1',
        'http/1.1', 'HTTP/1,1', 'HTTP /1.1', 'XTTP/1.1', "HTTP/1.1\t", 'HTTP/11', '');
    my @target = ('http://localhost/health', 'http:/health', 'health', '*', 'localhost:80', '/he alth', '/health#x',
        "/he\x01alth", "/he\x7falth", "/he\0alth", "/\xc3\xa9", "/he\talth", '');
    return (
        (map { ["version: $_" =~ s/[^ -~]/?/gr, "GET /health $_\r\n$host\r\n"] } @version),
        (map { ["target: $_" =~ s/[^ -~]/?/gr, "GET $_ HTTP/1.1\r\n$host\r\n"] } @target),
        ['HTTP/0.9 request',         "GET /health\r\n"],
        ['two spaces',               "GET  /health HTTP/1.1\r\n$host\r\n"],
        ['a tab for a space',        "GET\t/health HTTP/1.1\r\n$host\r\n"],
        ['a space in front',         " GET /health HTTP/1.1\r\n$host\r\n"],
        ['no method',                "/health HTTP/1.1\r\n$host\r\n"],
        ['a bracket in the method',  "G(T /health HTTP/1.1\r\n$host\r\n"],
        ['HEAD with a body',         "HEAD /health HTTP/1.1\r\n${host}Content-Length: 2\r\n\r\n{}"],
        ['HEAD with a chunked body', "HEAD /health HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"],
        ['TRACE',                    "TRACE /health HTTP/1.1\r\n$host\r\n"],
        ['TRACE with a body',        "TRACE /health HTTP/1.1\r\n${host}Content-Length: 2\r\n\r\n{}"],
        ['CONNECT',                  "CONNECT localhost:80 HTTP/1.1\r\n$host\r\n"],
        ['a method in small letters', "get /health HTTP/1.1\r\n$host\r\n"],
        ['an unknown method',        "BREW /health HTTP/1.1\r\n${host}Content-Length: 2\r\n\r\n{}"],
        ['a TLS greeting',           "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"],
        ['an HTTP/2 preface',        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
    );
}

sub all { return (lengths(), codings(), chunks(), lines(), starts()) }

# Well-framed requests for paths that two parsers could read as two things: 400, nothing dispatched.
sub paths {
    return map { s/^/\//r } 'health%00', 'health%00zzz', '/health', '/x/health', 'x//health', 'x/../health', './health',
        'x/./y', 'health/..', 'health/.', '%2e%2e/health', '%2e/health', 'x/%2E%2e/health', 'x%2fhealth', 'x%2Fy',
        'x%5chealth', '%', 'health%', '%g0', '%0', 'x%0ay', 'x%0d%0ay', 'x%7f', '%ff', '%c0%af', '%ed%a0%80',
        'x%c0%ae%c0%ae/y', '..%2fhealth', '%2f', 'api/v1//auth/me', 'api/v1/auth/../auth/me';
}

1;
