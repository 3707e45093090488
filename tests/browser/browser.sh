#!/bin/sh
# Browser tests: real nodes, Chromium, one TAP stream. `make check-full` runs it in the build folder;
# with MAILLAGE_SHOTS=DIR it also saves what the pages look like. Without node, npm or chromium, or
# if the packages cannot be installed, it fails: nothing was shown.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
work=$PWD/tests/browser/npm

fail()
{
	echo "1..1"
	echo "not ok 1 - $1"
	exit 1
}

for tool in node npm chromium; do
	command -v $tool >/dev/null || fail "$tool is needed (nodejs, npm, chromium)"
done
test -x "$PWD/maillage" || fail "there is no $PWD/maillage: make builds it"
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
rm -rf "$work/lib" "$work"/*.mjs
mkdir "$work/lib"
cp -f "$here"/*.mjs "$work/"
cp -f "$here"/lib/*.mjs "$work/lib/"
chmod -R u+w "$work/lib" "$work"/*.mjs
export MAILLAGE="$PWD/maillage" MAILLAGE_SHARE="$PWD/share" MAILLAGE_SOURCE="$top"
exec node "$work/run.mjs" "$@"
