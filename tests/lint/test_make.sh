#!/usr/bin/env bash
# The front door installs packages where it says so and nowhere else, and a build that fails for
# want of a package names it.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cp "$root/Makefile" "$dir"
printf '# Needed:\nmake\ncmake # it builds\n\njq\n' >"$dir/packages.txt"
mkdir "$dir/bin"
cd "$dir"
unset MAKEFLAGS MAKELEVEL

fail()
{
    echo "FAILED: $*" >&2
    cat out >&2
    exit 1
}

# stub NAME: a program of that name that runs the script on stdin.
stub()
{
    { echo '#!/bin/sh'; cat; } >"bin/$1"
    chmod +x "bin/$1"
}

# Debian without jq; `apt-get` and `cmake` write down that they were called.
stub dpkg-query <<'END'
case "$*" in *' jq') exit 1 ;; *) echo 'install ok installed' ;; esac
END
stub sudo <<'END'
exec "$@"
END
for name in apt-get cmake; do
    stub "$name" <<END
echo "$name \$*" >>'$dir/calls'
[ $name = apt-get ]
END
done
export PATH=$dir/bin:$PATH

for goal in '' release check-dev demo-site; do
    : >calls
    # shellcheck disable=SC2086 # no goal is the default one
    if make $goal >out 2>&1; then
        fail "make $goal passes though cmake fails"
    fi
    grep -q '^cmake --preset' calls || fail "make $goal does not configure"
    ! grep -q apt-get calls || fail "make $goal installs packages"
    grep -q '^These packages are not installed: jq$' out || fail "make $goal does not name jq"
    grep -q "^Run 'make deps'" out || fail "make $goal does not say what to do"
done

for goal in deps demo check; do
    : >calls
    make $goal >out 2>&1 || true
    [ "$(sed -n 2p calls)" = 'apt-get install -q -y --no-install-recommends jq' ] ||
        fail "make $goal does not begin by installing what is missing"
done

# A machine that has them all is told of no package, and nothing is installed.
stub dpkg-query <<'END'
echo 'install ok installed'
END
: >calls
if make build >out 2>&1; then
    fail "make build passes though cmake fails"
fi
! grep -q 'not installed' out || fail "make build blames packages that are there"
make deps >out 2>&1
! grep -q apt-get calls || fail "make deps installs what is there"
echo "make installs for deps, demo and check, and only then"
