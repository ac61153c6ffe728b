# An app on NetSDS::Kannel: sends one message and prints what send() returns, or the error and exits with 1.
# netsds_app.pl URL REPORTS PASSWORD TO TEXT [NAME VALUE]...
use strict;
use warnings;
use NetSDS::Kannel;

my ( $url, $reports, $password, $to, $text, %more ) = @ARGV;
my $kannel = NetSDS::Kannel->new( sendsms_url => $url, sendsms_user => 'bank', sendsms_passwd => $password );
my $answer = $kannel->send(
    from     => '45555',
    to       => $to,
    text     => $text,
    msgid    => 'm-1',
    dlr_url  => $reports,
    dlr_mask => 31,
    %more,
);
defined $answer or do { print STDERR $kannel->errstr, "\n"; exit 1 };
print $answer;
