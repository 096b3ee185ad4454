/**
 * The settings files that the services read: made once, with nothing set, so that it is plain where to set it. They are
 * the host's from then on.
 *
 * @see docs/configuration.md
 * @module
 */

import { chmod, rm, writeFile } from 'node:fs/promises'
import { CliError } from '../cli-error.ts'
import { AGENT_SETTINGS_FILE } from '../settings/agent-settings.ts'

/** What each file holds at first. */
const FILES = {
  [AGENT_SETTINGS_FILE]: `# The settings of landfast-agent.service: "landfast agent --help" lists them all. After a change:
# systemctl restart landfast-agent
#
# audit-log: /var/log/landfast/audit.log
# policy: /etc/landfast/policy.yaml
`,
  '/etc/landfast/control-plane.yaml': `# The settings of landfast-control-plane.service: "landfast control-plane --help" lists them all. After a change:
# systemctl restart landfast-control-plane
#
# host: 0.0.0.0
# url: https://id.example.com:8443
`,
} as const

/** Makes those that are missing, readable for all. @throws {CliError} `config_unwritable`. */
export async function makeDefaultSettings(): Promise<void> {
  for (const [path, text] of Object.entries(FILES)) {
    try {
      await writeFile(path, text, { flag: 'wx', mode: 0o644 })
      // In spite of the umask.
      await chmod(path, 0o644)
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException
      if (code === 'EEXIST') continue
      // Half of one would be taken for the host's own the next time.
      await rm(path, { force: true })
      throw new CliError('config_unwritable', { detail: path, hints: [message], cause })
    }
  }
}
