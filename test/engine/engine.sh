# A container engine with namespaces of its own: its networks, mounts and control groups are gone with it.
#   unshare --mount --net sh engine.sh ROOT STATE FOLDER…
# ROOT is a root file system with dockerd, STATE an empty folder, in which its socket "docker.sock" comes to be, and each
# FOLDER one that containers may be given.
set -eu
root=$1 state=$2
shift 2

# Of control groups it sees those alone that it makes.
mkdir "$state/groups"
mount -t cgroup2 none "$state/groups"
former=$state/groups$(sed -n 's/^0:://p' /proc/self/cgroup)
own=$former/landfast-engine-$$
mkdir "$own"
end() {
  kill -KILL "$engine" 2>/dev/null || true
  wait "$engine" || true
  echo $$ >"$former/cgroup.procs"
  # A process that the kernel still takes down keeps its group for a moment.
  tries=0
  while [ -d "$own" ] && [ "$tries" -lt 100 ]; do
    [ "$tries" = 0 ] || sleep 0.05
    tries=$((tries + 1))
    find "$own" -depth -type d -exec rmdir {} + 2>"$state/left" || true
  done
  exit 0
}
echo $$ >"$own/cgroup.procs"
ip link set lo up

unshare --mount --pid --fork --kill-child --cgroup --ipc --uts sh -c '
  set -eu
  engine=$1 state=$2
  shift 2
  # Of the installed engine nothing is changed; folders that containers are given have the same paths as outside.
  root=$state/root
  mkdir "$root"
  mount -t tmpfs tmpfs "$root"
  for one in usr etc; do
    mkdir "$root/$one"
    mount --bind "$engine/$one" "$root/$one"
    mount -o remount,bind,ro "$root/$one"
  done
  for one in bin lib lib64 sbin; do ln -s "usr/$one" "$root/$one"; done
  for one in dev proc run sys tmp var/lib "$state" "$@"; do mkdir -p "$root/$one"; done
  ln -s /run "$root/var/run"
  mount -t proc proc "$root/proc"
  mount -t sysfs sysfs "$root/sys"
  mount -t cgroup2 none "$root/sys/fs/cgroup"
  for one in /dev "$state" "$@"; do mount --rbind "$one" "$root$one"; done
  # Its images are in memory: they are written quickly, and gone with it.
  mkdir "$root$state/data"
  mount -t tmpfs tmpfs "$root$state/data"
  # Groups with processes have no controllers to give on.
  mkdir "$root/sys/fs/cgroup/init"
  for one in $(cat "$root/sys/fs/cgroup/cgroup.procs"); do
    echo "$one" >"$root/sys/fs/cgroup/init/cgroup.procs" || true
  done
  for one in $(cat "$root/sys/fs/cgroup/cgroup.controllers"); do
    echo "+$one" >"$root/sys/fs/cgroup/cgroup.subtree_control" || true
  done
  # Who enters a container finds the root of its mount namespace, which a mere change of the root would leave as it is outside.
  cd "$root"
  pivot_root . run
  umount -l /run
  mount -t tmpfs tmpfs /run
  exec dockerd --data-root "$state/data" --exec-root /run/engine \
    --host "unix://$state/docker.sock" --pidfile /run/engine.pid
' sh "$root" "$state" "$@" 2>"$state/log" &
engine=$!
trap end TERM INT EXIT
wait "$engine"
