#!/usr/bin/env bash
# Figures of a link with money on it: those of `link ls`, to the nano, and of both sites alike.
# metrics_links.sh BUILD
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/links_lib.sh
. "$(dirname "$0")/links_lib.sh"

make_site a
make_site b "$(free_port)"
for name in a b; do
    sed -i '/^\[metrics\]/,/^\[/ s|^# listen = .*|listen = "unix:metrics.sock"|' \
        "$work/$name/site.toml"
    run_named "$name"
done
on a money in 10 >/dev/null
add_link b a
add_link a b "${ports[b]}"
until_holds 10 "A is up" is_state a b up

# figure SITE SAMPLE: its number now.
figure()
{
    curl -sS -m 10 --unix-socket "$work/$1/metrics.sock" http://localhost/metrics |
        awk -v sample="$2" 'substr($0, 1, length($0) - length($NF) - 1) == sample { print $NF }'
}

is_figure() # SITE SAMPLE NUMBER
{
    [ "$(figure "$1" "$2")" = "$3" ]
}

# nanos AMOUNT: "0.020000000" as whole nanos.
nanos()
{
    local digits=${1/./}

    digits=${digits#"${digits%%[!0]*}"}
    printf '%s' "${digits:-0}"
}

load a source "packets=20 value=1000 tolls= endowment=0.5 via=b" >/dev/null
until_holds 20 "packets cross" has_received b a 20
until_holds 20 "all is acknowledged" is_quiet a b

# What is told of a link by the daemon is what is told of it by the command.
for site in a b; do
    peer=$([ "$site" = a ] && echo b || echo a)
    until_holds 20 "$site has sent the last" is_quiet "$site" "$peer"
    for direction in sent received; do
        total=$(nanos "$(link_field "$site" "$peer" "${direction}_total")")
        until_holds 10 "$direction of $site" is_figure "$site" \
            "serai_link_${direction}_nanos_total{link=\"$peer\"}" "$total"
    done
    until_holds 10 "the messages that $site sent" is_figure "$site" \
        "serai_link_sent_messages_total{link=\"$peer\"}" "$(link_field "$site" "$peer" sent)"
    until_holds 10 "the debt of $site" is_figure "$site" \
        "serai_link_owed_nanos{link=\"$peer\",by=\"self\"}" \
        "$(nanos "$(link_field "$site" "$peer" we_owe)")"
    until_holds 10 "the debt to $site" is_figure "$site" \
        "serai_link_owed_nanos{link=\"$peer\",by=\"peer\"}" \
        "$(nanos "$(link_field "$site" "$peer" it_owes)")"
    until_holds 10 "what is in flight from $site" is_figure "$site" \
        "serai_link_in_flight_nanos{link=\"$peer\"}" 0
    holds "the state at $site" "$(figure "$site" "serai_link_state{link=\"$peer\",state=\"up\"}")" 1
    for by in self peer; do
        holds "the limit of $by at $site" \
            "$(figure "$site" "serai_link_limit_nanos{link=\"$peer\",by=\"$by\"}")" 1000000000000
    done
done
[ "$(figure a 'serai_link_owed_nanos{link="b",by="self"}')" -gt 0 ] || fail "A owes B nothing"
holds "A's debt as B has it" "$(figure b 'serai_link_owed_nanos{link="a",by="peer"}')" \
    "$(figure a 'serai_link_owed_nanos{link="b",by="self"}')"

# The peer goes, and the link is down.
end_named b TERM
until_holds 20 "the link is down" is_figure a 'serai_link_state{link="b",state="down"}' 1
holds "the state that it was in" "$(figure a 'serai_link_state{link="b",state="up"}')" 0
end_named a TERM
passed
