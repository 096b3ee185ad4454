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
  /** What an answer may be, and what is said of another. */
  form: Form
}

interface Form {
  pattern: RegExp
  advice: string
}

/** What is wrong with the first of `answers` that is not as it must be. */
export function faultIn(
  { questions, together }: Guide,
  answers: Readonly<Record<string, string>>,
): { field: string; advice: string } | undefined {
  for (const { name, isOptional, form } of questions) {
    const answer = answers[name] ?? ''
    if (isOptional && answer === '') continue
    if (!form.pattern.test(answer)) return { field: name, advice: form.advice }
  }
  return together?.(answers)
}

/** One kind of workload. */
export interface Guide {
  label: string
  questions: readonly Question[]
  /** What is wrong with answers of which each alone is right. */
  together?(answers: Readonly<Record<string, string>>): { field: string; advice: string } | undefined
  trust(answers: Readonly<Record<string, string>>): Trust
  /** What to write there, for the identity with this client id. */
  told(audience: string): { title: string; text: string }
}

/** What Azure's own tools use. */
const USUAL_AUDIENCE = 'api://AzureADTokenExchange'

/** It stands in the lines that are copied, too. */
const AUDIENCE: Question = {
  name: 'audience',
  label: 'Audience',
  usual: USUAL_AUDIENCE,
  form: {
    pattern: /^[^\s"'`&$\\]+$/,
    advice: `Write the audience without spaces and quotation marks, such as ${USUAL_AUDIENCE}.`,
  },
}

const ISSUER: Form = {
  pattern: /^\S+$/,
  advice: 'Write the issuer as a URL, such as https://gitlab.com: exactly as its tokens have it.',
}

/** @see https://git-scm.com/docs/git-check-ref-format */
const BRANCH: Form = {
  pattern: /^(?!refs\/|\/|.*(?:\.\.|\/\/|@\{|\/\.|\.lock$|[./]$))[^\s~^:?*[\\\p{Cc}]+$/u,
  advice:
    'Write the branch by its name alone, such as main or release/1.2: without spaces and without refs/heads/.',
}

const REPOSITORY: Form = {
  pattern: /^(?:[\w.-]+@\d+\/[\w.-]+@\d+|[\w.-]+\/[\w.-]+)$/,
  advice:
    'Write the owner and the repository with a slash between them and no spaces, such as octo-org/shop; or with both ids, such as octo-org@123456/shop@456789.',
}

/** @see https://docs.github.com/actions/reference/workflows-and-actions/deployments-and-environments */
const ENVIRONMENT: Form = {
  pattern: /^[^:\p{Cc}]{1,255}$/u,
  advice:
    'Write the environment by its name, such as production. GitHub writes a “:” in it as %3A: so must you.',
}

const PROJECT: Form = {
  pattern: /^(?:\d+|[\w.-]+(?:\/[\w.-]+)+)$/,
  advice:
    'Write the number of the project, such as 278964, or its path with the group, such as group/project: without spaces and without the server.',
}

/** @see https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ */
const NAMESPACE: Form = {
  pattern: /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/,
  advice:
    'A namespace has small letters, digits and “-” alone, at most 63 of them, and begins and ends with a letter or digit, such as shop.',
}

const ACCOUNT: Form = {
  pattern: /^(?=.{1,253}$)[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/,
  advice:
    'A service account has small letters, digits, “-” and “.” alone, and begins and ends with a letter or digit, such as deploy.',
}

const SUBJECT: Form = {
  pattern: /^\P{Cc}+$/u,
  advice: 'Write the subject exactly as the claim sub of the tokens has it, on one line.',
}

/** By the word in the address of the page. */
export const GUIDES: Readonly<Record<string, Guide>> = {
  github: {
    label: 'GitHub Actions',
    questions: [
      {
        name: 'repository',
        label:
          'Repository with its ids, such as octo-org@123456/shop@456789 (from before 15 July 2026: without, such as octo-org/shop)',
        form: REPOSITORY,
      },
      { name: 'branch', label: 'Branch', usual: 'main', isOptional: true, form: BRANCH },
      { name: 'environment', label: 'Or environment', isOptional: true, form: ENVIRONMENT },
      {
        name: 'issuer',
        label: 'Issuer',
        usual: 'https://token.actions.githubusercontent.com',
        form: ISSUER,
      },
      AUDIENCE,
    ],
    together: ({ branch, environment }) =>
      branch || environment
        ? undefined
        : {
            field: 'branch',
            advice: 'Type a branch or an environment: one of the two says which jobs are trusted.',
          },
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
      {
        name: 'project',
        label: 'Project: its number, such as 278964, or its path, such as group/project',
        form: PROJECT,
      },
      { name: 'branch', label: 'Branch', usual: 'main', form: BRANCH },
      { name: 'issuer', label: 'URL of the GitLab server', usual: 'https://gitlab.com', form: ISSUER },
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
      { name: 'namespace', label: 'Namespace', usual: 'default', form: NAMESPACE },
      { name: 'account', label: 'Service account', usual: 'default', form: ACCOUNT },
      {
        name: 'issuer',
        label: 'Issuer: kubectl get --raw /.well-known/openid-configuration says it',
        form: ISSUER,
      },
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
      { name: 'issuer', label: 'Issuer, as the claim iss of its tokens has it', form: ISSUER },
      { name: 'subject', label: 'Subject, as the claim sub has it', form: SUBJECT },
      AUDIENCE,
    ],
    trust: ({ issuer = '', subject = '', audience = '' }) => ({ issuer, subject, audience }),
    told: (audience) => ({
      title: 'At the issuer',
      text: `Ask it for a token with the audience ${audience}, and put the token into a file.`,
    }),
  },
}
