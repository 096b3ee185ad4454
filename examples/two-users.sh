#!/bin/sh
# Two users, one policy: who gets the token of this machine is decided by user and program, and the audit shows who
# got what. Everything happens in a temporary folder. It must be run as root, since it plays two users.
#
# In a checkout, where the first folder of PATH has the Node.js that is needed:
#
#   npm run build
#   sudo env PATH="$PWD/node_modules/.bin:$PATH" LANDFAST=packages/cli/bin/landfast.js sh examples/two-users.sh
set -eu

landfast=${LANDFAST:-landfast}
alice=4001
bob=4002
LANDFAST_IDENTITY_HEADER=$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n')
export LANDFAST_IDENTITY_HEADER

folder=$(mktemp -d)
chmod 755 "$folder"
dev= agent=
clean_up() {
  kill $agent $dev 2>/dev/null || true
  wait
  rm -rf "$folder"
}
trap clean_up EXIT

# Waits until the file $1 holds $2. If the process $3 ends before, or is slow, shows what it wrote to the file $4.
await() {
  tries=0
  until grep -qs "$2" "$1"; do
    tries=$((tries + 1))
    if ! kill -0 "$3" 2>/dev/null || [ "$tries" -gt 300 ]; then
      echo "\"$2\" did not come:" >&2
      cat "$4" >&2
      exit 1
    fi
    sleep 0.2
  done
}

# The program of the backup, which is curl by another name.
cp "$(command -v curl)" "$folder/backup-tool"

cat > "$folder/policy.yaml" <<POLICY
rules:
  - name: backups of alice
    effect: allow
    user: $alice
    program: $folder/backup-tool
    identity: system
    audience: https://storage.azure.com
POLICY

$landfast dev --state-dir "$folder/state" > "$folder/dev.out" 2> "$folder/dev.log" &
dev=$!
await "$folder/dev.out" env.sh "$dev" "$folder/dev.log"
$landfast agent --state-dir "$folder/state" --styles app-service --policy "$folder/policy.yaml" \
  --audit-log "$folder/audit.jsonl" --admin-socket "$folder/agent.sock" 2> "$folder/agent.log" &
agent=$!
await "$folder/agent.log" 'the agent is started' "$agent" "$folder/agent.log"
endpoint=$(sed -n 's/.*"url":"\([^"]*\)".*/\1/p' "$folder/agent.log")

# Asks as user $1 with the program $2 for a token of the audience $3, and tells what came but not the token.
ask() {
  setpriv --reuid="$1" --regid="$1" --clear-groups "$2" --silent --noproxy '*' \
    --header "X-IDENTITY-HEADER: $LANDFAST_IDENTITY_HEADER" \
    "$endpoint?api-version=2019-08-01&resource=$3" | sed 's/"access_token":"[^"]*"/"access_token":"…"/'
  echo
}

echo '# alice, with her backup tool'
ask $alice "$folder/backup-tool" https://storage.azure.com
echo '# alice, with her backup tool, for something else'
ask $alice "$folder/backup-tool" https://vault.azure.net
echo '# alice, with another program'
ask $alice "$(command -v curl)" https://storage.azure.com
echo '# bob, with the same tool'
ask $bob "$folder/backup-tool" https://storage.azure.com

echo '# why bob got none'
$landfast policy test --policy "$folder/policy.yaml" --user $bob --program "$folder/backup-tool" \
  --audience https://storage.azure.com || true

kill $agent
wait $agent || true
echo '# the audit'
cat "$folder/audit.jsonl"
