#!/usr/bin/env bash
# `serai --version` tells the program's version and the formats, as the build file, the change log
# and the pages of the formats have them.  version.sh BUILD
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)

version=$(sed -n 's/^project(serai VERSION \([0-9.]*\) .*/\1/p' "$root/CMakeLists.txt")
told=$("$serai" --version --json)
number() { jq -r ".$1" <<<"$told"; }
holds 'the version' "$(number serai)" "$version"
grep -q "^## $version\b" "$root/CHANGELOG.md" || fail "CHANGELOG.md does not know $version"

# says PAGE PATTERN: a line of the page holds it.
says() { grep -q -- "$2" "$root/$1" || fail "$1 does not say \"$2\""; }
says CHANGELOG.md "^| guest ABI | $(number guest_abi) |"
says docs/guest-abi.md "^# The guest ABI, version $(number guest_abi)$"
says CHANGELOG.md "^| fuel table | fuel-$(number fuel_table) |"
says docs/fuel.md "fuel-$(number fuel_table)"
says CHANGELOG.md "^| wire between sites | $(number wire) |"
says docs/wire.md "^# The wire between sites, version $(number wire)$"
says CHANGELOG.md "^| store | $(number store) |"
says docs/records.md "as a le32: $(number store)\."
says CHANGELOG.md "^| JSON of commands | $(number json) |"
says docs/json.md "^# The JSON that commands print, version $(number json)$"
says CHANGELOG.md "^| journal | $(number journal) |"
says docs/records.md "format id, .0x53$(printf %02x "$(number journal)")"


# Rows of one part and the stored price book have numbers of their own, which are not told.
constant()
{
    grep -rhwoE --include='*.[ch]' --exclude-dir=build "$1 = [0-9]+" "$root" | sed 's/.* //'
}
says CHANGELOG.md "^| rows of agents | $(constant ROW_VERSION) |"
says CHANGELOG.md "^| stored price book | $(constant BOOK_FORMAT) |"

# The same for people, by either word; without a site, and nothing else beside it.
holds 'the text' "$("$serai" --version | sed -n 's/^serai  *//p')" "$version"
holds 'the text by the other word' "$("$serai" version)" "$("$serai" --version)"
holds 'the number of lines' "$("$serai" --version | wc -l)" 8
exits 64 'takes --json and nothing else' "$serai" --version --site "$work"
exits 64 'takes --json and nothing else' "$serai" version --json --json
exits 74 'could not be written' sh -c "'$serai' --version >/dev/full"

echo "$checks checks"
