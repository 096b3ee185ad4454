/**
 * The errors of the command: one table gives each code its exit code, its sentence and the next step.
 *
 * Exit codes are those of `azcmagent` where it knows the same failure, and 2 for a command line that cannot
 * be understood at all.
 *
 * @see docs/command-line.md
 * @module
 */

import { type Circumstances, codedError } from '@landfast/protocol'

const ERRORS = {
  usage: [2, '%s'],
  unsupported: [3, '%s'],
  emulator_absent: [3, 'this package of Landfast is for servers, and has no emulator'],
  interrupted: [11, 'interrupted'],
  argument_missing: [16, '%s'],
  key_file_unreadable: [18, 'the key file "%s" cannot be read'],
  admin_needed: [18, 'this user may not use the state folder "%s"'],
  root_needed: [18, 'only root may %s'],
  config_unreadable: [19, 'the file "%s" cannot be read'],
  config_open: [19, 'others could change the configuration file "%s"'],
  config_invalid: [19, '%s'],
  config_unwritable: [19, 'the file "%s" cannot be written'],
  secret_file_unsafe: [19, 'the file "%s" with the secret is open to others'],
  argument_invalid: [23, '%s'],
  dev_ambiguous: [23, 'more than one "landfast dev" of yours is running'],
  control_plane_unreachable: [26, '%s'],
  control_plane_untrusted: [26, '%s'],
  discovery_unreachable: [26, 'what answers is not a control plane: %s'],
  sts_unavailable: [26, 'the Security Token Service of AWS gives no credentials now: %s'],
  proxy_failed: [26, '%s'],
  config_conflict: [27, '%s'],
  login_missing: [41, 'you are not logged in to a control plane'],
  credentials_refused: [41, '%s'],
  machine_not_created: [42, '%s'],
  machine_not_deleted: [43, '%s'],
  machine_exists: [44, '%s'],
  endpoint_silent: [61, 'nothing answers at "%s"'],
  dev_not_running: [61, 'no "landfast dev" is running in "%s"'],
  connect_failed: [62, '%s'],
  installed_by_package: [27, 'a package has put Landfast on this host'],
  downgrade_refused: [27, '%s'],
  accounts_failed: [69, 'the user "%s" could not be made or removed'],
  placing_busy: [67, 'another process changes what is placed on this host'],
  workload_exists: [67, 'there is a workload "%s" already'],
  already_connected: [67, 'this machine is connected already, as "%s"'],
  state_folder_busy: [67, 'the state folder "%s" is in use'],
  state_folder_unusable: [69, 'the state folder "%s" cannot be used'],
  discovery_folder: [69, 'the documents cannot be written into the folder "%s"'],
  registration_foreign: [69, 'the registration in "%s" does not belong to the control plane there'],
  process_failed: [1, 'process %s of the control plane could not start'],
  workload_missing: [1, 'there is no workload "%s"'],
  challenge_malformed: [1, 'the endpoint answered 401 without a challenge that names a key file'],
  key_file_misplaced: [1, 'the challenge names a key file outside "%s"'],
  key_file_unusable: [1, 'the key file cannot be used: %s'],
  endpoint_refused: [1, '%s'],
  token_file_unwritten: [1, 'no token could be written into "%s"'],
  role_refused: [1, 'AWS gives no credentials of the role %s'],
  answer_malformed: [1, 'the endpoint answered, but not with a token: %s'],
  control_plane_refused: [1, '%s'],
  output_unwritable: [1, 'the output cannot be written: %s'],
  service_failed: [69, '%s'],
  demo_failed: [1, 'the demo failed: %s'],
  command_not_executable: [126, '"%s" cannot be executed'],
  command_not_found: [127, '"%s" was not found'],
} as const satisfies Record<string, readonly [exitCode: number, message: string]>

/** A stable code of a failed command. */
export type CliErrorCode = keyof typeof ERRORS

/** A failure that is told to the user in one line, with its hints below. */
export class CliError extends codedError('CliError', ERRORS, ([, message], { detail = '' }) =>
  message.replace('%s', () => detail),
) {
  readonly exitCode: number = ERRORS[this.code][0]
  readonly hints: readonly string[]

  /**
   * `detail` takes the place of "%s" in the table's sentence; it must not hold anything secret. What the cause has as its
   * `trailHint` follows the other hints: so every command says how a refusal is looked up at the control plane.
   */
  constructor(code: CliErrorCode, options: Circumstances & { hints?: readonly string[] } = {}) {
    super(code, options)
    this.hints = [...new Set([...(options.hints ?? []), ...hintsOf(options.cause)])]
  }
}

function hintsOf(cause: unknown): readonly string[] {
  const { trailHint } = (cause ?? {}) as { trailHint?: unknown }
  return typeof trailHint === 'string' ? [trailHint] : []
}
