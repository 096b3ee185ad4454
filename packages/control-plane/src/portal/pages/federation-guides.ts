/**
 * What a person is asked for who lets a job or a pod become an identity, what follows from the answers, and what the other side
 * has to be told.
 *
 * @see docs/federation.md
 * @module
 */

/** What the answers come to. */
export interface Trust {
  issuer: string
  subject: string
  audience: string
}

/** One question. */
export interface Question {
  name: string
  label: string
  /** What is there before anything is typed. */
  usual?: string
  isOptional?: true
}

/** One kind of workload. */
export interface Guide {
  label: string
  questions: readonly Question[]
  trust(answers: Readonly<Record<string, string>>): Trust
  /** What to write there, for the identity with this client id. */
  told(audience: string): { title: string; text: string }
}

/** What Azure's own tools use. */
const USUAL_AUDIENCE = 'api://AzureADTokenExchange'

const AUDIENCE: Question = { name: 'audience', label: 'Audience', usual: USUAL_AUDIENCE }

/** By the word in the address of the page. */
export const GUIDES: Readonly<Record<string, Guide>> = {
  github: {
    label: 'GitHub Actions',
    questions: [
      { name: 'repository', label: 'Repository: ORG@ORG_ID/REPO@REPO_ID, or ORG/REPO for older ones' },
      { name: 'branch', label: 'Branch', usual: 'main', isOptional: true },
      { name: 'environment', label: 'Or environment', isOptional: true },
      { name: 'issuer', label: 'Issuer', usual: 'https://token.actions.githubusercontent.com' },
      AUDIENCE,
    ],
    trust: ({ repository = '', branch = '', environment = '', issuer = '', audience = '' }) => ({
      issuer,
      audience,
      subject: `repo:${repository}:${environment ? `environment:${environment}` : `ref:refs/heads/${branch}`}`,
    }),
    told: (audience) => ({
      title: 'In the workflow, the job needs',
      text: `permissions:
  id-token: write
steps:
  - run: |
      curl -sS -H "Authorization: Bearer $ACTIONS_ID_TOKEN_REQUEST_TOKEN" \\
        "$ACTIONS_ID_TOKEN_REQUEST_URL&audience=${audience}" | jq -rj .value > token`,
    }),
  },
  gitlab: {
    label: 'GitLab',
    questions: [
      { name: 'project', label: 'Project: its path GROUP/PROJECT, or better its id' },
      { name: 'branch', label: 'Branch', usual: 'main' },
      { name: 'issuer', label: 'URL of the GitLab server', usual: 'https://gitlab.com' },
      AUDIENCE,
    ],
    trust: ({ project = '', branch = '', issuer = '', audience = '' }) => ({
      issuer,
      audience,
      subject: `${/^\d+$/.test(project) ? 'project_id' : 'project_path'}:${project}:ref_type:branch:ref:${branch}`,
    }),
    told: (audience) => ({
      title: 'In .gitlab-ci.yml, the job needs',
      text: `id_tokens:
  FEDERATED_TOKEN:
    aud: ${audience}`,
    }),
  },
  kubernetes: {
    label: 'Kubernetes',
    questions: [
      { name: 'namespace', label: 'Namespace', usual: 'default' },
      { name: 'account', label: 'Service account', usual: 'default' },
      { name: 'issuer', label: 'Issuer: kubectl get --raw /.well-known/openid-configuration says it' },
      AUDIENCE,
    ],
    trust: ({ namespace = '', account = '', issuer = '', audience = '' }) => ({
      issuer,
      audience,
      subject: `system:serviceaccount:${namespace}:${account}`,
    }),
    told: (audience) => ({
      title: 'In the pod, a volume',
      text: `volumes:
  - name: landfast
    projected:
      sources:
        - serviceAccountToken:
            path: token
            audience: ${audience}
            expirationSeconds: 3600`,
    }),
  },
  other: {
    label: 'Another issuer',
    questions: [
      { name: 'issuer', label: 'Issuer, as the claim iss of its tokens has it' },
      { name: 'subject', label: 'Subject, as the claim sub has it' },
      AUDIENCE,
    ],
    trust: ({ issuer = '', subject = '', audience = '' }) => ({ issuer, subject, audience }),
    told: (audience) => ({
      title: 'At the issuer',
      text: `Ask it for a token with the audience ${audience}, and put the token into a file.`,
    }),
  },
}
