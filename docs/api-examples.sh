#!/usr/bin/env bash
# One example per HTTP function. docs/api.md shows them (scripts/docs copies them there), and a test runs them from top
# to bottom against the local Azure, each in a bash of its own in one folder, and waits in between for what it started.
# `#: name` begins the example of the function `name`. `API`, `KEY` and `LINK` come from the environment.
set -euo pipefail

# What every example begins with:
auth=(-H "x-functions-key: $KEY" -H "Content-Type: application/json")

#: get_health
curl -sS "$API/health"

#: get_openapi
curl -sS "$API/openapi.json" | jq -r '.paths | keys[]'

#: get_docs
curl -sS "$API/docs"                                  # for a browser

#: get_docs_asset
curl -sS "$API/docs/start.js"                         # what that page loads

#: get_whoami
curl -sS "${auth[@]}" "$API/whoami"

#: create_or_update_registry
curl -sS "${auth[@]}" -X PUT "$API/registries/demo" -d '{"tags": {"team": "payments"}}' | tee answer.json

#: get_operation
id=$(jq -r .operation.id answer.json)
curl -sS "${auth[@]}" "$API/operations/$id?wait=30" | jq '{status, percentComplete, error}'

#: get_registry
curl -sS "${auth[@]}" "$API/registries/demo" | jq '{loginServer, provisioningState, health}'

#: get_registry_health
curl -sS "${auth[@]}" "$API/registries/demo/health?history=24h" | jq '{state, message, fix, uptime, incidents: .history.incidents}'

#: check_registry_health
curl -sS "${auth[@]}" -X POST "$API/registries/demo/health/check" | jq '{state, code, message, fix, checks}'

#: get_metrics
curl -sS "${auth[@]}" "$API/metrics"

#: mute_registry
curl -sS "${auth[@]}" -X POST "$API/registries/demo/health/mute" -d '{"for": "PT2H", "reason": "the network moves"}' | jq -r .until

#: unmute_registry
curl -sS "${auth[@]}" -X DELETE "$API/registries/demo/health/mute"

#: list_registries
curl -sS "${auth[@]}" "$API/registries?maxpagesize=50" | jq -r '.value[] | "\(.name)\t\(.loginServer)"'

#: update_registry
patch='{"readOnly": true, "tags": {"trial": null}}'     # null takes one tag away
curl -sS "${auth[@]}" -X PATCH "$API/registries/demo?dryRun=true" -d "$patch" | jq '{changes, steps, restarts}'
curl -sS "${auth[@]}" -X PATCH "$API/registries/demo" -d "$patch" | jq '{restarts, operation}' | tee answer.json
id=$(jq -r .operation.id answer.json)
curl -sS "${auth[@]}" "$API/operations/$id?wait=60" | jq -r .status

#: restart_registry
curl -sS "${auth[@]}" -X POST "$API/registries/demo/restart" | jq -r .operation.url

#: create_or_update_user
curl -sS "${auth[@]}" -X PUT "$API/registries/demo/users/ci" -d '{"description": "builds", "expiresAfter": "P90D"}' | tee user.json
id=$(jq -r .operation.id user.json)                   # when this has succeeded, the registry knows the password
curl -sS "${auth[@]}" "$API/operations/$id?wait=30" | jq -r .status

#: get_user
curl -sS "${auth[@]}" "$API/registries/demo/users/ci" | jq '{state, syncing}'

#: list_users
curl -sS "${auth[@]}" "$API/registries/demo/users" | jq -r '.value[].username'

#: update_user
curl -sS "${auth[@]}" -X PATCH "$API/registries/demo/users/ci" -d '{"disabled": false, "expiresAfter": "P180D"}' | jq -r .expiresOn

#: list_operations
curl -sS "${auth[@]}" "$API/operations?registry=demo&status=Succeeded" | jq -r '.value[] | "\(.kind)\t\(.endedAt)"'

#: get_health_report
curl -sS "${auth[@]}" "$API/reports/health?period=7d&format=markdown" | tee report.md
curl -sS "${auth[@]}" "$API/reports/health?format=html" > report.html   # one file: opens anywhere, prints well

#: list_health_reports
curl -sS "${auth[@]}" "$API/reports" | tee reports.json | jq -r '.value[] | "\(.id)\t\(.verdict)"'

#: get_kept_health_report
id=$(jq -r '.value[0].id // empty' reports.json)        # there is none before the first morning
[[ -z $id ]] || curl -sS "${auth[@]}" "$API/reports/health/$id" | jq '{verdict, uptime, problems, todo}'

