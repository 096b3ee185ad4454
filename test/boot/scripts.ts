/**
 * What the scripts in a booted system are made of: joining, an application, a clock that is wrong.
 *
 * @module
 */

/** Where the three official clients in the application say what they got. */
export const GOT = JSON.stringify({
  managed: 'https://vault.azure.net',
  default: 'https://vault.azure.net',
  msal: 'https://vault.azure.net',
})

/** An application as the documentation has it: another user, in the group, ordered after the agent. */
export const APPLICATION = `
  cp /root/sdk-program.mjs /srv/; chmod 644 /srv/sdk-program.mjs
  cat > /etc/systemd/system/app.service <<'END'
[Unit]
Wants=landfast-agent.service
After=landfast-agent.service landfast-control-plane.service
[Service]
Type=oneshot
RemainAfterExit=yes
DynamicUser=yes
SupplementaryGroups=himds
ExecStart=/srv/node /srv/sdk-program.mjs
StandardOutput=truncate:/run/app.out
[Install]
WantedBy=multi-user.target
END
  cp /usr/lib/landfast/node /opt/landfast/node /srv/ 2>/dev/null
  systemctl daemon-reload; systemctl enable --quiet app.service
`

/** A control plane on this host, and this host its machine. */
export const JOIN = `
  systemctl start landfast-control-plane.service
  landfast login --administrator /var/lib/landfast-control-plane/administrator.json >&2
  umask 077; landfast join-token create --json | sed 's/.*"token":"\\([^"]*\\)".*/\\1/' > /root/token; umask 022
  landfast connect --join-token-file /root/token >&2 && systemctl is-active landfast-agent.service
`

/** Principal id of this machine. */
export const IDENTITY = `landfast show --json | sed 's/.*"principalId":"\\([^"]*\\)".*/identity \\1/'`

/**
 * From now on the agent, the application and what has `$MOVED` in its environment live at another time than the rest: as many
 * days away as the file /srv/clock says, which they read again once a second. A monotonic clock is never wrong.
 */
export const MOVE_CLOCK = `
  MOVED="LD_PRELOAD=$(echo /usr/lib/*/faketime/libfaketimeMT.so.1) FAKETIME_TIMESTAMP_FILE=/srv/clock FAKETIME_CACHE_DURATION=1 FAKETIME_DONT_RESET=1 FAKETIME_DONT_FAKE_MONOTONIC=1 DONT_FAKE_MONOTONIC=1"
  for unit in landfast-agent app; do
    mkdir -p /etc/systemd/system/$unit.service.d
    printf '[Service]\\nEnvironment=%s\\n' "$MOVED" > /etc/systemd/system/$unit.service.d/clock.conf
  done
  systemctl daemon-reload
  clock() { echo "$1" > /srv/clock; }
`
