/**
 * What the checks are made of: everything that was seen of this host and its control plane, as plain data.
 *
 * @module
 */

import type { TokenFileEntry, TokenFileStanding } from '@landfast/agent'
import type { KnownMachine } from '../machine/shown-properties.ts'
import type { EntraSeen } from './entra-looks.ts'
import type { Seen } from './finding.ts'

/** A certificate that a server showed. */
export interface ShownCertificate {
  subject: string
  issuer: string
  /** DNS names and addresses; empty for a CA. */
  names: readonly string[]
  validFrom: Date
  validTo: Date
}

/** What came of a TLS connection that was opened without belief. */
export type TlsSeen =
  | { error: string }
  | {
      /** Why it is not believed, as OpenSSL and Node.js name it; undefined if it is. */
      distrust: string | undefined
      /** Its own first. */
      chain: readonly ShownCertificate[]
      /** A file on this host with the CA that signed it, which is not trusted so far. */
      helpfulFile: string | undefined
      /** The clock of the server, if it answered. */
      serverTime: Date | undefined
    }

/** What the authority says of itself. */
export interface AuthoritySeen {
  /** `https://HOST[:PORT]/{tenant}`. */
  authority: string
  tokenEndpoint: string
  issuers: readonly string[]
}

/** The control plane as the network shows it. */
export interface NetworkSeen {
  url: string
  host: string
  /** How it is reached, in a clause, or why the proxy cannot be used. */
  way: { clause: string } | { error: string }
  /** What connections are made to: its own host and port, or those of the proxy. */
  spot: { host: string; port: number; isProxy: boolean }
  addresses: Seen<readonly string[] | { error: string }>
  /** Each address with the reason why it takes no connection. */
  connections: Seen<readonly { address: string; error?: string }[]>
  tls: Seen<TlsSeen>
  /** Why the CA that the agent trusts is not known to this user. */
  trustUnseen: string | undefined
  authority: Seen<AuthoritySeen | { error: string }>
}

/** Owner, group and mode of a folder. */
export interface FolderSeen {
  isFolder: boolean
  owner: string
  group: string
  mode: number
  /** Why others could put something else there. */
  openBecause: string | undefined
}

/** A group, and how the user whom the check is about stands to it. */
export interface GroupSeen {
  members: readonly string[]
  /** Whether that user is in it by the files and directories of this host; undefined if there is no such user. */
  hasUser: boolean | undefined
  /** Whether this process is in it; undefined where the check is about another user. */
  hasProcess: boolean | undefined
}

/** Variables by which SDKs are led. */
export interface VariablesSeen {
  /** Files that do not hold what `landfast install` places, of all that it places. */
  missing: readonly string[]
  /** Variables of this process that lead elsewhere. */
  competing: readonly string[]
}

/** A token file of the settings. */
export type TokenFileSeen = Pick<TokenFileEntry, 'path'>

/** One place where containers ask. */
export interface WorkloadPlaceSeen {
  address: string
  port: number
  /** Whether this host has the address now. */
  isHere: boolean
  /** The users whose servers listen there. */
  holders: Seen<readonly string[]>
}

/** Where containers ask. */
export interface WorkloadsSeen {
  /** As whom the agent runs, if this host is connected. */
  agentUser: string | undefined
  places: readonly WorkloadPlaceSeen[]
}

/** This host. */
export interface HostSeen {
  styles: readonly string[]
  keyFolder: { path: string; folder: Seen<FolderSeen | undefined> }
  keyGroup: { name: string | undefined; group: Seen<GroupSeen | undefined> }
  port: { number: number; holders: Seen<readonly string[]>; answersAsAgent: boolean }
  workloads: WorkloadsSeen
  /** Undefined where the style is not served. */
  aws: AwsSeen | undefined
  marker: 'ours' | 'other' | 'missing'
  variables: VariablesSeen
  unit: Seen<{ enabled: string; active: string }>
  /** What `/readyz` says; its reason if it is not ready. */
  agent: { address: string; answer: Seen<'ready' | { reason: string } | { error: string }> }
  /** What the settings name, and what the agent says of each. */
  tokenFiles: { entries: readonly TokenFileSeen[]; standings: Seen<readonly TokenFileStanding[]> }
}

/** What the settings say of the style `aws`. */
export interface AwsSeen {
  roleArn: string
  stsUrl: string
  /** Undefined is the machine's own. */
  identity: string | undefined
  /** Undefined where no file is named. */
  secret: { file: string; endsWithBreak: Seen<boolean> } | undefined
}

/** Everything. */
export interface Surroundings {
  now: Date
  /** The user whom the key group is asked about. */
  user: string
  /** `isForbidden` where the error is that this user may not read what the agent may. */
  settings: {
    file: string | undefined
    error: string | undefined
    isForbidden?: boolean
  }
  machine: Seen<KnownMachine | undefined>
  /** The application in Entra ID, if this host is one. */
  entra: Seen<EntraSeen | undefined>
  /** Undefined if nothing says where the control plane is. */
  network: NetworkSeen | undefined
  host: HostSeen
}
