# What the fault tests share: nodes in a scratch folder, commands with deadlines, a browser of few
# words, TAP.  Everything runs on loopback; every process started here is ended here, by its number.
package Fault;
use strict;
use warnings;
use Cwd qw(abs_path getcwd);
use Exporter qw(import);
use Fcntl qw(F_GETFD F_SETFD FD_CLOEXEC);
use File::Temp qw(tempdir);
use IO::Select;
use IO::Socket::INET;
use POSIX qw(WNOHANG);
use Time::HiRes qw(time usleep);

our @EXPORT = qw(ok note plan_done scratch make_node rows spawn reap maillage serve stop wait_until
	count clean names browser slurp spit shim copy);
our $top = abs_path((__FILE__ =~ m{^(.*)/})[0] . '/../..');
our $build = getcwd();
our $program = $ENV{MAILLAGE} // "$build/maillage";
my ($tests, $failures, %children) = (0, 0);
my $scratch = tempdir('maillage-fault-XXXXXX', TMPDIR => 1);
my $owner = $$;
$ENV{MAILLAGE_SHARE} //= "$build/share";
$ENV{LC_ALL} = 'C.UTF-8';
$| = 1;
-x $program or bail("there is no $program");

sub scratch { return "$scratch/$_[0]" }

sub bail
{
	print "Bail out! $_[0]\n";
	exit 99;
}

END {
	if ($$ == $owner) {
		my $status = $?;
		kill 'KILL', keys %children if %children;
		waitpid $_, 0 for keys %children;
		system 'rm', '-rf', $scratch if !$ENV{KEEP};
		$? = $status;
	}
}
$SIG{INT} = $SIG{TERM} = sub { exit 98 };

# ok(condition, name, what to say if not)
sub ok($$@)
{
	my ($good, $name, @said) = @_;
	$tests++;
	$failures++ if !$good;
	print $good ? 'ok' : 'not ok', " $tests - $name\n";
	note(@said) if !$good;
	return $good;
}

sub note(@)
{
	print map { "# $_\n" } map { split /\n/ } grep { defined } @_;
}

sub plan_done
{
	print "1..$tests\n";
	exit($failures ? 1 : 0);
}

sub slurp
{
	my ($file) = @_;
	open my $in, '<', $file or return '';
	local $/;
	return scalar(<$in>) // '';
}

sub spit
{
	my ($file, $text) = @_;
	open my $out, '>', $file or bail("$file: $!");
	print $out $text;
	close $out or bail("$file: $!");
}

sub copy
{
	my ($from, $to) = @_;
	system('cp', '-a', $from, $to) == 0 or bail("cp $from $to");
}

# Wait for a condition, at most so many seconds; its last value.
sub wait_until
{
	my ($seconds, $condition) = @_;
	my $end = time + $seconds;
	my $met;
	usleep(10_000) while !($met = $condition->()) && time < $end;
	return $met;
}

# The environment that loads the shim on the store of a node; more faults as pairs.
sub shim
{
	my ($dir, $log, %more) = @_;
	return (LD_PRELOAD => "$build/tests/fault/shim.so",
		MAILLAGE_FAULT_STORE => abs_path($dir) . '/store.mdb', MAILLAGE_FAULT_LOG => $log,
		 map { ("MAILLAGE_FAULT_$_" => $more{$_}) } keys %more);
}

# Start a program with a pipe from its standard output: {pid, out, err}.
sub spawn
{
	my ($env, @command) = @_;
	my $err = "$scratch/err." . ++$Fault::spawned;
	pipe my $read, my $write or bail("pipe: $!");
	my $pid = fork // bail("fork: $!");
	if (!$pid) {
		$ENV{$_} = $env->{$_} for keys %$env;
		open STDIN, '<', '/dev/null';
		open STDOUT, '>&', $write;
		open STDERR, '>', $err;
		exec {$command[0]} @command or POSIX::_exit(127);
	}
	close $write;
	$children{$pid} = 1;
	return {pid => $pid, out => $read, err => $err};
}

