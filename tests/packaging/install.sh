#!/usr/bin/env bash
# `cmake --install` into an empty root: every file that belongs to an installed Serai, and what
# works out of it.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"
root=$work/dest

# installs PREFIX: the build under PREFIX, below $root
installs()
{
    rm -rf "$root"
    DESTDIR=$root cmake --install "$build" --prefix "$1" >"$work/installed" ||
        fail "it does not install"
}

installs /opt/serai
grep -q '^ExecStart=/opt/serai/bin/serai site run ' \
    "$root/opt/serai/lib/systemd/system/serai@.service" || fail "the unit has another program"

installs /usr
for file in bin/serai bin/serai-cc lib/systemd/system/serai@.service lib/sysusers.d/serai.conf \
    lib/tmpfiles.d/serai.conf share/man/man1/serai.1 share/man/man1/serai-cc.1 \
    share/bash-completion/completions/serai share/zsh/site-functions/_serai \
    share/fish/vendor_completions.d/serai.fish share/doc/serai/examples/site.toml \
    share/doc/serai/examples/prices.toml share/serai/sdk/serai.h share/serai/sdk/vat/vat.h \
    share/serai/agents/t.wasm share/serai/examples/scout.c share/serai/examples/cpp/shop.cpp \
    share/serai/sdk/serai.hpp share/serai/sdk/rust/src/lib.rs share/serai/sdk/rust/config.toml \
    share/serai/sdk/assemblyscript/package-lock.json; do
    [ -s "$root/usr/$file" ] || fail "usr/$file is not installed"
    checks=$((checks + 1))
done
holds "keys among them" "$(find "$root" -name '*.key' -o -name '*.pub' -o -name '*.mdb')" ""
holds "places of this machine" "$(grep -rlI -e "$work" -e "$PWD" "$root" | head -n 1)" ""
holds "the version" "$("$root/usr/bin/serai" --version)" "$("$serai" --version)"

# The SDK is found where it lies, and what it builds is taken.
"$root/usr/bin/serai-cc" -o "$work/scout.wasm" "$root/usr/share/serai/examples/scout.c"
exits 0 'serai_turn' "$root/usr/bin/serai" code check "$work/scout.wasm"
"$root/usr/bin/serai-cc" -o "$work/shop.wasm" "$root/usr/share/serai/examples/cpp/shop.cpp"
exits 0 'serai_turn' "$root/usr/bin/serai" code check "$work/shop.wasm"

# The examples are a configuration.
cp "$root"/usr/share/doc/serai/examples/*.toml "$work"
"$root/usr/bin/serai" site init "$work/site" >/dev/null
cp "$work"/*.toml "$work/site"
exits 0 'the configuration is good' "$root/usr/bin/serai" site run --check-config

# The user and the directory that the unit wants.
if command -v systemd-sysusers >/dev/null && command -v systemd-tmpfiles >/dev/null; then
    mkdir -p "$root/etc"
    systemd-sysusers --root="$root" 2>"$work/said" || fail "sysusers: $(cat "$work/said")"
    grep -q '^serai:.*:/var/lib/serai:/usr/sbin/nologin$' "$root/etc/passwd" ||
        fail "no user is made"
    if [ "$(id -u)" -eq 0 ]; then
        systemd-tmpfiles --root="$root" --create 2>"$work/said" ||
            fail "tmpfiles: $(cat "$work/said")"
        holds "the owner of the sites' directory" "$(stat -c %u "$root/var/lib/serai")" \
            "$(grep '^serai:' "$root/etc/passwd" | cut -d : -f 3)"
        holds "its mode" "$(stat -c %a "$root/var/lib/serai")" 755
    fi
fi
passed
