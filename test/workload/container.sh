#!/bin/sh
# Runs a program as a container does: in a network, process, mount and user namespace of its own, in a root file system that
# it cannot write, on a bridge of this host.
#
# Usage: container.sh BRIDGE ADDRESS ROOT [NAME=VALUE | --env-file FILE | --mount FILE | --files DIR] ... -- PROGRAM [ARGUMENT] ...
# Of FILE the container has a copy as /run/secrets/landfast.env, of DIR one as /run/files.
# Needs: root in the namespace of the bridge; SDK, MODULES and LIBRARIES, of which the container finds programs and their
# libraries in /run/sdk.
set -eu
bridge=$1 address=$2 root=$3
shift 3
environment='' secret=/dev/null files=/var/empty
while [ "$1" != -- ]; do
  case $1 in
    --env-file) environment="$environment $(cat "$2")"; shift ;;
    --mount) secret=$2; shift ;;
    --files) files=$2; shift ;;
    *) environment="$environment $1" ;;
  esac
  shift
done
shift

work=$(mktemp -d)
mkfifo "$work/go" "$work/up"
# The inner shell waits until its network is there.
inside='
mount -t tmpfs -o mode=755 tmpfs "$1/root.up" && mkdir "$1/root.up/all" && mount --rbind "$2" "$1/root.up/all"
root=$1/root.up/all
mount -o remount,bind,ro "$root"
mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
[ ! -d "$7" ] || cp -r "$7" "$root/run/files"
mkdir -p "$root/run/secrets" "$root/run/sdk/node_modules" "$root/run/sdk/python"
cp "$3" "$root/run/secrets/landfast.env"
cp "$4"/*.* "$root/run/sdk"
mount --rbind "$5" "$root/run/sdk/node_modules"
mount --rbind "$6" "$root/run/sdk/python"
mount -t tmpfs tmpfs "$root/tmp"
mount --rbind /dev "$root/dev"
echo $$ > "$1/up"; cat "$1/go" > /dev/null
shift 7
exec chroot "$root" "$@"
'
mkdir "$work/root.up"
# shellcheck disable=SC2086 # one variable a word
unshare --user --map-root-user --net --pid --mount --ipc --uts --fork --kill-child \
  env -i PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp $environment \
  sh -c "$inside" sh "$work" "$root" "$secret" "$SDK" "$MODULES" "$LIBRARIES" "$files" "$@" &
container=$!
cat "$work/up" > /dev/null
# "unshare" itself has the namespaces but for the one of processes.
name=v$container
ip link add "$name" type veth peer name eth0 netns "$container"
ip link set "$name" master "$bridge" up
in_network() { nsenter --user --preserve-credentials --net --target "$container" ip "$@"; }
in_network link set lo up
in_network address add "$address/24" dev eth0
in_network link set eth0 up
in_network route add default via "${address%.*}.1"
echo > "$work/go"
code=0
wait "$container" || code=$?
rm -r "$work"
exit $code
