#!/usr/bin/perl
# A store with bytes changed, or with its end lost: every command says so in one line, none is killed.
# And one folder served by two.
use strict;
use warnings;
use lib (__FILE__ =~ m{^(.*)/})[0] || '.';
use Fault;

my $page = 4096;
my $node = make_node('sound');
my ($status, $out, $err) = maillage('import', $node->{dir}, rows(scratch('rows.csv'), 'Association', 300),
	'--type', 'Organization');
Fault::bail("import: $err") if $status;
my $sound = slurp("$node->{dir}/store.mdb");
my $pages = int(length($sound) / $page);

# --- changed bytes: the head of each page is what leads LMDB astray ---

my $dir = scratch('damaged');
copy($node->{dir}, $dir);
my @wrong;
my ($flips, $found, $damaged) = (0, 0, 0);
for my $n (2 .. $pages - 1) {
	next if ($n - 2) % (1 + int($pages / 100));
	for my $at (8 + $n % 24, ($n * 7919) % $page) {
		my $store = $sound;
		substr($store, $n * $page + $at, 1) ^= chr(1 << $n % 8);
		spit("$dir/store.mdb", $store);
		($status, $out, $err) = maillage('check', $dir);
		$flips++;
		$found++ if $status == 1;
		$damaged++ if $err =~ /damaged: restore a backup\.$/;
		push @wrong, "page $n, byte $at: status $status", $err
			if $status == 0 ? $err ne ''
			: $status != 1 || $err !~ /^maillage: [^\n]+\n\z/ || $err =~ /holds no node/;
		push @wrong, "page $n, byte $at: $_ stays" for glob "$dir/check-*";
	}
}
note("$flips bytes changed: $found found, $damaged of them on the way");
ok(!@wrong, 'changed bytes: check finds them or says in one line that the store is damaged', @wrong);
ok($found, 'changed bytes: some are found');

# --- a lost end ---

spit("$dir/store.mdb", substr($sound, 0, int($pages / 2) * $page));
for my $command ('serve', 'status', 'check', 'serve') { # the first changes nothing for the next
	($status, $out, $err) = maillage($command, $dir);
	ok($status == 1 && $err =~ /^maillage: [^\n]*damaged: restore a backup\.\n\z/ && $out eq '',
		"half a store: $command refuses it in one line", "status $status", $out, $err);
}

# --- one folder, two processes ---

my $server = serve($node) or Fault::bail('serve');
my $conf = slurp("$node->{dir}/maillage.conf");
(my $other = $conf) =~ s/^(\s*listen\s*=).*$/$1 127.0.0.1:0/m;
spit("$node->{dir}/maillage.conf", $other);
my $second = spawn({}, $Fault::program, 'serve', $node->{dir});
($status, $out, $err) = reap($second, 20);
ok($status == 1 && $out eq '' && $err eq "maillage: This node is already running.\n",
	'a second serve of the same folder refuses', "status $status", $out, $err);
spit("$node->{dir}/maillage.conf", $conf);
ok(browser($node)->get('/')->{status} == 200, 'and the first goes on');
($status) = stop($server, 'KILL');
$server = serve($node);
ok($server, 'a killed one leaves nothing that would stop the next');
stop($server) if $server;
plan_done();
