#!/usr/bin/env bash
# Two sites, and the socket of one leads to the other: nothing that the other says is taken.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

other=$SERAI_SITE.other
"$serai" site init "$other" >/dev/null
new_site
start_site
key=$("$serai" site key)
its=$("$serai" site key --site "$other")
ln -s "$SERAI_SITE/control.sock" "$other/control.sock"
at_other() { "$serai" "$@" --site "$other"; }

# ---- reads ----
for command in 'agent ls' 'price show' 'site status' 'customer ls'; do
    # shellcheck disable=SC2086
    exits 77 "is site $key, not $its" at_other $command
    holds "lines of $command" "$(wc -l <"$work/said")" 1
done
exits 77 "is site $key, not $its" "$serai" agent ls --site-key "$its"
"$serai" agent ls --site-key "$key" >/dev/null
exits 77 "not $its" "$serai" price show --site "$SERAI_SITE/control.sock" --site-key "$its"

# ---- a command, and what is kept of it ----
exits 77 "is site $key, not $its" at_other money in 5
grep -q 'request is kept' "$work/said" || fail 'nobody says that the request is kept'
[ -s "$other/operator.key.pending" ] || fail 'the request is not kept'
exits 77 "is site $key, not $its" at_other money in 5 --retry
[ -s "$other/operator.key.pending" ] || fail 'the answer of another site settled it'
holds "the cash of the site that answered" "$("$serai" site status --json | jq -r .minted)" \
    0.000000000
stop_site TERM

# ---- the right one answers ----
rm -f "$other/control.sock"
export SERAI_SITE=$other
start_site
"$serai" money in 5 --retry >/dev/null
holds "the cash" "$("$serai" site status --json | jq -r .minted)" 5.000000000
stop_site TERM
verify
passed
