#!/usr/bin/perl
# kill -9 at random moments: of an import, then of a node that pulls another's feed.  This program
# keeps its own ledger of what was acknowledged.  FAULT_ROUNDS (25) kills each, FAULT_SEED repeats a run.
use strict;
use warnings;
use lib (__FILE__ =~ m{^(.*)/})[0] || '.';
use Fault;
use Time::HiRes qw(usleep);

my $rounds = $ENV{FAULT_ROUNDS} // 25;
my $seed = $ENV{FAULT_SEED} // time;
srand $seed;
note("FAULT_SEED=$seed");
my $rows = 3000;

# --- an import ---

# Start the import, let so many progress lines arrive and a little time pass, kill it: the last number.
sub import_killed
{
	my ($dir, $file) = @_;
	my $p = spawn({}, $Fault::program, 'import', $dir, $file, '--type', 'Organization');
	my ($lines, $seen) = (int rand 16, '');
	while ($lines > 0 && sysread $p->{out}, $seen, 4096, length $seen) {
		last if ($seen =~ tr/\n//) >= $lines;
	}
	usleep(int rand 20_000);
	kill 'KILL', $p->{pid};
	$p->{seen} = $seen;
	my ($status, $out) = reap($p);
	my ($last) = $out =~ /(?:.*^)?progress (\d+)\n/ms;
	return ($status, $last // 0);
}

# Everything wrong with a store after the import was run again to its end.
sub import_again
{
	my ($dir, $file) = @_;
	my ($status, $out, $err) = maillage('import', $dir, $file, '--type', 'Organization');
	return "import again: status $status\n$out$err" if $status || $out !~ /^imported $rows: /m;
	my $names = names($dir);
	my $n = keys %$names;
	my $total = count($dir);
	return "$n names, $total records" if $n != $rows || $total != $rows;
	return clean($dir);
}

my $node = make_node('a');
my $file = rows(scratch('rows.csv'), 'Association', $rows);
my ($killed, $within) = (0, 0);
for my $round (1 .. $rounds) {
	my $dir = scratch("import-$round");
	copy($node->{dir}, $dir);
	my ($status, $last) = import_killed($dir, $file);
	$killed += $status == -9;
	$within += $status == -9 && $last < $rows;
	my $wrong = clean($dir);
	my $count = count($dir);
	$wrong .= "$count records of $last acknowledged" if $count < $last;
	$wrong .= import_again($dir, $file) if $wrong eq '';
	ok($wrong eq '', "import killed after $last rows were acknowledged, $count stored", $wrong);
	system 'rm', '-rf', $dir if $wrong eq '';
}
ok($within >= $rounds / 2, 'most kills came before the end', "$killed killed, $within before the end");

# --- a node that pulls ---

my ($status, $out, $err) = maillage('import', $node->{dir}, $file, '--type', 'Organization');
$status == 0 or Fault::bail("import: $err");
my $origin = serve($node) or Fault::bail('serve');
my $reader = make_node('b');
($status, $out, $err) = maillage('peer', 'add', $reader->{dir}, $node->{url});
$status == 0 or Fault::bail("peer add: $err");

# The records of the origin are here, under a head that matches.
sub matched
{
	my ($dir) = @_;
	my ($status, $out) = maillage('status', $dir, '--json');
	return $out =~ /"matchedAt"\s*:\s*[1-9]/ && count($dir) == $rows;
}

my $partly = 0;
for my $round (1 .. $rounds) {
	my %b = (%$reader, dir => scratch("reader-$round"));
	copy($reader->{dir}, $b{dir});
	my $p = serve(\%b);
	if (!$p) {
		ok(0, "pull, round $round: the reader starts");
		next;
	}
	# The moment is a size of the store, so that slow machines are hit in the middle too.
	my $size = (-s "$b{dir}/store.mdb") + int rand 6_000_000;
	wait_until(5, sub { -s "$b{dir}/store.mdb" >= $size });
	usleep(int rand 20_000);
	stop($p, 'KILL');
	my $count = count($b{dir});
	$partly++ if $count > 0 && $count < $rows;
	my $wrong = clean($b{dir});
	if ($wrong eq '' && ($p = serve(\%b))) {
		$wrong = 'the pull did not end: ' . count($b{dir})
			if !wait_until(30, sub { matched($b{dir}) });
		($status, undef, $err) = stop($p);
		$wrong .= "stop: $status $err" if $status;
		$wrong .= clean($b{dir});
	}
	ok($wrong eq '', "reader killed with $count of $rows records", $wrong);
	system 'rm', '-rf', $b{dir} if $wrong eq '';
}
ok($partly > 0, 'some kills came in the middle of a pull', "$partly of $rounds");
($status, undef, $err) = stop($origin);
ok($status == 0, 'the origin stops', $err);
plan_done();
