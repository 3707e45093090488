# Sourced by tools/start: three example nodes in one network, each on an address of its own, since the
# ids of objects contain it.  Every object is made on its own node; the others get it over the wire.

demo=${MAILLAGE_DEMO:-$top/.start}
# folder | address | name | COG code | time zone | a few words | EPCI or department whose communes it presents
nodes=(
	"loos|127.0.0.2:8402|Loos-en-Gohelle|62528|Europe/Paris|Ville pilote du développement durable|CA de Lens - Liévin"
	"reunion|127.0.0.3:8403|Saint-Denis de La Réunion|97411|Indian/Reunion|Chef-lieu de La Réunion|La Réunion"
	"reseau|127.0.0.4:8404|Réseau des pionniers des alliances en territoire|75056|Europe/Paris|L’équipe d’animation du réseau"
)
password="demo maillage"
pids=()

field() { printf '%s' "$1" | cut -d'|' -f"$2"; }

stop() {
	trap - INT TERM EXIT
	[ ${#pids[@]} -eq 0 ] || { kill "${pids[@]}"; wait "${pids[@]}"; } 2>/dev/null
	exit "${1:-0}"
}

for node in "${nodes[@]}"; do
	address=$(field "$node" 2)
	if (exec 3<>"/dev/tcp/${address%:*}/${address#*:}") 2>/dev/null; then
		die "Something already answers at $address: stop it first (is the demonstration running elsewhere?)."
	fi
done

# Dates of the examples are relative to the day the node is made: "@+12 18:30@" in 12 days.
dated() {
	while IFS= read -r line; do
		while [[ $line =~ @\+([0-9]+)\ ([0-9:]+)@ ]]; do
			at=$(TZ=$2 date -d "$(date +%F) +${BASH_REMATCH[1]} days ${BASH_REMATCH[2]}" +%FT%T%:z)
			line=${line/"${BASH_REMATCH[0]}"/$at}
		done
		printf '%s\n' "$line"
	done <"$1"
}

fill() {	# folder, zone, whose communes
	d=$demo/$1
	[ -z "$3" ] || awk -F, -v of="$3" 'NR == 1 || $3 == of || $5 == of' "$top/node/data/communes.csv" |
		"$maillage" import "$d" - --format csv --type Organization || return 1
	for person in "membre|Camille Exemple|member" "animation|Dominique Exemple|animator" "admin|Claude Exemple|admin"; do
		printf '%s' "$password" | "$maillage" account add "$d" --email "$(field "$person" 1)@demo.example" \
			--name "$(field "$person" 2)" --role "$(field "$person" 3)" --password-stdin || return 1
	done
	for file in "$top/tools/demo/$1".*.ndjson; do
		type=${file%.ndjson}
		dated "$file" "$2" | "$maillage" import "$d" - --format ndjson --type "${type##*.}" || return 1
	done
}

make_node() {	# the line of a node
	folder=$(field "$1" 1) address=$(field "$1" 2)
	"$maillage" init "$demo/$folder.new" --name "$(field "$1" 3)" --url "http://$address" --listen "$address" \
		--territory "$(field "$1" 4)" --lang fr &&
	mv "$demo/$folder.new" "$demo/$folder" && fill "$folder" "$(field "$1" 5)" "$(field "$1" 7)"
}

join_up() {	# everybody follows everybody; the animation team founded the network
	for a in "${nodes[@]}"; do
		for b in "${nodes[@]}"; do
			[ "$a" = "$b" ] || "$maillage" peer add "$demo/$(field "$a" 1)" "http://$(field "$b" 2)" || return 1
		done
	done
	charter=$("$maillage" network create "$demo/reseau" --name "Réseau des pionniers des alliances en territoire" --json |
		sed -n 's/.*"join" *: *"\([^"]*\)".*/\1/p')
	[ -n "$charter" ] || return 1
}

trap 'stop 0' INT TERM
trap 'stop 1' EXIT
mkdir -p "$demo"
if [ ! -e "$demo/complete" ]; then
	say "Making three example nodes in ${demo#"$top"/} …"
	rm -rf "$demo"/loos "$demo"/reunion "$demo"/reseau "$demo"/*.new
	for node in "${nodes[@]}"; do
		make_node "$node" >>"$demo/make.log" 2>&1 || { tail -n 5 "$demo/make.log" >&2; die "The example nodes could not be made; the log is $demo/make.log."; }
	done
	join_up >>"$demo/make.log" 2>&1 || { tail -n 5 "$demo/make.log" >&2; die "The example network could not be made; the log is $demo/make.log."; }
	fresh=1
fi

for node in "${nodes[@]}"; do
	folder=$(field "$node" 1)
	"$maillage" serve "$demo/$folder" >>"$demo/$folder.log" 2>&1 &
	pids+=($!)
done
for i in 0 1 2; do
	address=$(field "${nodes[$i]}" 2)
	for try in $(seq 100); do
		(exec 3<>"/dev/tcp/${address%:*}/${address#*:}") 2>/dev/null && break
		kill -0 "${pids[$i]}" 2>/dev/null || { tail -n 3 "$demo/$(field "${nodes[$i]}" 1).log" >&2; die "A node did not start."; }
		[ "$try" -lt 100 ] || die "$address does not answer; see $demo/$(field "${nodes[$i]}" 1).log."
		sleep 0.1
	done
done
if [ -n "${fresh:-}" ]; then
	for folder in loos reunion; do
		"$maillage" network join "$demo/$folder" "$charter" >>"$demo/make.log" 2>&1 ||
			{ tail -n 5 "$demo/make.log" >&2; die "The example network could not be joined; the log is $demo/make.log."; }
	done
	# The first visitor finds everything in place, instead of watching it arrive.
	for node in "${nodes[@]}"; do
		"$maillage" sync "$demo/$(field "$node" 1)" --once >>"$demo/make.log" 2>&1
	done
	: >"$demo/complete"
fi

cat <<END

  Three territories, one network. Open first:
    http://127.0.0.2:8402   Loos-en-Gohelle
    http://127.0.0.3:8403   Saint-Denis de La Réunion
    http://127.0.0.4:8404   the network's animation team
  On each: membre@demo.example, animation@demo.example, admin@demo.example; password: $password
  Try: sign in at Loos-en-Gohelle, announce an event (Agenda, Add), then look at the agenda of Saint-Denis.
  Logs and data: ${demo#"$top"/}. Ctrl-C stops all three; what you did is there next time.
END
wait -n
stop 1
