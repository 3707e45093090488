#!/bin/sh
# Runs run.mjs against the built probe, in a copy of this folder inside the build folder: the source
# folder is only read.  The packages come from the registry npm is set up with, as package-lock.json
# pins them.  Without npm, or if they cannot be installed, this fails: nothing was shown.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
probe=$PWD/tests/interop/probe
work=$PWD/tests/interop/npm

fail()
{
	echo "1..1"
	echo "not ok 1 - $1"
	exit 1
}

command -v node >/dev/null && command -v npm >/dev/null ||
	fail 'Node.js and npm are needed (packages nodejs, npm)'
test -x "$probe" || fail "there is no $probe: make check builds it"
mkdir -p "$work"
if ! test -d "$work/node_modules" || ! cmp -s "$here/package-lock.json" "$work/package-lock.json"; then
	rm -rf "$work/node_modules" "$work/package-lock.json"
	cp -f "$here/package.json" "$here/.npmrc" "$work/"
	cp -f "$here/package-lock.json" "$work/package-lock.json"
	(cd "$work" && npm ci --ignore-scripts --no-fund --no-audit) >"$work/npm.log" 2>&1 || {
		sed 's/^/# /' "$work/npm.log"
		rm -rf "$work/node_modules" "$work/package-lock.json"
		fail 'npm ci'
	}
fi
cp -f "$here/run.mjs" "$work/"
exec node "$work/run.mjs" "$probe" "$top/tests/unit/protocol/data"
