# Sourced by tools/start and tools/check: which Debian packages are needed, and how they get there.

build_packages="build-essential autoconf automake libtool autoconf-archive pkg-config gettext brotli gzip
	libmicrohttpd-dev liblmdb-dev libjansson-dev libcurl4-openssl-dev libssl-dev libsodium-dev libtalloc-dev
	libutf8proc-dev libstemmer-dev libcmark-gfm-dev libical-dev libinih-dev zlib1g-dev libgnutls28-dev tzdata ca-certificates"
# What `make check` needs beside these, and what `make check-full` needs beside those.
quick_packages="libcmocka-dev openssl curl perl util-linux"
full_packages="mount chromium fonts-dejavu-core"

say() { printf '%s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# need_packages NAME…: installs what is missing, as root or through sudo.
need_packages() {
	missing=
	for package; do
		dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
	done
	[ -n "$missing" ] || return 0
	if [ "$(id -u)" -eq 0 ]; then
		as_root=
	elif command -v sudo >/dev/null; then
		as_root=sudo
	else
		die "Please have these Debian packages installed, then start again:$missing"
	fi
	say "Installing Debian packages:$missing"
	log=$(mktemp)
	if ! { $as_root apt-get update && $as_root env DEBIAN_FRONTEND=noninteractive \
		apt-get install -y --no-install-recommends $missing; } >"$log" 2>&1 </dev/null; then
		tail -n 20 "$log" >&2
		die "The packages could not be installed; the last lines of apt-get are above, all of them in $log."
	fi
	rm -f "$log"
}

# build FOLDER CONFIGURE-ARGUMENT…: configures (once) and makes; the log stands beside the folder.
build() {
	folder=$1; shift
	mkdir -p "$folder"
	log=$folder/build.log
	# configure is made again when what it is made from has changed
	if [ ! -x "$top/configure" ] || [ "$top/configure.ac" -nt "$top/configure" ]; then
		(cd "$top" && autoreconf -fi) >"$log" 2>&1 || { tail -n 30 "$log" >&2; die "autoreconf failed; its log is $log."; }
	fi
	if [ ! -f "$folder/Makefile" ] || [ "$top/configure" -nt "$folder/Makefile" ]; then
		(cd "$folder" && "$top/configure" -q "$@") >>"$log" 2>&1 || { tail -n 30 "$log" >&2; die "configure failed; its log is $log."; }
	fi
	make -C "$folder" -s -j"$(nproc)" all >>"$log" 2>&1 || { tail -n 40 "$log" >&2; die "The build failed; its log is $log."; }
}
