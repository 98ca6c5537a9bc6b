#!/usr/bin/env bash
# What debian/ repeats is as the tree has it: the version, the packages that a build needs.  The
# package itself is built and looked at by `make deb-check`.
set -euo pipefail
cd "$(dirname "$0")/../.."

fail()
{
    printf 'FAILED: %s\n' "$*" >&2
    exit 1
}

version=$(sed -n 's/^project(serai VERSION \([0-9.]*\) .*/\1/p' CMakeLists.txt)
[ "$(sed -n '1s/^serai (\(.*\)) .*/\1/p' debian/changelog)" = "$version" ] ||
    fail "debian/changelog is not of version $version"
! command -v dpkg-parsechangelog >/dev/null ||
    [ "$(dpkg-parsechangelog -l debian/changelog -S Version)" = "$version" ] ||
    fail "dpkg reads another version in debian/changelog"

# Each is a package that `make deps` installs.
count=0
while read -r package; do
    grep -qx "$package" packages.txt || fail "$package of Build-Depends is not in packages.txt"
    count=$((count + 1))
done < <(sed -n '/^Build-Depends:/,/^$/p' debian/control | sed 's/^Build-Depends://; s/(.*)//' |
    tr -d ' ' | tr ',' '\n' | sed 's/^debhelper-compat$/debhelper/' | grep .)
[ "$count" -ge 10 ] || fail "too few packages in Build-Depends"
# And each library that a build looks for is one of them.
grep -o '^lib.*-dev$' packages.txt | grep -v clang | while read -r package; do
    grep -q "^ *$package,\{0,1\}$" debian/control || fail "$package is not in Build-Depends"
done
echo "debian/ is of version $version; $count packages build it"
