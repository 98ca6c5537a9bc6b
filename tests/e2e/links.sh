#!/usr/bin/env bash
# Two sites and the link between them: joined while both run, unknown keys refused, each killed, the
# wire cut; the traffic goes on and the books agree to the nano.  links.sh BUILD
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/links_lib.sh
. "$(dirname "$0")/links_lib.sh"
rogue=$build/tests/e2e/rogue

log_has() # SITE PATTERN COUNT
{
    [ "$(grep -c -- "$2" "$work/$1.log")" -ge "$3" ]
}

make_site a
make_site b "$(free_port)"
wire=$(free_port)
start_proxy "$wire" "${ports[b]}"
run_named a
run_named b
on a money in 10 >/dev/null

# A dials before B knows it: refused, said once at each end, and joined as soon as B adds it too.
add_link a b "$wire"
until_holds 5 "A is told that it is unknown" log_has a "link.not-connected" 1
sleep 3
holds "times that B told of the unknown key" "$(grep -c link.refused "$work/b.log")" 1
holds "times that A told of its refusal" "$(grep -c link.not-connected "$work/a.log")" 1
holds "the state of the link before" "$(link_field a b state)" down
add_link b a
until_holds 10 "A is up" is_state a b up
until_holds 10 "B is up" is_state b a up

# Paid packets, there and back.
sources=()
for packets in 20 200; do
    sources+=("$(load a "source$packets" \
        "packets=$packets value=1000 tolls= endowment=0.5 loop=1 via=b")")
done
sources+=("$(load a there-and-back "packets=30 value=500 tolls=7 endowment=0.2 loop=1 via=b,a")")
goes_on a b

# Each dies in the middle of it.
end_named b KILL
sleep 0.5
run_named b
goes_on a b
end_named a KILL
run_named a
goes_on a b

# The wire breaks, and is gone for three seconds; then it is slow.
say cut 0
goes_on a b
say cut 3
sleep 3
goes_on a b
say delay 0.05
goes_on a b
say delay 0

# Strangers, and a neighbour's key in wrong hands, while the traffic goes on.
endpoint=tcp://127.0.0.1:${ports[b]}
before_kb=$(held_kb "${pids[b]}")
timeout 60 "$rogue" strangers "$endpoint" "${keys[b]}" 300
[ "$(grep -c link.refused "$work/b.log")" -le 40 ] || fail "strangers fill the log"
[ $(($(held_kb "${pids[b]}") - before_kb)) -lt 30000 ] || fail "strangers fill the memory"
goes_on a b
timeout 20 "$rogue" large "$endpoint" "${keys[b]}" "$work/a"
timeout 20 "$rogue" frames "$endpoint" "${keys[b]}" "$work/a"
timeout 20 "$rogue" noise "$endpoint" "${keys[b]}" "$work/a" 200
until_holds 5 "B tells of the parcel in frames" log_has b "more than one frame" 1
until_holds 5 "B tells of the noise" log_has b "link.parcel-refused link=a" 1
goes_on a b
holds "the state of the link after the noise" "$(link_field b a state)" up

# Quiet: what one sent is what the other received.
settle a b
end_named b TERM
holds "the exit code of B after SIGTERM" "$ended" 0
end_named a TERM
holds "the exit code of A after SIGTERM" "$ended" 0
books_agree a b

# A third site joins while the two run; nothing of the first link changes.
make_site c
run_named a
run_named b
run_named c
until_holds 10 "A is up again" is_state a b up
add_link b c
add_link c b "${ports[b]}"
until_holds 10 "C is up" is_state c b up
until_holds 10 "A is up still" is_state a b up
same_totals a b
for name in a b c; do
    end_named "$name" TERM
done

# What does not start: no address of a link, or one that is taken.
make_site d
sed -i 's|^listen = ""|listen = "carrier-pigeon://a"|' "$work/d/site.toml"
exits 78 "link.listen: wants" on d site run
sed -i 's|^listen = .*|listen = "tcp://127.0.0.1:nowhere"|' "$work/d/site.toml"
exits 78 "link.listen" on d site run
run_named b
sed -i "s|^listen = .*|listen = \"$endpoint\"|" "$work/d/site.toml"
exits 74 "choose another address" on d site run
end_named b TERM

# Two daemons with one key: the link freezes and says why, and the books of B stand.
cp -r "$work/a" "$work/twin"
run_named b
run_named a
until_holds 10 "A is up" is_state a b up
for agent in "${sources[@]}"; do
    on a agent thaw "$agent" >/dev/null
done
goes_on a b
cp "$work/a.log" "$work/twin.log"
run_named twin
frozen()
{
    [ "$(link_field b a state)" = frozen ] || [ "$(link_field a b state)" = frozen ] ||
        [ "$(link_field twin b state)" = frozen ]
}
until_holds 20 "the link with two sites of one key freezes" frozen
for name in a b twin; do
    [ "$(link_field "$name" "$([ "$name" = b ] && echo a || echo b)" state)" != frozen ] ||
        printf 'frozen at %s: %s\n' "$name" \
            "$(link_field "$name" "$([ "$name" = b ] && echo a || echo b)" reason)"
done
for name in twin a b; do
    end_named "$name" TERM
    on "$name" audit verify >/dev/null || fail "the books of $name do not verify"
done
passed
