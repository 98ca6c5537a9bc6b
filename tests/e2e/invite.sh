#!/usr/bin/env bash
# Joining by invitation, between real daemons: both ends are made by one command; an invitation that
# was used, is late, was revoked, was changed on the way or is of another site is refused by name.
# invite.sh BUILD
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/links_lib.sh
. "$(dirname "$0")/links_lib.sh"

make_site a "$(free_port)"
make_site b
make_site c
run_named a
run_named b
run_named c

# invite OPTION...: at A; the invitation alone.
invite() { on a link invite --limit 25 "$@" 2>/dev/null; }

state_of() # NUMBER
{
    on a link invites --json | jq -r "select(.invitation == $1) | .state"
}

exits 64 'wants --limit' on a link invite
exits 64 'a time is as' on a link invite --limit 1 --for 0h
exits 64 'a time is as' on a link invite --limit 1 --for 24
exits 64 'at most 366 days' on a link invite --limit 1 --for 400d
exits 64 'wants tcp://HOST:PORT' on a link invite --limit 1 --endpoint nowhere
exits 1 'listens nowhere' on b link invite --limit 1
exits 1 'the limits of all links' on a link invite --limit 999999999
exits 1 'a name has' on a link invite --limit 1 --name '0'
on a customer add ada --new "$work/ada.key" >/dev/null
exits 77 'operator' on a link invite --limit 1 --key "$work/ada.key"
exits 77 'operator' on a link invites --key "$work/ada.key"
holds "invitations so far" "$(on a link invites --json | wc -l)" 0

# One command there, and both ends are up.  No character of the text means anything to a shell.
uri=$(invite --name laptop)
holds "what no shell reads in it" "$(tr -d 'A-Za-z0-9:/._-' <<<"$uri")" ""
holds "the secret at A" "$(grep -rlF "${uri##*/}" "$work/a" | wc -l)" 0
holds "the first invitation" "$(state_of 1)" open
exits 1 'that of an open invitation' on a link invite --limit 1 --name laptop
exits 1 'that of an open invitation' on a link add laptop --key "${keys[b]}" --limit 1
exits 1 "own invitation" on a link join "$uri"
exits 64 'a name has' on b link join "$uri" --name 0
on b link join "$uri" --name inn >"$work/said"
until_holds 10 "A is up" is_state a laptop up
until_holds 10 "B is up" is_state b inn up
holds "the limit at A" "$(link_field a laptop limit)" 25.000000000
holds "the limit at B" "$(link_field b inn limit)" 25.000000000
holds "... and A's is known there" "$(link_field b inn peer_limit)" 25.000000000
holds "the invitation" "$(state_of 1)" used
holds "by whom" "$(on a link invites --json | jq -r 'select(.invitation == 1) | .peer')" \
    "${keys[b]}"

# Used twice: by another site it is refused, by the same it is one link still.
exits 1 'was used already, by another site' on c link join "$uri"
holds "links of C" "$(on c link ls --json | wc -l)" 0
exits 1 'has a link to the one that invites: inn' on b link join "$uri"
exits 1 'is used already' on a link revoke 1

# An answer that was lost: B's end is made when it asks again.
on b link remove inn >/dev/null
on b link join "$uri" --name again --limit 30 >/dev/null
until_holds 10 "B is up again" is_state b again up
hears_of_limit() { [ "$(link_field a laptop peer_limit)" = 30.000000000 ]; }
until_holds 10 "A hears of the limit" hears_of_limit

# Revoked, late, unknown; changed on the way.
uri=$(invite)
on a link revoke 2 >/dev/null
exits 1 'was revoked' on c link join "$uri"
exits 1 'is revoked already' on a link revoke 2
exits 66 'there is no invitation 9' on a link revoke 9
uri=$(invite --for 1s)
sleep 2.5
exits 1 'is late: it ended' on c link join "$uri"
holds "the late one" "$(state_of 3)" late
uri=$(invite)
for wrong in "${uri%?}" "${uri%????}" "${uri}A" "${uri/25-SRI/99-SRI}" "${uri/25-SRI/25-EUR}" \
    "${uri/127.0.0.1/127.0.0.2}" "$(rev <<<"${uri##*/}" | sed "s|^|${uri%/*}/|")"; do
    exits 65 'was changed or lost on the way' on c link join "$wrong"
done
exits 65 'begins with serai://' on c link join "http://127.0.0.1/x"
exits 65 'no whole invitation' on c link join "serai://127.0.0.1"

# A site that never made it knows nothing of it; where nobody is, that is said.
make_site d "$(free_port)"
run_named d
elsewhere=$(on a link invite --limit 25 --endpoint "tcp://127.0.0.1:${ports[d]}" 2>/dev/null)
exits 1 'is not the site that made the invitation\|does not know this invitation' \
    on c link join "$elsewhere"
holds "links of C still" "$(on c link ls --json | wc -l)" 0

# It outlives a kill of the site that made it; with other money there is no link.
uri=$(invite)
end_named a KILL
exits 75 'no site answers' on c link join "$uri"
run_named a
sed -i 's/^currency = "SRI"/currency = "EUR"/' "$work/d/prices.toml"
end_named d TERM
rm -rf "$work/d"
make_site d
sed -i 's/^currency = .*/currency = "EUR"/' "$work/d/prices.toml"
run_named d
exits 1 'currencies differ' on d link join "$uri"
on c link join "$uri" >/dev/null
name=site-${keys[a]:0:8}
until_holds 10 "C is up" is_state c "$name" up
until_holds 10 "A knows C" is_state a "site-${keys[c]:0:8}" up

# Strangers are no more welcome than before.
exits 0 '' grep -q 'link.join-refused' "$work/a.log"

end_named a TERM
end_named b TERM
end_named c TERM
books_agree a b
passed
