#!/usr/bin/perl
# Nothing is acknowledged before the disk has it: answers and progress lines under the shim (shim.c),
# which must also object when it is made blind.  Then a sync and a meta page that fail.
use strict;
use warnings;
use lib (__FILE__ =~ m{^(.*)/})[0] || '.';
use Fault;

my $node = make_node('durable');
my $dir = $node->{dir};
my $log = scratch('log');

sub has { return scalar told(@_) }

sub told
{
	my ($word) = @_;
	my @lines = grep { /^$word/ } split /\n/, slurp($log);
	return @lines;
}

sub import_rows
{
	my ($prefix, $n, %faults) = @_;
	unlink $log;
	return maillage({shim($dir, $log, %faults)}, 'import', $dir,
		rows(scratch("$prefix.csv"), $prefix, $n), '--type', 'Organization');
}

# --- progress of an import ---

my ($status, $out, $err) = import_rows('Import', 3000);
my @held = told('held progress');
my @lines = $out =~ /^progress \d+$/mg;
ok($status == 0 && @held >= 5 && @held == @lines && !has('BROKEN'),
	'import: no progress line leaves before its rows are on the disk',
	scalar(@held) . ' of ' . @lines, told('BROKEN'), $err);

import_rows('Blind sync', 400, LOSE => 'sync');
ok(has('BROKEN the meta page') && has('BROKEN progress'),
	'the shim objects when syncs do not count', slurp($log));
import_rows('Blind meta', 400, LOSE => 'meta');
ok(has('BROKEN progress') && !has('held progress'), 'the shim objects when meta pages do not count',
	slurp($log));

# --- answers to forms ---

unlink $log;
my $arm = scratch('arm');
my $server = serve($node, shim($dir, $log, ARM => $arm)) or Fault::bail('serve');
my $b = browser($node);
my $answer = $b->login;
ok($answer->{status} == 303, 'an administrator signs in', $answer->{head});
my ($sent, @objects, @refused) = (1);
for my $i (1 .. 12) {
	$answer = $b->create("Formulaire $i");
	$sent++;
	push @objects, $1 if $answer->{location} =~ m{^/o/([a-z2-7]{26})};
	push @refused, $answer->{head} if @objects < $i;
	$b->get('/directory');
}
ok(@objects == 12, 'twelve records are made by form', @refused);
my $edited = $b->post("/edit/$objects[0]", "/edit/$objects[0]", name => 'Formulaire 1, corrigé');
my $deleted = $b->post("/delete/$objects[1]", "/delete/$objects[1]");
my $invited = $b->post('/admin', '/admin/invite', role => 'member', email => 'b@exemple.fr');
$sent += 3;
ok($edited->{status} == 303 && $deleted->{status} == 303 && $invited->{status} =~ /^(?:200|303)$/,
	'one is edited, one deleted, somebody invited', map { $_->{head} } $edited, $deleted, $invited);
@held = told('held POST');
ok(@held == $sent && !has('BROKEN'), 'no answer leaves before the disk has the change',
	"$sent sent", slurp($log));

# Beside a writing command the commits of others come in between.
my $file = rows(scratch('beside.csv'), 'À côté', 4000);
my $beside = spawn({}, $Fault::program, 'import', $dir, $file, '--type', 'Organization');
my $made = 0;
for my $i (1 .. 10) {
	$made += $b->create("Pendant $i")->{status} == 303;
}
($status, $out, $err) = reap($beside);
ok($status == 0 && $made == 10 && !has('BROKEN') && has('held POST') == $sent + 10,
	'nor while a command writes to the same store', "made $made", $err, told('BROKEN'));

# --- a sync that fails, a meta page that fails ---

my $before = count($dir);
for my $what ('sync', 'meta') {
	spit("$arm.$what", '');
	$answer = $b->create("Perdu $what");
	ok(!-e "$arm.$what" && $answer->{status} >= 500,
		"a failing $what: the form is refused with a server error", $answer->{head});
	my $page = $b->get('/directory');
	my $again = $b->create("Retrouvé $what");
	my $alive = waitpid($server->{pid}, POSIX::WNOHANG) == 0;
	note("after a failing $what: " . ($alive ? 'the node is there, ' .
		"GET $page->{status}, POST $again->{status}" : 'the node has stopped'));
	if ($alive && $again->{status} != 303) {
		($status, undef, $err) = stop($server);
		ok($status == 0, "a failing $what: the node that cannot write stops cleanly", $err);
		$alive = 0;
	}
	if (!$alive) {
		$server = serve($node, shim($dir, $log, ARM => $arm)) or Fault::bail('serve');
		$again = $b->create("Retrouvé $what");
	}
	ok($again->{status} == 303, "a failing $what: the next form is stored", $again->{head});
	ok(count($dir) == $before + 1,
		"a failing $what: nothing acknowledged is lost, nothing refused is kept",
		count($dir) . ' records, ' . ($before + 1) . ' acknowledged');
	$before++;
}
($status, undef, $err) = stop($server);
ok($status == 0, 'the node stops', $err);
ok(!has('BROKEN'), 'the rules were kept all along', told('BROKEN'));

spit("$arm.sync", '');
($status, $out, $err) = import_rows('Coupé', 2000, ARM => $arm);
my ($acknowledged) = $out =~ /.*^progress (\d+)$/ms;
ok($status == 1 && $err =~ /^maillage: .+\n\z/ && !has('BROKEN'),
	'a failing sync: the import says so in one line and ends', "status $status", $out, $err,
	told('BROKEN'));
($status, $out, $err) = import_rows('Coupé', 2000);
ok($status == 0 && $out =~ /^imported 2000: /m, 'a failing sync: imported again, all rows are there',
	$out, $err);
my $names = names($dir);
my @wrong = grep { !/^Perdu/ && $names->{$_} != 1 || /^Perdu/ } sort keys %$names;
ok(!@wrong && grep({ /^Coupé/ } keys %$names) == 2000, 'every record is there once', @wrong[0 .. 4]);
my $found = clean($dir);
ok($found eq '', 'check finds nothing', $found);

# --- and forms under a blind shim ---

unlink $log;
$server = serve($node, shim($dir, $log, LOSE => 'meta')) or Fault::bail('serve');
$b = browser($node);
$b->login;
$b->create('Aveugle');
ok(has('BROKEN POST') == 2 && !has('held POST'),
	'the shim objects to answers when meta pages do not count', slurp($log));
stop($server);
plan_done();
