#!/usr/bin/env bash
# Exports with planted faults: each is found and named, and a damaged export is refused.
# reconcile.sh BUILD
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

key_a=$(printf 'a1%.0s' {1..32})
key_b=$(printf 'b2%.0s' {1..32})

# export_of KEY INTERFACE NEIGHBOUR: ten messages of 100 nanos each way, with odd sequences.
export_of()
{
    local out=$((256 + 4 * $2)) seq

    printf '{"type":"site","key":"%s","currency":"SRI"}\n' "$1"
    printf '{"type":"link","interface":%d,"name":"x","key":"%s","sent":"0","received":"0"}\n' \
        "$2" "$3"
    for seq in 1 3 5 7 9 11 13 15 17 19; do
        printf '{"frame":%d,"debit_id":49,"credit_id":%d,"code":"sent over a link",' "$seq" "$out"
        printf '"amount":"0.000000100","object":"%d"}\n' "$seq"
        printf '{"frame":%d,"debit_id":%d,"credit_id":4097,' "$seq" $((out + 1))
        printf '"code":"received over a link","amount":"0.000000100","object":"%d"}\n' "$seq"
        printf '{"frame":%d,"debit_id":4097,"credit_id":16,"code":"compute",' "$seq"
        printf '"amount":"0.000000003","object":"0"}\n'
    done
}

export_of "$key_a" 2 "$key_b" >"$work/a"
export_of "$key_b" 1 "$key_a" >"$work/b"

# planted CODE PATTERN SED: B's export changed so.
planted()
{
    sed "$3" "$work/b" >"$work/changed"
    cmp -s "$work/b" "$work/changed" && fail "$3 changes nothing"
    exits "$1" "$2" "$serai" audit reconcile "$work/a" "$work/changed"
}

turned='{"frame":7,"debit_id":261,"credit_id":4097,"code":"received over a link",'
turned+='"amount":"0.000000100","object":"7"}'

exits 0 'A to B  matched  *10  *0.000001000 SRI' "$serai" audit reconcile "$work/a" "$work/b"
exits 0 'B to A  faults  *0' "$serai" audit reconcile "$work/a" "$work/b"
holds "the verdict in JSON" \
    "$("$serai" audit reconcile "$work/a" "$work/b" --json | jq -c '[.ok, .b_to_a.sent_sum]')" \
    '[true,"0.000001000"]'

planted 1 'A to B  seq 7  sent and never received: missing in B' '/received.*"object":"7"/d'
planted 1 'B to A  seq 7  received and never sent: missing in B' '/sent over.*"object":"7"/d'
planted 1 'A to B  seq 7  the amount differs  sent 0.000000100  received 0.000000101' \
    '/received.*"object":"7"/s/0100"/0101"/'
planted 1 'A to B  seq 7  received twice: too many in B' '/received.*"object":"7"/p'
planted 1 'B to A  seq 7  sent twice: too many in B' '/sent over.*"object":"7"/p'
planted 1 'B to A  seq 7  received and never sent' \
    "/sent over.*\"object\":\"7\"/s/.*/$turned/"
planted 0 'A to B  in flight  *2  *0.000000200 SRI  seq 17 to 19' \
    '/received.*"object":"1[79]"/d'
planted 1 "past the end of B's book" '/sent over.*"object":"19"/d'
# The link's own row says that 19 was taken: it is no longer in flight.
planted 1 'A to B  seq 19  sent and never received' \
    '/received.*"object":"19"/d;s/"received":"0"/"received":"19"/'

# Damage and mix-ups are told apart from discrepancies.
planted 65 'line 5: it is no JSON object' '5s/}$//'
planted 65 "line 1: the site's key is no key" '1s/b2/xx/'
planted 65 'counts in SRI' '1s/SRI/EUR/'
planted 65 'moved by something else than a message' 's/sent over a link/money in/'
planted 66 'has no link to' '2s/"key":"a1/"key":"a2/'
planted 65 'does not say whose books' '1d'
sed 1,2d "$work/a" >"$work/bare"
exits 0 'faults  *0' "$serai" audit reconcile "$work/bare" "$work/b" --interface-a 2 --interface-b 1
head -c -1 "$work/a" >"$work/cut"
exits 65 'it is cut off' "$serai" audit reconcile "$work/cut" "$work/b"
exits 64 'books of one site' "$serai" audit reconcile "$work/a" "$work/a"
exits 66 'is no export' "$serai" audit reconcile "$work/a" "$work/none"
exits 64 'interfaces of links are 1 to' \
    "$serai" audit reconcile "$work/a" "$work/b" --interface-a 0
passed
