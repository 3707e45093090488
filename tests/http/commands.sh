#!/usr/bin/env bash
# The program itself, every command of it, and what it refuses: exit status, one clear line, nothing half done.
set -u
top=${srcdir:-.}
maillage=$PWD/maillage
helper=$PWD/tests/http/helper
export MAILLAGE_SHARE=$PWD/share LC_ALL=C.UTF-8
work=$(mktemp -d)
pids=()
trap 'for p in "${pids[@]}"; do kill -9 "$p"; done 2>/dev/null; rm -rf "$work"' EXIT
all=$(cd "$top" && pwd)/node/data/communes.csv
cd "$work" || exit 99
awk -F, 'NR == 1 || $12 == 974 || $12 == 975 || $12 == 77' "$all" >communes.csv
rows=$(($(wc -l <communes.csv) - 1))

tests=0
result() {	# result GOOD NAME
	tests=$((tests + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $tests - $2"
	else
		echo "not ok $tests - $2"
		echo "# status $status" >&2
		sed 's/^/# out: /' out >&2
		sed 's/^/# err: /' err >&2
	fi
}
run() { "$maillage" "$@" >out 2>err </dev/null; status=$?; }
run_stdin() { "$maillage" "$@" >out 2>err; status=$?; }

# done_ NAME [PATTERN in out]: exit 0
done_() { [ $status -eq 0 ] && { [ $# -lt 2 ] || grep -q -- "$2" out; }; result $? "$1"; }
# refused NAME PATTERN: exit 1, one line on standard error, which says so
refused() { [ $status -eq 1 ] && [ "$(wc -l <err)" -eq 1 ] && grep -q -- "$2" err; result $? "$1"; }
# usage NAME PATTERN: exit 2 and the reason first
usage() { [ $status -eq 2 ] && head -n 1 err | grep -q -- "$2"; result $? "$1"; }
field() { sed -n 's/.*"'"$1"'":"\{0,1\}\([^",}]*\).*/\1/p' "${2:-out}"; }

# wait_for COMMAND…: until it succeeds, 20 s at most
wait_for() {
	local i
	for i in $(seq 400); do
		"$@" && return 0
		sleep 0.05
	done
	return 1
}

# --- the program
run --help; done_ "--help lists the commands" "import"
run --version; done_ "--version" "^maillage [0-9]"
run; [ $status -eq 2 ]; result $? "no command is wrong usage"
run frobnicate; usage "an unknown command is named" '"frobnicate"'
for c in init serve import export sync status check reindex backup "account add" "account list" "account password" \
	"account disable" "account enable" "peer add" "peer list" "peer block" \
	"peer remove" "network create" "network join" "network show"; do
	run $c --help; done_ "$c --help" "^Usage: maillage $c"
	run $c; usage "$c without DIR" "DIR is missing"
done
run account frob; usage "an unknown command below another" 'account: there is no command "frob"'

# --- init
port1=$("$helper" port) port2=$("$helper" port)
url1=http://127.0.0.1:$port1 url2=http://127.0.0.1:$port2
run init one --name "Saint-Denis" --url "$url1/" --territory 97411
done_ "init" "^    $url1/join/[A-Za-z0-9_-]\{43\}$"
[ "$(grep -c '^    [a-z2-7-]\{60,\}$' out)" -eq 1 ]; result $? "init shows the recovery secret"
secret=$(sed -n 's/^    \([a-z2-7-]\{60,\}\)$/\1/p' out)
! grep -qr -- "$secret" one; result $? "the recovery secret is nowhere on the disk"
grep -q '^zone *= *Indian/Reunion' one/maillage.conf; result $? "init takes the territory's time zone"
grep -q "^listen *= *127.0.0.1:$port1" one/maillage.conf; result $? "init listens where a loopback URL says"
run status one --json; done_ "init makes the territory's organisation" '"Organization":1[,}]'
[ "$(stat -c %a one)" = 700 ]; result $? "DIR is its owner's"
run init one --name X --url "$url2"; refused "init of a folder that holds a node" "one holds a node already"
run status one --json; done_ "and leaves it as it was" "\"url\":\"$url1\""
run init two --name Deux --url "$url2" --lang en --json; done_ "init --json" '"adminLink":"http'
mkdir -p full; echo x >full/store.mdb
run init full --name X --url "$url2"; refused "init of a folder that holds a store" "holds a node already"
run init bad --url "$url2"; usage "init without a name" "--name is missing"
run init bad --name X; usage "init without an address" "--url is missing"
run init bad --name X --url http://maillage.example.org; refused "init with http" "https://"
run init bad --name X --url https://maillage.example.org/path; refused "init with a path" "without a path"
run init bad --name X --url "$url2" --territory 99999; refused "init with an unknown territory" "99999"
run init bad --name X --url "$url2" --lang de; usage "init with a language there is not" "--lang is fr or en"
run init bad --name X --url https://a.example --tls none.pem none.key; refused "init with absent certificates" "none.pem"
run init bad --name X --url https://a.example --tls none.pem; usage "init with half of --tls" "two files"
run init none/bad --name X --url "$url2"; refused "init below a folder that is not there" "none/bad"
[ ! -e bad ]; result $? "what was refused made nothing"
(ulimit -f 16; trap '' XFSZ; "$maillage" init half --name X --url "$url2" >out 2>err </dev/null); status=$?
[ $status -eq 1 ] && [ ! -e half ]; result $? "init without room on the disk leaves no half node"
run init half --name X --url "$url2"; done_ "so that a second try finds the folder free" "recovery\|Recovery"
mkdir share; cp -rL "$MAILLAGE_SHARE"/. share; chmod -R u+w share
awk -F, -v OFS=, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "latitude") at = i } NR > 1 && $1 == 97411 { $at = "91" } 1' \
	"$all" >share/communes.csv
MAILLAGE_SHARE=$PWD/share run init bare --name X --url "$url2" --territory 97411
[ $status -eq 1 ] && [ "$(wc -l <err)" -eq 1 ] && grep -q '^    [a-z2-7-]\{60,\}$' out && grep -q 'account add bare' out
result $? "init that fails once the node is there shows its recovery secret"
rm -r bare
MAILLAGE_SHARE=$PWD/share run init bare --name X --url "$url2" --territory 97411 --json
[ $status -eq 1 ] && grep -q '"recoverySecret":"' out && ! grep -q adminLink out; result $? "also in JSON"

# --- folders that are no node, or a damaged one
run status nowhere; refused "a folder that is not there" "nowhere: there is no node here"
mkdir empty
run status empty; refused "an empty folder" "empty"
cp -r two damaged
sed -i 's/^\[http\]/[http]\ncolour = blue/' damaged/maillage.conf
run status damaged; refused "an unknown key of the configuration, with file and line" "damaged/maillage.conf:[0-9]*: http.colour"
cp two/maillage.conf damaged/maillage.conf
sed -i 's/^timeout *=.*/timeout = 99999/' damaged/maillage.conf
grep -q '^timeout = 99999' damaged/maillage.conf || echo 'timeout = 99999' >>damaged/maillage.conf
run status damaged; refused "a number beyond its limits" "timeout"
cp two/maillage.conf damaged/maillage.conf
sed -i "s,^url *=.*,url = https://other.example," damaged/maillage.conf
run status damaged; refused "a configuration with another address" "$url2"
cp two/maillage.conf damaged/maillage.conf
"$helper" newer damaged
run status damaged; refused "a store of a newer version" "newer"
run serve damaged; refused "serve of a newer version" "newer"
cp two/maillage.conf damaged/; head -c 20000 /dev/urandom >damaged/store.mdb; rm -f damaged/store.mdb-lock
run status damaged; refused "a store that is none" "store"

# --- account
run_stdin account add one --email a@exemple.fr --name Anne --role admin --password-stdin <<<"correct horse"
done_ "account add" "^account 1: a@exemple.fr$"
run_stdin account add one --email A@Exemple.fr --name Anne --password-stdin <<<"correct horse"
refused "the same address twice" "email: There is already an account"
run_stdin account add one --email b@exemple.fr --name B --password-stdin <<<"short"
refused "a short password" "password: "
run_stdin account add one --email nothing --name B --password-stdin <<<"correct horse"
refused "an address that is none" "email: "
run_stdin account add one --email b@exemple.fr --name B --password-stdin </dev/null
refused "no password at all" "password: "
run account add one --email b@exemple.fr --name B --password-stdin --role king
usage "a role there is not" "--role is member, animator or admin"
run account add one --email b@exemple.fr --name B
usage "no terminal to ask for the password" "--password-stdin"
run_stdin account add one --email b@exemple.fr --name B --password-stdin --json <<<"correct horse"
done_ "account add --json" '^{"account":2}$'
run account list one
done_ "account list" "^2  b@exemple.fr  member  B  since 20[0-9: -]*$"
run account list one --json; done_ "account list --json" '"email":"a@exemple.fr","name":"Anne","role":"admin","disabled":false'
! grep -q 'argon2\|password' out; result $? "shows no password, not even hashed"
run account disable one --email a@exemple.fr; refused "the last administrator cannot be disabled" "The last administrator"
run account disable one --email z@exemple.fr; refused "disabling an account there is not" "email: There is no account"
run account disable one; usage "disabling nobody" "--email is missing"
run_stdin account password one --email z@exemple.fr --password-stdin <<<"correct horse"
refused "a password for an account there is not" "email: There is no account"
run_stdin account password one --email b@exemple.fr --password-stdin <<<"short"; refused "a short new password" "password: "
run account password one --email b@exemple.fr; usage "no terminal to ask for the new one" "--password-stdin"

# --- import
run import one "$all" --type Organization --dry-run
done_ "a dry run of all communes, with no --map" "^would import 34969: created 34968, updated 0, unchanged 1, refused 0$"
run status one --json; done_ "writes nothing" '"Organization":1[,}]'
run import one communes.csv --type Organization
done_ "import" "^imported $rows: created $((rows - 1)), updated 0, unchanged 1, refused 0$"
[ "$(grep -c '^progress [0-9]*$' out)" -ge 2 ] && [ "$(grep -cv '^progress [0-9]*$' out)" -eq 1 ]
result $? "progress in lines for machines when piped"
run import one communes.csv --type Organization
done_ "a second import doubles nothing" "^imported $rows: created 0, updated 0, unchanged $rows, refused 0$"
run status one --json; done_ "status counts them" "\"Organization\":$rows[,}]"
printf 'name,identifiers.siren,url\nUn,732829320,https://un.example\nDeux,,\n' >a.csv
run import one a.csv --type Organization --json; done_ "import --json" '"created":2,"updated":0,"unchanged":0,"refused":0'
printf 'url;name;identifiers.siren\nhttps://neuf.example;Un neuf;732 829 320\n;Deux;\n' >a.csv
run import one a.csv --type Organization --json
done_ "the same record by its identifier, or as a whole row" '"created":0,"updated":1,"unchanged":1,"refused":0'
printf 'Nom\tSite\nTrois\thttps://trois.example\n' >b.csv
run import one b.csv --type Organization --map name=Nom --map url=Site --json; done_ "import --map" '"created":1'
run_stdin import one - --type Organization --map name=Nom --map url=Site --json <b.csv
done_ "import from standard input" '"unchanged":1'
run import one b.csv --type Organization; refused "no column for a required field" 'b.csv: there is no column "name"; it has: Nom, Site'
run import one b.csv --type Organization --map name=Nom --map url=Web; refused "a mapped column that is not there" '"Web"; it has: Nom, Site'
run import one b.csv --type Organization --map nom=Nom; [ $status -eq 2 ] && grep -q "nom=Nom" err; result $? "a field there is not"
run import one b.csv --type Organization --map Nom; [ $status -eq 2 ] && grep -q "field=column" err; result $? "a --map that is none"
run import one b.csv --type Organisation; usage "a type there is not" '"Organisation"'
run import one b.csv --type Event --format aides; usage "a format not yet read" "not yet"
run import one b.csv --type Event --format xls; usage "a format there is not" '"xls"'
run import one none.csv --type Organization; refused "a file there is not" "none.csv: No such file"
printf 'name\nun\ncaf\xe9\n' >latin.csv
run import one latin.csv --type Organization
refused "Latin-1, told before anything is written" "latin.csv: line 3: not UTF-8, looks like Latin-1: convert with iconv"
printf '\xff\xfen\0a\0' >wide.csv
run import one wide.csv --type Organization; refused "UTF-16" "UTF-16"
: >nothing.csv
run import one nothing.csv --type Organization; refused "an empty file" "nothing.csv: line 1: the file is empty"
{ printf 'name,summary\nGrand,"'; head -c 10000000 /dev/zero | tr '\0' x; printf '"\nPetit,court\n'; } >big.csv
run import one big.csv --type Organization
[ $status -eq 1 ] && [ "$(wc -l <err)" -eq 1 ] && grep -q "^line 2: a field of 64 KiB or more" err && grep -q "^imported 1: created 1" out
result $? "a field of 10 MB is refused with its line, the next row kept"
printf 'name,summary\nUn,"jamais fini\n' >open.csv
run import one open.csv --type Organization
[ $status -eq 1 ] && grep -q "^line 2: a quotation mark is opened and never closed" err; result $? "a quotation mark never closed"
printf 'name,latitude,profile\nBon,,public\nHaut,haut,public\nPrix,,prix\n,1,\nTrop,1,public,4\n' >rows.csv
run import one rows.csv --type Organization
[ $status -eq 1 ] && grep -q '^line 3: location.latitude: ' err && grep -q '^line 4: profile: ' err &&
	grep -q '^line 5: name: ' err && grep -q '^line 6: 4 fields where the header has 3' err && [ "$(wc -l <err)" -eq 4 ] &&
	grep -q '^imported 1: created 1, updated 0, unchanged 0, refused 4$' out
result $? "bad rows are told by line and field, good ones kept"
printf 'BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Atelier\r\nDTSTART:20270105T140000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n' >c.ics
run import one c.ics --type Event --json; done_ "import of a calendar" '"created":1'
sed -i 's/Atelier/Atelier bis/' c.ics
run import one c.ics --type Event --json; done_ "the same event by its UID" '"updated":1'
echo '{"type":"FeatureCollection","features":[{"type":"Feature","geometry":{"type":"Point","coordinates":[2.3,48.8]},"properties":{"name":"Halle"}}]}' >p.geojson
run import one p.geojson --type Place --json; done_ "import of GeoJSON" '"created":1'
echo 'not json' >p.geojson
run import one p.geojson --type Place; refused "GeoJSON that is none" "p.geojson: line 1: not JSON"

# --- export
run export one --type Event --format ics
done_ "export of a calendar" "^DTSTART:20270105T140000Z"
run export one --type Place --format geojson; done_ "export of GeoJSON" '"coordinates":\[2.2999999999999998,48.799999999999997\]\|"coordinates":\[2.3,48.8\]'
run export one --type Event --format ndjson; done_ "export of signed objects" '"cryptosuite":"eddsa-jcs-2022"'
printf 'name,location.latitude,location.longitude\nNulle part,,\nIci,48.8,2.3\nAilleurs,,\nLà,-21.1,55.5\n' >places.csv
run import half places.csv --type Place
run export half --type Place --format geojson
status=$(perl -MJSON::PP -0777 -ne 'print scalar @{decode_json($_)->{features}}' out 2>err); [ "$status" = 2 ]
result $? "GeoJSON of some located records and some not is JSON, whatever their order"
printf 'name,summary\nSomme,=1+1\nTéléphone,+262 692 12 34 56\nApostrophe,%s\n' "''=x" >guard.csv
run import half guard.csv --type Organization; run export half --type Organization --format csv; cp out guard1.csv
grep -q "'=1+1" out && grep -q "'+262 692" out && grep -q "''=x" out; result $? "export guards what a spreadsheet would calculate"
run init again --name X --url "$url2"; run import again guard1.csv --type Organization
run export again --type Organization --format csv
cut -d, -f2- guard1.csv | cmp -s - <(cut -d, -f2- out); result $? "and import takes the guard away again"
printf 'name,location.commune,location.postalCode\nPar son nom,Loos-en-Gohelle,\nInconnue,Nulle-Part-sur-Mer,\n' >where.csv
run import again where.csv --type Organization; run export again --type Organization --format ndjson
grep -q '"cog":"62528","commune":"Loos-en-Gohelle","department":"Pas-de-Calais","latitude":"50\.[0-9]*","longitude":"2\.' out
result $? "import finds a commune by its name, and places it"
run export one --type Organization --format csv; cp out all.csv
done_ "export of CSV" "^id,name,summary"
run import two all.csv --type Organization
done_ "what was exported can be imported" "refused 0$"
run status one --json; grep -o '"objects":{[^}]*}' out >before
run import one all.csv --type Organization
run status one --json; grep -o '"Organization":[0-9]*' before >x; grep -o '"objects":{[^}]*}' out | grep -o '"Organization":[0-9]*' | cmp -s x
result $? "even where it came from, without doubling what has an identifier"
run export one --type Organization --format ics; usage "a calendar of what has no time" "no time"
run export one --type Event; usage "export without a format" "--format is missing"

# --- care
run check one; done_ "check finds nothing" "^clean$"
run reindex one; done_ "reindex"
run check one --json; done_ "and check finds nothing after it" '"clean":true'
run backup one one.backup; done_ "backup" "one.backup"
mkdir copy && cp one/maillage.conf copy/ && cp one.backup copy/store.mdb
run status one --json; cp out x; run status copy --json
[ "$(grep -o '"objects":{[^}]*}' x)" = "$(grep -o '"objects":{[^}]*}' out)" ]; result $? "a backup is a store"
run backup one none/one.backup; refused "a backup where nothing can be written" "none/one.backup"

# --- serve
serve() {	# serve DIR: runs it, waits until it is ready
	"$maillage" serve "$1" >"$1.out" 2>"$1.err" &
	pids+=($!)
	wait_for grep -q '^ready' "$1.out"
}
up() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
get() {	# get PORT PATH: status line and page in page
	exec 3<>"/dev/tcp/127.0.0.1/$1" && printf 'GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n' "$2" >&3 && cat <&3 >page
	exec 3>&-
	head -n 1 page
}
"$helper" notified "$work/notify" >notified &
listener=$!
wait_for test -S notify
NOTIFY_SOCKET=$work/notify serve one; status=0; : >out; : >err
result $? "serve says when it is ready"
wait $listener; grep -q '^READY=1$' notified; result $? "and tells systemd"
get "$port1" / | grep -q ' 200 '; result $? "it answers"
run serve one; refused "a second serve of the same folder" "This node is already running"
printf 'name\nPendant que le nœud tourne\n' >d.csv
run import one d.csv --type Organization; done_ "import beside a running node" "^imported 1: created 1"
get "$port1" "/directory?q=pendant" >x; grep -q "Pendant que le nœud tourne" page; result $? "its pages show it"
run_stdin account add one --email c@exemple.fr --name C --password-stdin <<<"correct horse"
done_ "an account beside a running node"
login() {	# login PASSWORD: the status of the answer for c@exemple.fr
	rm -f jar
	csrf=$(curl -s -c jar "$url1/login" | sed -n 's/.*name="csrf" value="\([^"]*\)".*/\1/p' | head -n 1)
	curl -s -o page -w '%{http_code}' -b jar -c jar --data-urlencode "csrf=$csrf" --data-urlencode email=c@exemple.fr \
		--data-urlencode "password=$1" "$url1/login"
}
inside() { [ "$(curl -s -o page -w '%{http_code}' -b jar "$url1/me")" = 200 ]; }
[ "$(login "correct horse")" = 303 ] && inside; result $? "who can log in"
run_stdin account password one --email C@exemple.fr --password-stdin <<<"another horse"
done_ "account password" "^new password set: "
! inside; result $? "a new password ends the sessions of before"
[ "$(login "correct horse")" != 303 ] && [ "$(login "another horse")" = 303 ] && inside; result $? "only the new one opens"
run account disable one --email c@exemple.fr; done_ "account disable" "^disabled: "
! inside && [ "$(login "another horse")" != 303 ]; result $? "ends the sessions and lets nobody in"
run account list one; done_ "account list tells it" "^3  c@exemple.fr .*(disabled)$"
run account enable one --email c@exemple.fr; done_ "account enable" "^enabled: "
[ "$(login "another horse")" = 303 ] && inside; result $? "lets it in again"

# --- peers and networks
run peer add two "$url1/"; done_ "peer add" "^peer added: $url1$"
run peer add two "$url1"; done_ "adding a peer twice is no mistake" "^a peer already"
run peer list two; done_ "peer list" "^$url1  (not yet identified)"
run peer add two "$url2"; refused "a node is not its own peer" "own address"
run peer add two http://maillage.example.org; refused "a peer without https" "https"
run peer add two nonsense; refused "an address that is none" "address"
run sync two --once; done_ "sync" "^$url1: [0-9]* stored"
run status two --json; grep -q '"url":"'"$url1"'","nid":"nid:' out; result $? "status knows who the peer is"
[ "$(grep -o '"rev":[0-9]*' out | sort -u | wc -l)" -ge 1 ] && grep -q '"matchedAt":[1-9]' out; result $? "and that its set matches"
run network create one --name "Réseau" --json; done_ "network create" '"join":"http'
join=$(field join)
run network create one --name "Réseau"; refused "the same network twice" "already"
run network join two "$join"; done_ "network join" 'joined the network "Réseau"'
run network join two "$join"; refused "joining twice" "already"
run network join two "${join%?????}aaaaa"; refused "another hash" "network"
run network join two "$url1"; refused "an address without a hash" "URL#CHARTERHASH"
run network show two; done_ "network show" "through $url1"
run network show one --json; done_ "network show --json" '"join":"http'
run check two; done_ "check of a node that pulled" "^clean$"
run peer block two "$url1"; done_ "peer block" "^blocked"
run peer list two --json; done_ "peer list --json" '"blocked":true'
run peer block two "$url1" --undo; done_ "peer block --undo"
run peer remove two "$url1"; done_ "peer remove"
run peer remove two "$url1"; refused "removing what is no peer" "is not a peer"

# A running node takes a new peer up by itself.
sed -i 's/^poll_min *=.*/poll_min = 1/' two/maillage.conf
serve two; result $? "the second node runs too"
run peer add two "$url1"
held() { "$maillage" status two --json 2>/dev/null | grep -q '"lastOk":[1-9]'; }
started=$SECONDS
wait_for held && [ $((SECONDS - started)) -le 6 ]; result $? "a running node takes a new peer up within 5 s"

# --- stopping
for dir in one two; do
	started=$SECONDS
	kill -TERM "${pids[0]}"; wait "${pids[0]}"; status=$?
	pids=("${pids[@]:1}")
	[ $status -eq 0 ] && [ $((SECONDS - started)) -le 5 ]; result $? "SIGTERM ends $dir within 5 s"
done
! up "$port1"; result $? "it no longer listens"
run peer add one "$url2"; run sync one --once
[ $status -eq 1 ] && grep -q "$url2" out; result $? "sync with a peer that is down"
run check one; done_ "check after all that" "^clean$"

# --- somebody else's folder
if [ "$(id -u)" -eq 0 ] && chmod 755 "$work" && chown -R 65534:65534 two &&
	setpriv --reuid=65534 --regid=65534 --clear-groups test -r "$MAILLAGE_SHARE/vocabularies.json"; then
	run import two "$work/a.csv" --type Organization
	done_ "root becomes the owner of DIR"
	[ -z "$(find two -user 0)" ]; result $? "and leaves no file of its own there"
	setpriv --reuid=65533 --regid=65533 --clear-groups "$maillage" status two >out 2>err; status=$?
	refused "another user is told whose it is" "belongs to"
fi
echo "1..$tests"
