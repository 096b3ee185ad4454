/**
 * Servers are joined by cloud-init and by Ansible, as the examples have it: real programs, the real package, a new Debian
 * that is booted.
 */

import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, onTestFinished, type TestContext, test } from 'vitest'
import { findRootFileSystem } from '../../scripts/root-file-systems.ts'
import { DebianSystem } from '../boot/system.ts'
import { makeCommand, type TestCommand } from '../cli/command.ts'
import { trialArtifact, trialFolder } from '../package/trial-build.ts'
import { whatIsLacking } from '../privilege.ts'

const PACKAGING = fileURLToPath(new URL('../../packaging', import.meta.url))

const SERVER = findRootFileSystem('server')

/** Each boot takes some seconds, but on a busy machine. */
const PATIENCE_MS = 600_000

/** Why there is nothing to boot here. */
function lacking(): string | undefined {
  if (SERVER === undefined)
    return 'the root file system of a server is not installed; "npm run setup:parts" does that'
  try {
    execFileSync('systemd-nspawn', ['--version'], { stdio: 'ignore' })
  } catch {
    return 'systemd-nspawn is not installed; "npm run setup:parts" does it'
  }
  return whatIsLacking(['linux', 'root', 'namespaces', 'ip'])
}

const LACKING = lacking()

/** A control plane in the place of somebody else's, which knows nothing of packages; `plane` is its command. */
const PLANE = `
  export HOME=/root LANG=C.UTF-8 XDG_CONFIG_HOME="$PLACE/root/config"
  plane() { "$PLACE/root/node" "$PLACE/root/command/dist/main.js" "$@"; }
  make_token() {
    until plane login --administrator "$PLACE/root/state/administrator.json" >/dev/null 2>&1; do sleep 0.2; done
    plane join-token create --json | sed 's/.*"token":"\\([^"]*\\)".*/\\1/'
  }
`

/** It is there before anything of cloud-init's last stage runs. */
const PLANE_UNIT = `
  cat > "$ROOT/etc/systemd/system/plane.service" <<'END'
[Unit]
Before=cloud-final.service
[Service]
Type=notify
NotifyAccess=all
ExecStart=/root/node /root/command/dist/main.js control-plane --state-dir /root/state --port 8443
[Install]
WantedBy=multi-user.target
END
  mkdir -p "$ROOT/etc/systemd/system/multi-user.target.wants"
  ln -s ../plane.service "$ROOT/etc/systemd/system/multi-user.target.wants/"
`

/** What stands of the machine that this server is, and of the token in \`$token\`. */
const TOLD = `
  systemctl is-enabled landfast-agent.service; systemctl is-active landfast-agent.service
  stat -c '%U %a' /var/lib/landfast; curl -fsS --retry 60 --retry-delay 1 --retry-all-errors --unix-socket /var/lib/landfast/agent.sock http://localhost/readyz
  plane machine list --json | grep -o '"tags":{[^}]*}'
  grep -rlFe "$token" /run /tmp /etc /var/log 2>/dev/null
`

const WELL = ['enabled', 'active', 'himds 700', '{"status":"ready"}']

let command: TestCommand
let deb: string

beforeAll(async () => {
  if (LACKING !== undefined) return
  command = await makeCommand()
  deb = await trialArtifact(
    trialFolder('joining', (remove) => afterAll(remove)),
    'deb',
  )
}, PATIENCE_MS)
afterAll(() => command?.remove())

function joins(name: string, run: (system: DebianSystem) => Promise<void>): void {
  test(name, { timeout: PATIENCE_MS }, async (context: TestContext) => {
    context.skip(LACKING !== undefined, LACKING)
    const system = new DebianSystem(SERVER ?? '')
    onTestFinished(() => system.remove())
    const [node = ''] = command.argv
    system.give(node, 'node')
    system.give(command.folder, 'command')
    system.give(deb, 'landfast.deb')
    await run(system)
  })
}

joins(
  'cloud-init joins a server at its first boot, and its agent serves there and is started at the next one',
  async (system) => {
    system.give(`${PACKAGING}/cloud-init/landfast.yaml`, 'landfast.yaml')
    await system.outside(`PLACE="$ROOT" ${PLANE} ${PLANE_UNIT}
    cp "$ROOT/root/landfast.deb" "$ROOT/srv/"
    "$ROOT/root/node" "$ROOT/root/command/dist/main.js" control-plane --state-dir "$ROOT/root/state" --port 8443 >/dev/null 2>&1 & plane=$!
    token=$(make_token); kill $plane; wait $plane; (umask 077; printf %s "$token" > "$ROOT/root/token")
    seed="$ROOT/var/lib/cloud/seed/nocloud"; mkdir -p "$seed"
    sed -e "s|JOIN_TOKEN|$token|" -e 's|PACKAGE_URL|file:///srv/landfast.deb|' -e 's|TAGS|by=cloud-init|' \\
      -e "s|PACKAGE_SHA256|$(sha256sum "$ROOT/root/landfast.deb" | cut -d ' ' -f 1)|" "$ROOT/root/landfast.yaml" > "$seed/user-data"
    printf 'instance-id: one\\nlocal-hostname: cloud-1\\n' > "$seed/meta-data"
    # Of all that cloud-init does to a server, what the document asks for.
    cat > "$ROOT/etc/cloud/cloud.cfg.d/99-test.cfg" << 'END'
datasource_list: [NoCloud]
network: {config: disabled}
cloud_init_modules: [write-files]
cloud_config_modules: [runcmd]
cloud_final_modules: [scripts-user]
END`)
    const { lines, errors } = await system.boot(`PLACE= ${PLANE}
    cloud-init schema --config-file /var/lib/cloud/seed/nocloud/user-data | grep -o '^Valid cloud-config'
    cloud-init status --wait >&2; cat /var/log/cloud-init-output.log >&2; token=$(cat /root/token); make_token > /dev/null ${TOLD}`)
    expect(lines, errors).toEqual(['Valid cloud-config', ...WELL, '"tags":{"by":"cloud-init"}'])
  },
)

joins('Ansible joins a server, starts its agent, and finds nothing to do a second time', async (system) => {
  system.give(`${PACKAGING}/ansible`, 'ansible')
  await system.outside(`${PLANE_UNIT} touch "$ROOT/etc/cloud/cloud-init.disabled"`)
  const { lines, errors } = await system.boot(`PLACE= ${PLANE}
    token=$(make_token); (umask 077; printf %s "$token" > /root/token)
    play() {
      ansible-playbook -i localhost, -c local /root/ansible/join.yml -e ansible_become=false \\
        -e landfast_package=/root/landfast.deb -e landfast_join_token_file=/root/token "$@" > /root/play.log 2>&1
      echo "played $?"; cat /root/play.log >&2; grep -cFe "$token" /root/play.log
      grep -o 'changed=[0-9]*.*failed=[0-9]*' /root/play.log | tr -s ' '
    }
    play -e '{"landfast_tags": {"by": "ansible"}}'; rm /root/token
    play ${TOLD}`)
  expect(lines, errors).toEqual([
    ...['played 0', '0', expect.stringMatching(/^changed=[1-9]\d* unreachable=0 failed=0$/)],
    ...['played 0', '0', 'changed=0 unreachable=0 failed=0', ...WELL, '"tags":{"by":"ansible"}'],
  ])
})
