# Two sites that are joined, one of them with the page and agents of all kinds; sourced after
# tests/e2e/lib.sh and links_lib.sh.
# shellcheck shell=bash disable=SC2154  # of those two

# What strangers may write: names are bounded by the site, the lines of an agent's log are not.
hostile_words=('<img src=x onerror="window.ran=1">' '"><script>window.ran=2</script>'
    "'-alert(1)-'&amp;\${window.ran=3}" $'\x1b[31mred\x07 \xff\xfe <b>bold</b>')

# make_sites: `inn` serves the page at $page_port, and is linked to `ferry`.
make_sites()
{
    page_port=$(free_port)
    make_site inn
    make_site ferry "$(free_port)"
    sed -i "/^\[metrics\]/,/^\[/ {
        s|^# listen = .*|listen = \"127.0.0.1:$page_port\"|
        s|^# page = .*|page = \"yes\"|
    }" "$work/inn/site.toml"
    run_named inn
    run_named ferry
    on inn money in 2500 >/dev/null
    on ferry money in 100 >/dev/null
    add_link ferry inn
    add_link inn ferry "${ports[ferry]}"
    until_holds 20 "the link is up" is_state inn ferry up
    on inn link set ferry --soft-limit 700 >/dev/null
}

# settle_agents: a market of agents that live, one that has stopped, one that runs dry.
settle_agents()
{
    local n words shouter

    for n in 1 2 3; do
        on inn agent deploy "$examples/service.wasm" --with "$examples/customer.wasm" \
            --name "words-$n" --money 2 --args "calls=$((n * 40)) endowment=0.5" >/dev/null
    done
    on inn agent deploy "$examples/spender.wasm" --name spender --money 0.8 \
        --args "burn=1 work=200000" >/dev/null
    on inn agent deploy "$examples/spender.wasm" --name candle --money 0.02 \
        --args "burn=1 work=100000 mark=0.001" >/dev/null
    on inn agent deploy "$examples/spender.wasm" --name ember --money 0.0006 \
        --args "burn=1 work=100000 mark=0" >/dev/null
    on inn agent deploy "$examples/spender.wasm" --name warehouse --money 40 \
        --args "burn=0 buffers=2" >/dev/null
    on inn agent deploy "$examples/forwarder.wasm" --name caravan --money 9 \
        --args "packets=60 value=40000000 tolls= endowment=0.5 via=ferry" >/dev/null
    on inn customer add ada --new "$work/ada.key" >/dev/null
    on inn money in 120 --customer ada >/dev/null
    on inn agent deploy "$examples/spender.wasm" --name loom --money 30 --key "$work/ada.key" \
        --args "burn=1 work=400000" >/dev/null
    shouter=$(on inn agent deploy "$build/tests/page/shouter.wasm" --name shouter --money 1 \
        --args "hello" --json | jq -r .agent)
    for words in "${hostile_words[@]}"; do
        on inn agent send "$shouter" "$words" >/dev/null
    done
    on inn agent deploy "$examples/spender.wasm" --name archive --money 5 --args "burn=0" >/dev/null
    on inn agent freeze archive >/dev/null
}
