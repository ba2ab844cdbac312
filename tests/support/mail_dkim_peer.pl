#!/usr/bin/perl
# Mail::DKIM as a peer to compare with; jobs and answers as of opendkim_peer.c. Exits with 3 where it is not installed.
use strict;
use warnings;
use JSON::PP;

BEGIN {
    exit 3 unless eval 'use Mail::DKIM::Verifier; use Mail::DKIM::Signer; use Mail::DKIM::PublicKey; 1';
}

my $records = decode_json(shift @ARGV);
{
    no warnings 'redefine';
    *Mail::DKIM::PublicKey::fetch_async = sub {
        my ($class, %p) = @_;
        my $name = "$p{Selector}._domainkey.$p{Domain}";
        my $key = exists $records->{$name} ? $class->parse($records->{$name}) : undef;
        my $on = $p{Callbacks} ? $p{Callbacks}{Success} : undef;
        $key->{Selector} = $p{Selector}, $key->{Domain} = $p{Domain} if $key;
        return sub { return $on ? $on->($key) : $key };
    };
}

sub answer {
    my ($job) = @_;
    return ['rsa-sha256'] if $job->{features};
    open my $in, '<:raw', $job->{file} or die;
    my $text = do { local $/; <$in> };
    close $in;
    return eval {
        my $dkim = $job->{sign}
            ? Mail::DKIM::Signer->new(Algorithm => $job->{algorithm}, Method => $job->{sign}, Domain => $job->{domain},
                Selector => $job->{selector}, KeyFile => $job->{key})
            : Mail::DKIM::Verifier->new;
        $dkim->PRINT($text);
        $dkim->CLOSE;
        $job->{sign} ? $dkim->signature->as_string : $dkim->result_detail;
    } // "$@";
}

$| = 1;
while (my $line = <STDIN>) {
    print encode_json({ answer => answer(decode_json($line)) }), "\n";
}
