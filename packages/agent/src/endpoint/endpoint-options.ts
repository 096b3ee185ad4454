/**
 * The options of an endpoint for applications: one shape for each way in which callers prove that they may ask.
 *
 * @module
 */

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { StyleNameOf } from '@landfast/protocol'
import type { Proxies } from '@landfast/server/proxy'
import type { EndpointRate } from './endpoint-rate.ts'

/** An endpoint for applications. */
export type EndpointOptions =
  | ArcEndpointOptions
  | SecretEndpointOptions
  | CallerEndpointOptions
  | AwsEndpointOptions

/**
 * Stands before an endpoint's own answers: it may look at a request, spoil what it says, and answer in place of the agent. `answer`
 * gives the agent's own answer, and never rejects.
 */
export type Intercept = (
  request: IncomingMessage,
  response: ServerResponse,
  answer: () => Promise<void>,
) => Promise<void>

/** One for workloads, each of which has a secret of its own. */
export interface WorkloadEndpointOptions {
  style: 'app-service'
  /** Private addresses of this host, each perhaps one that comes later; port 0 takes a free one. */
  listen: readonly { address: string; port: number }[]
  /** The state folder, in which the workloads are kept. */
  stateFolder: string
}

/** One of the Arc style, whose callers read key files. */
export interface ArcEndpointOptions {
  style: 'arc'
  /** Default 40342; 0 takes a free one. */
  port?: number
  /** Default `/var/opt/azcmagent/tokens`, the only one that SDKs accept. */
  keyFolder?: string
  /** The group that may read key files; default: the agent's own. */
  keyGroup?: string | undefined
  /** Whether the folder stands in a mount namespace of the agent and its callers alone, who are told the port. */
  isFolderPrivate?: true
}

/** One whose callers know a secret. */
export interface SecretEndpointOptions {
  style: StyleNameOf<'secret-header'>
  /** Default 0: a free one. */
  port?: number
  /** The value of the secret header. */
  secret: string
  /**
   * For emulators: an address that other hosts reach, in place of loopback. The secret is then all the proof there is: a request
   * may name this host as it likes, and of its caller nothing is known but the address.
   */
  address?: string | undefined
}

/** One whose callers know a secret, and get credentials of AWS in place of a token. */
export interface AwsEndpointOptions {
  style: 'aws'
  /** Default 0: a free one. */
  port?: number
  /** The value of the header `Authorization`. */
  secret: string
  role: {
    arn: string
    /** Where the Security Token Service is. */
    stsUrl: string
    /** Of the token that is exchanged. */
    audience: string
    /** The client id or the ARM id of an identity of the machine; default: its own. */
    identity?: string | undefined
    proxies?: Proxies | undefined
  }
}

/** One whose callers are known by their user. */
export interface CallerEndpointOptions {
  style: StyleNameOf<'caller'>
  /** Default 0: a free one; at the VM style's own address 80. */
  port?: number
  /** Whether to answer at 169.254.169.254, in the VM style, instead of 127.0.0.1. */
  atVmAddress?: boolean
  /** The group whose members may ask beside root and the agent's own user; default: no group. */
  group?: string | undefined
  /** Default: none. */
  rate?: EndpointRate | undefined
}
