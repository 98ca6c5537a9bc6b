#!/usr/bin/env bash
# Alerts and dashboard of ops/: the rules are rules, each fires when it should, and each question of
# the dashboard is one that Prometheus can answer.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/serai-ops-XXXXXX")
trap 'rm -rf "$work"' EXIT

command -v promtool >/dev/null && command -v jq >/dev/null || {
    echo "skipped: promtool (package prometheus) or jq is not installed"
    exit 77
}

promtool check rules "$root/ops/prometheus/serai.rules.yml"
promtool test rules "$root/ops/prometheus/serai.test.yml"

# Each alert is in the test, fires there at least once, and is in the document.
while read -r alert; do
    grep -q "alertname: $alert }" "$root/ops/prometheus/serai.test.yml" ||
        { echo "no test says when $alert is silent"; exit 1; }
    grep -A1 "alertname: $alert\$" "$root/ops/prometheus/serai.test.yml" | grep -q exp_alerts ||
        { echo "no test sees $alert fire"; exit 1; }
    grep -q "\`$alert\`" "$root/docs/metrics.md" ||
        { echo "docs/metrics.md does not tell of $alert"; exit 1; }
done < <(sed -n 's/^ *- alert: //p' "$root/ops/prometheus/serai.rules.yml")

# The dashboard's questions, its variables filled in, as rules.
jq -r '[.panels[] | .targets[]?.expr] | to_entries[] | [.key, .value] | @tsv' \
    "$root/ops/grafana/serai.json" >"$work/questions"
[ "$(wc -l <"$work/questions")" -gt 20 ] || { echo "the dashboard asks nothing"; exit 1; }
{
    printf 'groups:\n  - name: dashboard\n    rules:\n'
    while IFS=$'\t' read -r number question; do
        question=${question//\$job/serai}
        question=${question//\$site/.*}
        question=${question//\$__rate_interval/1m}
        case $question in *\$*) echo "what is in $question?" >&2; exit 1 ;; esac
        printf '      - { record: "dashboard:q%s", expr: %s }\n' "$number" \
            "$(jq -n --arg text "$question" '$text')"
    done <"$work/questions"
} >"$work/dashboard.yml"
promtool check rules "$work/dashboard.yml"
