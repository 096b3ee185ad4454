/**
 * The two forms in which GitHub and GitLab write a subject: by names, which can be changed and taken again, and by ids,
 * which stay. A credential of the one form never fits a token of the other, so whoever meets both is told.
 *
 * @see https://learn.microsoft.com/entra/workload-id/workload-identities-github-immutable-subjects
 * @see https://docs.gitlab.com/ci/cloud_services/
 * @module
 */

import type { JWTPayload } from 'jose'

type Claims = Readonly<JWTPayload>

const GITHUB_IDS = /^repo:([^@/:]+)@\d+\/([^@/:]+)@\d+(?=:|$)/
const GITHUB_NAMES = /^repo:([^@/:]+)\/([^@/:]+)(?=:|$)/
const GITLAB_ID = /^project_id:\d+(?=:|$)/
const GITLAB_PATH = /^project_path:[^:]+(?=:|$)/

/** What the token has and the credential lacks, or the other way round. */
const TOKEN_HAS_IDS =
  'a federated credential names it in the older form, by names alone; write the subject of this message, with its ids, into a new one'
const TOKEN_HAS_NAMES =
  'a federated credential names it in the newer form, with ids, but the tokens have names alone; turn that form on at the issuer'

/**
 * Which form does not fit, if `isTrusted` says that claims with the same subject in its other form would be taken. They prove
 * nothing.
 */
export function otherFormOf(claims: Claims, isTrusted: (claims: Claims) => boolean): string | undefined {
  const { sub = '' } = claims
  const byName = namedForm(sub, claims)
  if (byName !== undefined) return isTrusted({ ...claims, sub: byName }) ? TOKEN_HAS_IDS : undefined
  const byId = idForm(sub, claims)
  return byId !== undefined && isTrusted({ ...claims, sub: byId }) ? TOKEN_HAS_NAMES : undefined
}

function namedForm(sub: string, { project_path: path }: Claims): string | undefined {
  if (GITHUB_IDS.test(sub)) return sub.replace(GITHUB_IDS, 'repo:$1/$2')
  if (typeof path === 'string' && GITLAB_ID.test(sub))
    return sub.replace(GITLAB_ID, () => `project_path:${path}`)
  return undefined
}

/** GitHub's tokens have the ids in claims of their own, and GitLab's that of the project. */
function idForm(sub: string, claims: Claims): string | undefined {
  const { repository_owner_id: owner, repository_id: repository, project_id: project } = claims
  const [, ownerName, name] = GITHUB_NAMES.exec(sub) ?? []
  if (ownerName !== undefined && typeof owner === 'string' && typeof repository === 'string') {
    return sub.replace(GITHUB_NAMES, () => `repo:${ownerName}@${owner}/${name}@${repository}`)
  }
  if (typeof project === 'string' && GITLAB_PATH.test(sub)) {
    return sub.replace(GITLAB_PATH, () => `project_id:${project}`)
  }
  return undefined
}
