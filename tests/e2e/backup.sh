#!/usr/bin/env bash
# A backup of a site in full traffic is one frame's books, checked; a restore makes that site again
# in another directory, says what becomes of its links, and they do.  backup.sh BUILD
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/links_lib.sh
. "$(dirname "$0")/links_lib.sh"

make_site a
make_site b "$(free_port)"
run_named a
run_named b
join_in_traffic "${ports[b]}"

# ---- a backup while messages cross ----
on b site backup "$work/first" --json >"$work/said"
holds "whether there are keys in it" "$(jq -r .keys "$work/said")" false
[ "$(jq -r .lines "$work/said")" -gt 10 ] || fail "the backup has no lines"
holds "the head that its books end with" \
    "$("$serai" audit verify --site "$work/first" --json | jq -r .head)" \
    "$(jq -r .head "$work/said")"
exits 0 '^balance\|^account\|treasury' "$serai" ledger accounts --site "$work/first"
for secret in site.key operator.key operator.key.number marker redo control.sock; do
    [ ! -e "$work/first/$secret" ] || fail "the backup has $secret"
done
exits 1 'choose another directory' on b site backup "$work/first"
on b site backup "$work/whole" --keys >"$work/said"
grep -q 'whoever reads it is this site' "$work/said" || fail "the keys are not named"
holds "who may read the key" "$(stat -c %a "$work/whole/site.key")" 600
holds "who may look into the backup" "$(stat -c %a "$work/whole")" 700
goes_on a b
goes_on a b

# ---- what is no backup is refused, and nothing is made ----
restore() { "$serai" site restore "$@"; }
exits 66 'backup.txt: it is no backup' restore "$work/a" --site "$work/new"
exits 66 'keys-from' restore "$work/first" --site "$work/new" --yes
exits 65 'the key of another site' \
    restore "$work/first" --keys-from "$work/a" --site "$work/new" --yes
cp -r "$work/first" "$work/mixed"
cp "$work/whole/store/data.mdb" "$work/mixed/store/data.mdb"
exits 65 'of two backups' restore "$work/mixed" --keys-from "$work/b" --site "$work/new" --yes
cp -r "$work/whole" "$work/rotten"
"$build/tests/e2e/damage" "$work/rotten/store" account >/dev/null
exits 1 'account' restore "$work/rotten" --site "$work/new" --yes
exits 1 'nothing was done: --yes' restore "$work/whole" --site "$work/new"
grep -q '^link  *a: sent up to message [0-9]' "$work/said" || fail "the plan does not name the link"
[ ! -e "$work/new" ] || fail "something was made"
exits 1 'a restore replaces nothing' restore "$work/whole" --site "$work/a" --yes

# ---- the disk of B is gone; its backup becomes B ----
end_named b KILL
rm -rf "$work/b"
exits 0 'restored' restore "$work/first" --keys-from "$work/whole" --site "$work/b" --yes
run_named b
holds "the key of B" "$(on b site key --json | jq -r .site)" "${keys[b]}"
until_holds 20 "A has frozen the link, or B has" one_has_frozen a b
on a link freeze b >/dev/null
on b link freeze a >/dev/null
on a link accept-loss b >/dev/null
on b link accept-loss a >/dev/null
until_holds 20 "A has B's position" has_pair a b
until_holds 20 "B has A's position" has_pair b a
code=$(shown a b .loss_pair)
on a link accept-loss b --accept "$code" >/dev/null
on b link accept-loss a --accept "$code" >/dev/null
until_holds 30 "B is up again" is_state b a up
for name in a b; do
    end_named "$name" TERM
    holds "the exit code of $name" "$ended" 0
done
exits 0 '= minted' "$serai" audit network "$work/a" "$work/b"
passed
