#!/bin/sh
# A control plane, and two new servers that join it: one by cloud-init, one by Ansible. Prints a line NAME TEXT for each thing
# that a test looks at.
#
# Usage: server.sh in namespaces of its own (network, mounts, processes, host name), in an empty folder; NODE, PROGRAM, SERVER (a
# root file system), PACKAGE and PACKAGING are paths.
set -eu
VARIABLES='PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 HOME=/root'
landfast() { "$NODE" "$PROGRAM" "$@"; }
tell() { printf '%s ' "$1"; tr '\n' ' '; echo; }

# NAME: a server whose changes are gone with the namespace. It has no device of the host but those that every program needs.
make_server() {
  mkdir -p "$1"
  mount -t tmpfs none "$1"
  mkdir "$1/upper" "$1/work" "$1/root"
  mount -t overlay -o "lowerdir=$SERVER,upperdir=$1/upper,workdir=$1/work" none "$1/root"
  mount -t proc none "$1/root/proc"
  for folder in run dev tmp; do mount -t tmpfs none "$1/root/$folder"; done
  mkdir "$1/root/dev/shm"
  for device in null zero random urandom tty; do
    touch "$1/root/dev/$device"
    mount --bind "/dev/$device" "$1/root/dev/$device"
  done
  cp "$PACKAGE" "$1/root/tmp/landfast.deb"
}
in_server() { server=$1; shift; env -i $VARIABLES chroot "$server/root" "$@"; }
left_of_token() { grep -rlFe "$2" "$1/root/run" "$1/root/tmp" "$1/root/etc" "$1/root/root" "$1/root/var/log" 2>/dev/null || true; }
# NAME: the agent, as its unit starts it, until it can serve a token.
tell_ready() {
  # shellcheck disable=SC2086
  (exec env -i $VARIABLES chroot "$1/root" setpriv --reuid himds --regid himds --init-groups \
    landfast agent --config /etc/landfast/agent.yaml 2> "$1.agent.log") & agent=$!
  until in_server "$1" curl -fsS --unix-socket /var/lib/landfast/agent.sock http://localhost/readyz > "$1.ready" 2> "$1.curl.log"; do
    kill -0 $agent || { cat "$1.agent.log" >&2; exit 94; }
    sleep 0.2
  done
  tell "$1-ready" < "$1.ready"
  kill $agent
  wait $agent || true
}
# NAME: which machine the server is, and what its marker and its unit are.
tell_server() {
  in_server "$1" landfast show --json | tell "$1-shown"
  in_server "$1" systemctl is-enabled landfast-agent.service | tell "$1-unit"
  in_server "$1" stat -c '%U %a' /var/lib/landfast | tell "$1-state"
  tell_ready "$1"
}

ip link set lo up
hostname control-plane
landfast control-plane --state-dir "$PWD/state" --port 8443 2> control-plane.log & control_plane=$!
until grep -q 'control plane started' control-plane.log; do
  kill -0 $control_plane || { cat control-plane.log >&2; exit 98; }
  sleep 0.1
done
export XDG_CONFIG_HOME="$PWD/config"
landfast login --administrator state/administrator.json > login.txt
token() { landfast join-token create --json | "$NODE" -p 'JSON.parse(require("fs").readFileSync(0)).command.split("\x27")[1]'; }

cloud_token=$(token)
make_server cloud
seed=cloud/root/var/lib/cloud/seed/nocloud
mkdir -p "$seed"
hash=$(sha256sum "$PACKAGE" | cut -d ' ' -f 1)
sed -e "s|JOIN_TOKEN|$cloud_token|" -e 's|PACKAGE_URL|file:///tmp/landfast.deb|' -e "s|PACKAGE_SHA256|$hash|" \
  -e 's|TAGS|by=cloud-init|' "$PACKAGING/cloud-init/landfast.yaml" > "$seed/user-data"
printf 'instance-id: one\nlocal-hostname: cloud-1\n' > "$seed/meta-data"
# Of all that cloud-init does to a server, what the document asks for: nothing of the host is in reach, and shall not be.
cat > cloud/root/etc/cloud/cloud.cfg.d/99-test.cfg << 'END'
datasource_list: [NoCloud]
network: {config: disabled}
cloud_init_modules: [write-files]
cloud_config_modules: [runcmd]
cloud_final_modules: [scripts-user]
END
in_server cloud cloud-init schema --config-file /var/lib/cloud/seed/nocloud/user-data 2>&1 | tell schema
hostname cloud-1
for stage in 'init --local' init 'modules --mode=config' 'modules --mode=final'; do
  # shellcheck disable=SC2086
  in_server cloud cloud-init $stage > "cloud.log" 2>&1 || { cat cloud.log cloud/root/var/log/cloud-init*.log >&2; exit 97; }
done
tell_server cloud
left_of_token cloud "$cloud_token" | tell cloud-left

ansible_token=$(token)
make_server ansible
mkdir ansible/root/srv/landfast
cp -r "$PACKAGING/ansible/." ansible/root/srv/landfast/
(umask 077; printf %s "$ansible_token" > ansible/root/srv/token)
hostname ansible-1
play() {
  in_server ansible ansible-playbook -i localhost, -c local /srv/landfast/join.yml -e ansible_become=false \
    -e landfast_package=/tmp/landfast.deb -e landfast_join_token_file=/srv/token "$@"
}
play -e '{"landfast_tags": {"by": "ansible"}}' > play.log 2>&1 || { cat play.log >&2; exit 96; }
tail -n 3 play.log | tell ansible-first
rm ansible/root/srv/token
play > again.log 2>&1 || { cat again.log >&2; exit 95; }
tail -n 3 again.log | tell ansible-again
tell_server ansible
left_of_token ansible "$ansible_token" | tell ansible-left
cat play.log again.log cloud.log | grep -cFe "$ansible_token" -e "$cloud_token" | tell told-tokens
landfast machine list --json | tell machines
