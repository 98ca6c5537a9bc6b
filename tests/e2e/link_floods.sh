#!/usr/bin/env bash
# A neighbour that sends what it may not, over connections of its own: a message of endless parts,
# and many connections of its key at once.  The daemon holds no more than its bounds, ends them, and
# goes on with whoever keeps to the rules.  link_floods.sh BUILD
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/links_lib.sh
. "$(dirname "$0")/links_lib.sh"
rogue=$build/tests/e2e/rogue

open_files()
{
    find "/proc/${pids[b]}/fd" -mindepth 1 | wc -l
}

# no_more WHAT THEN KB: the daemon never had so much more memory than before.
no_more()
{
    tells 12 "held of $1" "$2" $(($(most_kb) - before_kb)) "$3" kB
}

attacked_by_a
before_files=$(open_files)

exits 1 '' timeout 30 "$rogue" drip "$endpoint" "${keys[b]}" "$work/a" 1500
no_more "parts that come one by one, by a daemon" "18 KiB each" 4000
exits 0 '' timeout 30 "$rogue" parts "$endpoint" "${keys[b]}" "$work/a" 100
no_more "a message of endless parts, by a daemon" "3 GiB and more" 12000
holds "how often B told of it" "$(grep -c 'link.parcel-refused.*no end' "$work/b.log")" 1
exits 0 '' timeout 30 "$rogue" crowd "$endpoint" "${keys[b]}" "$work/a" 20
no_more "20 connections of one key, by a daemon" "2 GiB (60 of them)" 12000
[ $(($(open_files) - before_files)) -lt 12 ] || fail "a crowd leaves descriptors: $(open_files)"

# C never noticed, and A is let in as soon as it behaves.
holds "how often C was cut off" "$(grep -c 'link.state.*down' "$work/c.log")" 0
holds "the state of C's link" "$(link_field b c state)" up
sed -i "s|^listen = .*|listen = \"\"|" "$work/a/site.toml"
run_named a
add_link a b "${ports[b]}"
until_holds 10 "A is up" is_state a b up
for name in a b c; do
    end_named "$name" TERM
    holds "the exit code of $name" "$ended" 0
done
passed
