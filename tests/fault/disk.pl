#!/usr/bin/perl
# A disk that fills up: by a limit on the size of files, and for root by a small file system of its
# own, mounted where only this process sees it.  A store of a newer version.  Clocks that jump.
use strict;
use warnings;

# Before anything is made: what replaces this process tidies up nothing.
BEGIN {
	if ($> == 0 && !$ENV{FAULT_MOUNTS} && system('unshare -m true 2>/dev/null') == 0) {
		$ENV{FAULT_MOUNTS} = 1;
		exec 'unshare', '-m', '--propagation', 'private', $^X, $0, @ARGV;
	}
}
use lib (__FILE__ =~ m{^(.*)/})[0] || '.';
use Fault;

my $rows = 20000;
my $file = rows(scratch('rows.csv'), 'Association', $rows);

sub last_progress
{
	my ($out) = @_;
	my ($last) = $out =~ /(?:.*^)?progress (\d+)\n/ms;
	return $last // 0;
}

# An import that ran out of room: what it said, what it kept, what can still be done.
sub import_full
{
	my ($name, $dir, $status, $out, $err) = @_;
	my $last = last_progress($out);
	ok($status == 1 && $err =~ /^maillage: [^\n]+\n\z/, "$name: the import says so in one line",
		"status $status", $err);
	note($err);
	my $count = count($dir);
	ok($last > 0 && $last < $rows && $count >= $last, "$name: what was acknowledged is there",
		"$count records, $last acknowledged");
}

# --- files of at most 8 MiB (ulimit counts in blocks of 512 bytes) ---

my $node = make_node('limited');
my $p = spawn({}, 'sh', '-c', 'trap "" XFSZ; ulimit -f 16384; exec "$@"', 'sh', $Fault::program, 'import',
	$node->{dir}, $file, '--type', 'Organization');
import_full('files of 8 MiB', $node->{dir}, reap($p));
my $found = clean($node->{dir});
ok($found eq '', 'files of 8 MiB: check finds nothing', $found);
my ($status, $out, $err) = maillage('import', $node->{dir}, $file, '--type', 'Organization');
ok($status == 0 && $out =~ /^imported $rows: /m && count($node->{dir}) == $rows,
	'files of 8 MiB: without the limit the import ends', $out, $err);

# --- a file system of 8 MiB ---

if ($ENV{FAULT_MOUNTS} && mkdir(scratch('disk')) &&
	system('mount', '-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', scratch('disk')) == 0) {
	my $n = make_node('disk/node');
	my $server = serve($n) or Fault::bail('serve');
	my $b = browser($n);
	$b->login;
	ok($b->create('Avant')->{status} == 303, 'full disk: a record is made before');
	system('dd if=/dev/zero of=' . scratch('disk/filler') . ' bs=4096 2>/dev/null');
	# The free pages of the store, which is still small, take a few more changes.
	my ($answer, $made) = (undef, 0);
	for (1 .. 50) {
		$answer = $b->create("Sur un disque plein $_", content => 'un texte ' x 2150 . '.');
		last if $answer->{status} != 303;
		$made++;
	}
	ok($answer->{status} >= 500, 'full disk: a form is refused with a server error', $answer->{head});
	my $count = count($n->{dir});
	my $page = $b->get('/directory');
	ok($page->{status} == 200, 'full disk: pages are still served', $page->{head});
	unlink scratch('disk/filler');
	$answer = $b->create('Après');
	ok($answer->{status} == 303, 'full disk: with room again, the same node stores the next record',
		$answer->{head});
	ok($count == $made + 1 && count($n->{dir}) == $made + 2,
		'full disk: nothing acknowledged is lost, nothing refused is kept',
		"$made made, $count counted");
	import_full('full disk', $n->{dir},
		maillage('import', $n->{dir}, $file, '--type', 'Organization'));
	($status, undef, $err) = stop($server);
	ok($status == 0, 'full disk: the node stops', $err);
	copy($n->{dir}, scratch('moved'));
	$found = clean(scratch('moved'));
	ok($found eq '', 'full disk: check finds nothing', $found);
	system 'umount', scratch('disk');
} else {
	note('no small file system: only root may mount one');
}

# --- a store of a newer version ---

$node = make_node('newer');
system("$Fault::build/tests/fault/newer", $node->{dir}) == 0 or Fault::bail('newer');
my $before = slurp("$node->{dir}/store.mdb");
for my $command (['status', $node->{dir}], ['check', $node->{dir}], ['serve', $node->{dir}],
	['import', $node->{dir}, rows(scratch('one.csv'), 'Une', 1), '--type', 'Organization']) {
	($status, $out, $err) = maillage(@$command);
	ok($status == 1 && $err =~ /^maillage: [^\n]*newer[^\n]*\n\z/,
		"newer store: $command->[0] refuses it in one line", "status $status", $out, $err);
}
ok(slurp("$node->{dir}/store.mdb") eq $before, 'newer store: not a byte was changed');

# --- clocks ---

sub clock { my ($to) = @_; spit(scratch('clock'), $to - time) }

my ($noon, $year) = (1795351860, 365 * 86400); # 2026-11-22T12:51:00Z
clock($noon);
$node = make_node('clocks');
my $log = scratch('log');
my $server = serve($node, shim($node->{dir}, $log, CLOCK => scratch('clock'))) or Fault::bail('serve');
my $b = browser($node);
$b->login;
my @wrong;
for my $jump (0, -86400, 300, -7200, 20 * 86400, 3600 - $noon, 73 * $year, 0) {
	clock($noon + $jump);
	my $answer = $b->create("Horloge $jump");
	if ($answer->{location} !~ m{^/o/}) { # the session is past, or not yet begun: sign in again
		$b->{cookies} = {};
		$b->login;
		$answer = $b->create("Horloge $jump");
	}
	push @wrong, "jump of $jump s: $answer->{head}" if $answer->{location} !~ m{^/o/};
	my $page = $b->get('/directory');
	push @wrong, "jump of $jump s: GET $page->{status}" if $page->{status} != 200;
}
ok(!@wrong, 'the clock jumps: records are made in 1970, 2026 and 2099 by one node', @wrong);
($status, undef, $err) = stop($server);
ok($status == 0 && slurp($log) !~ /BROKEN/, 'the clock jumps: the node stops', $err);
$found = clean($node->{dir});
ok($found eq '', 'the clock jumps: check finds nothing', $found);
plan_done();
