/**
 * The reasons why an agent does not start, stops by itself, writes no token file, or says that a part of it fails: one table
 * of codes, each with the next step.
 *
 * @see docs/errors.md#the-agent
 * @module
 */

import { codedError } from '@landfast/protocol'

const ERRORS = {
  platform_unsupported: [
    'the Arc style needs Linux, since official SDKs look for its keys in a fixed folder there',
    'use the App Service style: "landfast run -- COMMAND"',
  ],
  real_agent_installed: [
    'the Azure Connected Machine agent is installed here and answers this endpoint',
    'remove it first ("azcmagent disconnect" and uninstall), or use the App Service style',
  ],
  port_taken: ['the port is taken', 'stop what holds it, or choose another with --port'],
  platform_port_taken: [
    'another program has port 40342, where clients ask that read no variable, and could pass on to them what stands in the key folder',
    'stop that program, or name another folder with --key-folder',
  ],
  port_ephemeral: [
    'the port is held by an outgoing connection: it lies in the range from which the kernel takes source ports',
    'reserve it: sysctl -w net.ipv4.ip_local_reserved_ports=40342',
  ],
  port_forbidden: ['this user may not listen on the port', 'choose a port above 1023, or run as root'],
  address_missing: [
    'an address to listen on is not there',
    'bring up the loopback interface: ip link set lo up',
  ],
  vm_address_answers: [
    'something answers already where the VM style would',
    'on a virtual machine of a cloud it is the metadata service, which stays; leave out --vm and set AZURE_POD_IDENTITY_AUTHORITY_HOST',
  ],
  vm_address_missing: [
    'this host does not have the address of the VM style, and it could not be added',
    'add it as root: ip address add 169.254.169.254/32 dev lo scope host',
  ],
  key_folder_missing: [
    'the key folder is not there and could not be made',
    'make it as root, owned by the user of the agent, or start the agent as root',
  ],
  key_folder_unsafe: [
    'the key folder could be changed by others',
    'it must be a real folder owned by root or the user of the agent, and neither it nor a parent writable by others',
  ],
  key_folder_unwritable: [
    'no key file can be written in the key folder',
    'make it writable for the user of the agent, or free space on its disk',
  ],
  key_folder_held: [
    'another agent uses the key folder',
    'stop that agent, or choose another with --key-folder',
  ],
  group_missing: [
    'the group that may read key files does not exist',
    'make it: groupadd --system himds; or name another with --key-group',
  ],
  group_foreign: [
    'this user may not give files to the group that may read key files',
    'add the user of the agent to that group, or start the agent as root',
  ],
  registration_missing: [
    'this machine is not registered: its registration is not in the state folder',
    'run "landfast connect", or name the right folder with --state-dir',
  ],
  registration_forbidden: [
    'this user may not read the registration',
    'run this as root or as the user of the agent, or name another folder with --state-dir',
  ],
  registration_open: [
    'others may read or change the registration',
    "make it the property of the agent's user, mode 0600, and register anew if others may have read it",
  ],
  registration_broken: [
    'the registration in the state folder cannot be read',
    'restore it, or register the machine anew',
  ],
  entra_broken: [
    'what the state folder has of the application in Entra ID cannot be read',
    'restore it, or run "landfast disconnect --authority entra" and "landfast connect --authority entra" anew',
  ],
  state_newer: [
    'a newer version of Landfast wrote the state folder',
    'install that version or a newer one; nothing was changed',
  ],
  certificate_unusable: [
    'the kept certificate of the endpoint is broken, or others may have read its key',
    'remove the file and start again: there is another certificate then, so tell applications its thumbprint',
  ],
  state_folder_held: [
    'another agent or command uses the state folder',
    'stop that, or name another folder with --state-dir',
  ],
  workload_address_refused: [
    'the agent does not listen for workloads at an address that is open to other networks',
    'name an address of a bridge, such as 10.88.0.1:40343: neither 0.0.0.0 or ::, nor a public address',
  ],
  admin_taken: [
    'the address for health and metrics is taken',
    'stop what holds it, or choose another with --admin-socket or --admin-port',
  ],
  admin_path_long: [
    'the path of the socket for health and metrics is too long',
    'the system allows 107 bytes; choose a shorter --admin-socket or state folder',
  ],
  policy_unreadable: [
    'the policy file cannot be read',
    'see that it is a file and that the user of the agent may read it, or name another with --policy',
  ],
  policy_open: [
    'others could change the policy file',
    'it and every folder above it must belong to root or the user of the agent, and no other user may write to them',
  ],
  policy_broken: [
    'the policy file cannot be understood',
    'correct the line; "landfast policy test" reads the file as the agent does',
  ],
  token_file_folder: [
    'a token file cannot be written into its folder',
    'make the folder, owned by root or the user of the agent, and let the agent write there; under systemd also with ReadWritePaths=',
  ],
  token_file_open: [
    'others could change the folder of a token file, or read what is made there',
    'it and every folder above it must belong to root or the user of the agent, and no other user may write to them',
  ],
  token_file_occupied: [
    'in the place of a token file is something that the agent did not put there',
    'move it away, or choose another path',
  ],
  token_file_owner: [
    'a token file cannot be given to its owner or group',
    'make the user and the group, or name others; for other users the service needs the drop-in token-files.conf (docs/token-files.md)',
  ],
  token_file_full: [
    'there is no room for a token file',
    'free space on its disk; the former file stays as it is until then',
  ],
  clock_differs: [
    'the clock of this machine differs from that of its control plane',
    'set the clock of this machine: timedatectl set-ntp true',
  ],
  audit_unwritable: [
    'the audit log cannot be written',
    'make its folder writable, or choose another with --audit-log',
  ],
} as const satisfies Record<string, readonly [message: string, hint: string]>

/** A stable code. */
export type AgentErrorCode = keyof typeof ERRORS

/** The agent could not start or had to stop; the message says what, the hint what to do. */
export class AgentError extends codedError(
  'AgentError',
  ERRORS,
  ([message], { detail }) => `${message}: ${detail}`,
) {
  readonly hint: string = ERRORS[this.code][1]

  /** `detail` names the path, address or user that is meant. */
  constructor(code: AgentErrorCode, detail: string, cause?: unknown) {
    super(code, { detail, cause })
  }
}
