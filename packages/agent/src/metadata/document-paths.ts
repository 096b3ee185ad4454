/**
 * The paths of the documents beside the token path: one row a document. A path without a row is not found.
 *
 * @see docs/metadata.md#the-documents
 * @module
 */

import type { Style } from '@landfast/protocol'

/** The documents of an Azure VM, or those of an Arc-enabled server. */
export type DocumentKind = NonNullable<Style['documents']>

/** How a document's row is read. */
interface DocumentRow {
  readonly path: string
  readonly kinds: readonly DocumentKind[]
  /** Whether paths below it lead to its parts. */
  readonly hasParts: boolean
  /** Whether every caller gets it, also without "Metadata: true". */
  readonly isOpen: boolean
}

const DOCUMENTS = {
  instance: { path: '/metadata/instance', kinds: ['vm', 'arc'], hasParts: true, isOpen: false },
  versions: { path: '/metadata/versions', kinds: ['vm'], hasParts: false, isOpen: false },
  'identity-info': { path: '/metadata/identity/info', kinds: ['vm'], hasParts: false, isOpen: false },
  attested: { path: '/metadata/attested/document', kinds: ['vm'], hasParts: false, isOpen: false },
  'scheduled-events': { path: '/metadata/scheduledevents', kinds: ['vm'], hasParts: false, isOpen: false },
  'load-balancer': { path: '/metadata/loadbalancer', kinds: ['vm'], hasParts: false, isOpen: false },
  'agent-status': { path: '/agentstatus', kinds: ['arc'], hasParts: false, isOpen: true },
} as const satisfies Record<string, DocumentRow>

/** The name of a document. */
export type DocumentName = keyof typeof DOCUMENTS

/** A document that is asked for, and the way to a part of it. */
export interface DocumentPath {
  name: DocumentName
  isOpen: boolean
  /** The names of the parts, from the outermost; empty for the whole. */
  parts: readonly string[]
}

const ROWS = Object.entries(DOCUMENTS) as [DocumentName, DocumentRow][]

/**
 * The document of `kind` at `path`, which is in the form of a parsed target. Nothing is decoded: no name in a document
 * needs an escape, and so an escaped slash leads nowhere.
 */
export function findDocument(kind: DocumentKind, path: string): DocumentPath | undefined {
  for (const [name, row] of ROWS) {
    if (!row.kinds.includes(kind)) continue
    if (path === row.path) return { name, isOpen: row.isOpen, parts: [] }
    if (row.hasParts && path.startsWith(`${row.path}/`)) {
      return { name, isOpen: row.isOpen, parts: path.slice(row.path.length + 1).split('/') }
    }
  }
  return undefined
}
