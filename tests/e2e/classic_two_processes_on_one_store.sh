#!/usr/bin/env bash
# A classic failure of payment links: two processes on one store, each of which pays from the same
# balance.  Here the second one is refused, whatever it is; and a copy of the directory, which no
# lock can see, is found out by the peer before anything of it counts.
# classic_two_processes_on_one_store.sh BUILD
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/links_lib.sh
. "$(dirname "$0")/links_lib.sh"

make_site a "$(free_port)"
make_site b "$(free_port)"
run_named a
run_named b
join_in_traffic "${ports[b]}"

# A second daemon, and a command that would write the books itself.
exits 75 '' on a site run
exits 75 '' on a money in 1 --offline
goes_on a b

# A copy that was made while it ran, under the same key: the true one goes on.
on b agent freeze "$at_b" >/dev/null
settle a b
mkdir "$work/copy"
cp -r "$work/a/." "$work/copy/"
rm -f "$work/copy/control.sock" "$work/copy/store/lock"
sed -i "s|^listen = .*|listen = \"\"|" "$work/copy/site.toml"
for agent in "${sources[@]}"; do on a agent thaw "$agent" >/dev/null; done
on b agent thaw "$at_b" >/dev/null
end_named a TERM
run_named a
until_holds 20 "A is up" is_state a b up
goes_on a b
keys[copy]=${keys[a]}
run_named copy
until_holds 20 "the copy is frozen" is_state copy b frozen
exits 0 'another site runs with our key\|restored from a backup' on copy link ls
until_holds 20 "A is up still, or again" is_state a b up
end_named copy TERM
goes_on a b
on b agent freeze "$at_b" >/dev/null
settle a b
end_named a TERM
end_named b TERM
books_agree a b
passed
