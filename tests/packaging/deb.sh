#!/usr/bin/env bash
# A package that was built: deb.sh DIR.  lintian has nothing to say, its files are those that are
# meant, its scripts are debhelper's alone, and what is unpacked works.
set -euo pipefail
dir=${1:?usage: $0 DIR}
package=$(ls "$dir"/serai_*.deb)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
checks=0

fail()
{
    printf 'FAILED: %s\n' "$*" >&2
    exit 1
}

lintian --fail-on error,warning --allow-root "$dir"/*.changes >"$work/said" 2>&1 || {
    cat "$work/said" >&2
    fail "lintian finds something"
}
! grep '^[EW]:' "$work/said" >&2 || fail "lintian finds something"
cat "$work/said"

dpkg -c "$package" >"$work/list"
for file in usr/bin/serai usr/bin/serai-cc lib/systemd/system/serai@.service \
    usr/lib/sysusers.d/serai.conf usr/lib/tmpfiles.d/serai.conf usr/share/man/man1/serai.1.gz \
    usr/share/man/man1/serai-cc.1.gz usr/share/bash-completion/completions/serai \
    usr/share/zsh/vendor-completions/_serai usr/share/fish/vendor_completions.d/serai.fish \
    usr/share/doc/serai/examples/site.toml usr/share/serai/sdk/serai.h \
    usr/share/serai/sdk/rust/src/lib.rs usr/share/serai/sdk/assemblyscript/abi.ts \
    usr/share/doc/serai/operate.md.gz; do
    grep -q " \./\(usr/\)\{0,1\}$file$" "$work/list" || fail "the package has no $file"
    checks=$((checks + 1))
done
! grep -E '\.(key|pub|mdb)$' "$work/list" || fail "the package has keys or books"
[ "$(awk '{ print $2 }' "$work/list" | sort -u)" = root/root ] || fail "somebody owns a file of it"

# The scripts make the user and the directory, and start nothing.
dpkg -e "$package" "$work/control"
grep -q 'systemd-sysusers.*serai.conf' "$work/control/postinst" || fail "the user is not made"
grep -q 'systemd-tmpfiles.*serai.conf' "$work/control/postinst" || fail "no directory is made"
[ "$(grep -n systemd-sysusers "$work/control/postinst" | head -n 1 | cut -d : -f 1)" -lt \
    "$(grep -n systemd-tmpfiles "$work/control/postinst" | head -n 1 | cut -d : -f 1)" ] ||
    fail "the directory is made before its user"
for script in "$work"/control/{preinst,postinst,prerm,postrm}; do
    [ -e "$script" ] || continue
    sed '/^# Automatically added by /,/^# End automatically added/d; /^#!/d; /^set -e$/d; /^$/d' \
        "$script" >"$work/own"
    [ ! -s "$work/own" ] || fail "$(basename "$script") has lines of its own: $(cat "$work/own")"
    ! grep -E 'deb-systemd-invoke.* start|userdel|rm -rf' "$script" ||
        fail "$(basename "$script") starts or removes something"
    checks=$((checks + 1))
done

# What is unpacked works, with the libraries that it depends on.
dpkg -x "$package" "$work/dest"
serai=$work/dest/usr/bin/serai
"$serai" --version >"$work/version"
grep -q "^serai  *$(sed -n '1s/.*(\(.*\)).*/\1/p' debian/changelog)$" "$work/version" ||
    fail "its version is $(head -n 1 "$work/version")"
"$work/dest/usr/bin/serai-cc" -o "$work/scout.wasm" "$work/dest/usr/share/serai/examples/scout.c"
"$serai" code check "$work/scout.wasm" >/dev/null
"$serai" site init "$work/site" >/dev/null
"$serai" site run --site "$work/site" --check-config
if command -v systemd-analyze >/dev/null; then
    unit=$(find "$work/dest" -name 'serai@.service')
    mkdir "$work/units"
    sed "s|/usr/bin/serai|$serai|" "$unit" >"$work/units/serai@here.service"
    SYSTEMD_UNIT_PATH=$work/units: systemd-analyze verify --man=no "$work/units/serai@here.service"
    checks=$((checks + 1))
fi
printf 'deb.sh: %d checks passed; %s\n' "$checks" "$(du -h "$package" | cut -f 1)"
