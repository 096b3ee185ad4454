/**
 * The texts that go with the program: licences, notices and changes, in the forms that each kind of package wants.
 *
 * @see https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
 * @module
 */

import type { BundledPackage } from './bundled-packages.ts'

const RULE = `\n\n${'-'.repeat(78)}\n\n`

/** What the texts are made of. */
export interface Papers {
  packages: readonly BundledPackage[]
  nodeVersion: string
  nodeLicence: string
}

/** THIRD-PARTY-NOTICES.txt: all that others ask to be passed on. */
export function thirdPartyNotices({ packages, nodeVersion, nodeLicence }: Papers): string {
  const head = 'Landfast contains software of others, under the licences below.'
  const node = `Node.js ${nodeVersion}, the program "node"\n\n${nodeLicence.trim()}`
  return `${[head, ...packages.map(noticeOf), node].join(RULE)}\n`
}

function noticeOf({ name, version, licence, texts }: BundledPackage): string {
  return [`${name} ${version}`, `Licence: ${licence}`, ...texts].join('\n\n')
}

/** Debian's file "copyright". Its system has the Apache licence already. */
export function debianCopyright(notices: string): string {
  const paragraphs = [
    'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\nUpstream-Name: landfast',
    `Files: *
Copyright: The Landfast authors
License: Apache-2.0
 On Debian systems, the full text of the Apache License, version 2.0, is in
 "/usr/share/common-licenses/Apache-2.0".`,
    `Files: node dist/*
Copyright: The authors whom the texts below name
License: third-party
${indent(notices)}`,
  ]
  return `${paragraphs.join('\n\n')}\n`
}

/** As the field of a control file: one space before each line, and a full stop in an empty one. */
function indent(text: string): string {
  return text
    .trim()
    .split('\n')
    .map((line) => ` ${line.replace(/\s+$/, '') || '.'}`)
    .join('\n')
}

/** Debian's own list of changes, which only says where ours is. */
export function debianChangelog(version: string, epochSeconds: number, maintainer: string): string {
  const date = new Date(epochSeconds * 1000).toUTCString().replace('GMT', '+0000')
  return `landfast (${version}) unstable; urgency=medium

  * New upstream version; see changelog.gz.

 -- ${maintainer}  ${date}
`
}

/** The same for rpm, as nfpm reads it. */
export function rpmChange(
  version: string,
  epochSeconds: number,
  maintainer: string,
): Record<string, unknown> {
  return {
    semver: version,
    date: new Date(epochSeconds * 1000).toISOString(),
    packager: maintainer,
    changes: [{ note: 'New upstream version; see CHANGELOG.md.' }],
  }
}
