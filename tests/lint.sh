#!/bin/sh
# The house rules: rooms, sizes of files, sentences and their translations.
top=$(cd "$(dirname "$0")/.." && pwd)
n=0
status=0

lint()
{
	n=$((n + 1))
	if said=$("$top/tools/lint/$1" 2>&1); then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		status=1
	fi
	test -z "$said" || printf '%s\n' "$said" | sed 's/^/# /'
}

echo 1..3
lint layers 'every room includes only what it may'
lint size 'no file is longer than 600 lines'
lint po 'every sentence is in both catalogues'
exit $status