#: list_audit
curl -sS "${auth[@]}" "$API/audit?registry=demo&format=csv" | tee audit.csv

#: create_status_link
curl -sS "${auth[@]}" -X POST "$API/status/links" -d '{"expiresAfter": "P30D", "registry": "*"}' | tee link.json

#: open_status_link
# what the page does with a link: what stands behind the # becomes a cookie
curl -sS -X POST -c cookies.txt "$API/status" --data-urlencode "token=$(jq -r .url link.json)"

#: run_slack_command
# Slack signs what it sends; whatever is not signed is turned away without a word
curl -sS -X POST "$API/chatops/slack" -d "text=help" -w "%{http_code}\n" || echo "not signed"

#: run_slack_action
curl -sS -X POST "$API/chatops/slack/actions" -d "payload={}" -w "%{http_code}\n" || echo "not signed"

#: run_teams_message
# so does Teams, with the token of the outgoing webhook
curl -sS -X POST "$API/chatops/teams" -d '{"type": "message", "text": "help"}' -w "%{http_code}\n" || echo "not signed"

#: get_status
curl -sS -b cookies.txt "$API/status?tag=team:payments" | grep -o "<title>.*</title>"

#: get_registry_status
curl -sS -b cookies.txt "$API/status/demo" | grep -o "<title>.*</title>"

#: rotate_user
curl -sS "${auth[@]}" -X POST "$API/registries/demo/users/ci/rotate" | jq -r .password
curl -sS "${auth[@]}" -X POST "$API/registries/demo/users/ci/rotate?format=docker-config" -d '{"overlap": "PT24H"}' > config.json

#: get_reveal_page
curl -sS "$API/reveal" | grep -o "<title>.*</title>"  # for a browser: it sends what stands behind the # of a link

#: reveal_password
token=${LINK#*#}                                      # of a link as a chat gives it: good once, for 15 minutes
curl -sS -X POST "$API/reveal" -H "Content-Type: application/json" -d "{\"token\": \"$token\"}" > login.json

#: get_reveal_status
token=${LINK#*#}                                      # of a link that was used within the last hour
curl -sS -X POST "$API/reveal/status" -H "Content-Type: application/json" -d "{\"token\": \"$token\"}" | jq .operation.status

#: diagnose_user
curl -sS "${auth[@]}" "$API/registries/demo/users/ci/diagnose" | jq -r '.findings[] | "\(.code): \(.message) \(.fix)"'

#: import_users
echo 'bob:$2b$05$nAOvF7PjF.6dlryacS3.G.O84BgXrL6a6Q3flr0N2IpFL574D5IJe' > htpasswd   # as htpasswd -nbB -C 5 prints it
curl -sS -H "x-functions-key: $KEY" -H "Content-Type: text/plain" --data-binary @htpasswd \
  -X POST "$API/registries/demo/users/import?mode=merge" | tee import.json
id=$(jq -r .operation.id import.json)                 # its result counts: added, changed, removed, unchanged, skipped
curl -sS "${auth[@]}" "$API/operations/$id?wait=30" | jq '{status, result}'

#: get_user_everywhere
curl -sS "${auth[@]}" "$API/users/bob" | jq -r '.registries[] | "\(.registry)\t\(.state)"'

#: revoke_user
curl -sS "${auth[@]}" -X POST "$API/users/bob/revoke" | tee revoke.json
id=$(jq -r .operation.id revoke.json)                 # its result says for each registry: Refused
curl -sS "${auth[@]}" "$API/operations/$id?wait=30" | jq '{status, result}'

#: delete_user
curl -sS "${auth[@]}" -X DELETE "$API/registries/demo/users/ci"

#: cancel_operation
id=$(curl -sS "${auth[@]}" -X PUT "$API/registries/spare" | jq -r .operation.id)
curl -sS "${auth[@]}" -X POST "$API/operations/$id/cancel" | tee canceled.json

#: retry_operation
id=$(jq -r .id canceled.json)
curl -sS "${auth[@]}" -X POST "$API/operations/$id/retry" | jq '{id, retryOf}'

#: delete_registry
curl -sS "${auth[@]}" -X DELETE "$API/registries/demo" | jq -r .purgeOn

#: restore_registry
curl -sS "${auth[@]}" -X POST "$API/registries/demo/restore" | jq -r .loginServer