# Read what is left and wait for the end: (exit status or -signal, output, errors).
sub reap
{
	my ($p, $seconds) = @_;
	my $end = time + ($seconds // 120);
	my ($out, $late) = ($p->{seen} // '', 0);
	my $select = IO::Select->new($p->{out});
	while (1) {
		my $left = $end - time;
		if ($left <= 0 && !$late++) {
			kill 'KILL', $p->{pid};
			$end = time + 10;
			next;
		}
		last if $left <= 0;
		next if !$select->can_read($left);
		my $n = sysread $p->{out}, $out, 65536, length $out;
		last if !$n;
	}
	waitpid $p->{pid}, 0;
	my $status = $?;
	delete $children{$p->{pid}};
	$out .= "(killed: took too long)\n" if $late;
	return ($status & 127 ? -($status & 127) : $status >> 8, $out, slurp($p->{err}));
}

# maillage({ENV => …}, verb, argument…) to its end; the environment may be left out.
sub maillage
{
	my $env = ref $_[0] ? shift : {};
	return reap(spawn($env, $program, @_));
}

sub port
{
	my $s = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Proto => 'tcp', Listen => 1)
		or bail("port: $!");
	return $s->sockport;
}

# A node with an administrator: {dir, port, url}.
sub make_node
{
	my ($name) = @_;
	my %n = (dir => "$scratch/$name", port => port());
	$n{url} = "http://127.0.0.1:$n{port}";
	my ($status, $out, $err) = maillage('init', $n{dir}, '--name', $name, '--url', $n{url});
	bail("init: $err") if $status;
	my $p = spawn({}, 'sh', '-c', 'echo "$1" | "$2" account add "$3" --email a@exemple.fr ' .
		'--name Alice --role admin --password-stdin', 'sh', 'un mot de passe solide', $program, $n{dir});
	($status, $out, $err) = reap($p);
	bail("account add: $err") if $status;
	return \%n;
}

# A table of organisations nobody has seen before.
sub rows
{
	my ($file, $prefix, $n) = @_;
	spit($file, "name,summary\n" . join '', map {
		"$prefix $_,Une association qui agit ici pour l'eau et les jardins ($_)\n" } 1 .. $n);
	return $file;
}

# A serving node: {pid, …}; undef with a note if it does not get ready.
sub serve
{
	my ($n, %env) = @_;
	my $p = spawn(\%env, $program, 'serve', $n->{dir});
	my $select = IO::Select->new($p->{out});
	my $end = time + 30;
	my $seen = '';
	while ($seen !~ /^ready /m && time < $end) {
		next if !$select->can_read(0.5);
		last if !sysread $p->{out}, $seen, 4096, length $seen;
	}
	return $p if $seen =~ /^ready /m;
	kill 'KILL', $p->{pid};
	my ($status, $out, $err) = reap($p);
	note("serve $n->{dir}: $status", $seen, $err);
	return undef;
}

sub stop
{
	my ($p, $signal) = @_;
	kill $signal // 'TERM', $p->{pid};
	return reap($p, 20);
}

# Records a node holds, of all types and origins.
sub count
{
	my ($dir) = @_;
	my ($status, $out) = maillage('status', $dir, '--json');
	my ($objects) = $out =~ /"objects"\s*:\s*\{([^}]*)\}/;
	return -1 if $status || !defined $objects;
	my $sum = 0;
	$sum += $1 while $objects =~ /:\s*(\d+)/g;
	return $sum;
}

# What `maillage check` finds: "" is nothing.
sub clean
{
	my ($dir) = @_;
	my ($status, $out, $err) = maillage('check', $dir);
	$out =~ s/^progress.*\n//mg;
	return $status == 0 && $out eq "clean\n" ? '' : "check: status $status\n$out$err";
}

# How often each name stands in the node's own records.
sub names
{
	my ($dir) = @_;
	my ($status, $out) = maillage('export', $dir, '--type', 'Organization', '--format', 'ndjson');
	my %names;
	$names{$1}++ while $out =~ /"name":"((?:[^"\\]|\\.)*)"/g;
	return \%names;
}

# --- a browser ---

sub browser
{
	my ($n) = @_;
	return bless {port => $n->{port}, cookies => {}}, 'Fault::Browser';
}

package Fault::Browser;
use Time::HiRes qw(time);

sub request
{
	my ($b, $method, $path, $form) = @_;
	my $body = '';
	if ($form) {
		my $escape = sub {
			my ($t) = @_;
			$t =~ s/([^A-Za-z0-9._-])/sprintf '%%%02X', ord $1/ge;
			return $t;
		};
		$body = join '&', map { $escape->($_) . '=' . $escape->($form->{$_}) } sort keys %$form;
	}
	my $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$b->{port}", Proto => 'tcp', Timeout => 10)
		or return {status => 0, body => "connect: $!", head => ''};
	my $cookies = join '; ', map { "$_=$b->{cookies}{$_}" } sort keys %{$b->{cookies}};
	my $head = "$method $path HTTP/1.1\r\nHost: 127.0.0.1:$b->{port}\r\nConnection: close\r\n" .
		"Accept-Language: en\r\n";
	$head .= "Cookie: $cookies\r\n" if $cookies;
	$head .= "Content-Type: application/x-www-form-urlencoded\r\n" .
		"Content-Length: " . length($body) . "\r\n" if $form;
	# The head first: the request's last byte is then read on its own.
	local $SIG{PIPE} = 'IGNORE';
	syswrite $s, "$head\r\n";
	syswrite $s, $body if length $body;
	my ($answer, $end) = ('', time + 20);
	my $select = IO::Select->new($s);
	while ((my $left = $end - time) > 0) {
		next if !$select->can_read($left);
		last if !sysread $s, $answer, 65536, length $answer;
	}
	my ($top, $rest) = split /\r\n\r\n/, $answer, 2;
	while (($top // '') =~ /^Set-Cookie: ([^=]+)=([^;\r]*)/mig) {
		length $2 ? $b->{cookies}{$1} = $2 : delete $b->{cookies}{$1};
	}
	my $status = ($top // '') =~ m{^HTTP/1\.1 (\d+)} ? "$1" : 0;
	my $location = ($top // '') =~ /^Location: ([^\r\n]+)/mi ? "$1" : '';
	return {status => $status, location => $location, head => $top // '', body => $rest // ''};
}

sub get { my ($b, $path) = @_; return $b->request('GET', $path) }

# Fetch the page, take over what its forms hide, send the rest.
sub post
{
	my ($b, $page, $path, %form) = @_;
	my $html = $b->get($page)->{body};
	my %hidden = $html =~ /<input type="hidden" name="([^"]*)" value="([^"]*)"/g;
	return $b->request('POST', $path, {%hidden, %form});
}

sub login
{
	my ($b) = @_;
	return $b->post('/login', '/login', email => 'a@exemple.fr',
		password => 'un mot de passe solide');
}

sub create
{
	my ($b, $name, %more) = @_;
	return $b->post('/new/Organization', '/new/Organization', name => $name, %more);
}

1;
