#!/usr/bin/env bash
# Builds the Debian package of this tree into the folder DIR: deb.sh DIR.  The build is in a copy,
# so the tree stays as it is.
set -euo pipefail
dir=${1:?usage: $0 DIR}
cd "$(dirname "$0")/.."
version=$(sed -n '1s/.*(\(.*\)).*/\1/p' debian/changelog)

rm -rf "$dir"
mkdir -p "$dir/serai-$version"
tar -c --exclude=./build --exclude=./.git . | tar -x -C "$dir/serai-$version"
cd "$dir/serai-$version"
DEB_BUILD_OPTIONS="${DEB_BUILD_OPTIONS:-} parallel=${JOBS:-$(nproc)}" \
    dpkg-buildpackage --build=binary --no-sign >../log 2>&1 || {
    tail -n 40 ../log >&2
    echo "dpkg-buildpackage failed; the whole log is $dir/log" >&2
    exit 1
}
cd ..
rm -rf "serai-$version"
ls -1 ./*.deb
