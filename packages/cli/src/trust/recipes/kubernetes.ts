/**
 * Kubernetes: a JWT authenticator of the API server, a binding for one user, and a kubeconfig with a token file.
 *
 * @see https://kubernetes.io/docs/reference/access-authn-authz/authentication/#using-authentication-configuration
 * @module
 */

import { APP_USER, quoted, type Recipe, type RecipeFacts, TOKEN_FOLDER, tokenFileSetting } from '../recipe.ts'

const CONFIGURATION = '/etc/kubernetes/landfast-authentication.yaml'
const PREFIX = 'landfast:'

/** The recipe. */
export function recipeForKubernetes(facts: RecipeFacts): Recipe {
  const { audience, subject } = facts
  return {
    commands: [
      `kube-apiserver --authentication-config=${CONFIGURATION} # beside its other flags`,
      `kubectl create clusterrolebinding landfast --clusterrole=ROLE_NAME --user=${quoted(PREFIX + subject)}`,
    ],
    files: [
      { path: CONFIGURATION, what: 'for the API server', content: authenticationFor(facts) },
      { path: 'kubeconfig', what: 'add to that of the application', content: kubeconfig() },
      tokenFileSetting('kubernetes', audience),
    ],
    variables: { KUBECONFIG: 'kubeconfig' },
    blanks: { ROLE_NAME: 'what the machine may do, such as view', ...APP_USER },
  }
}

function authenticationFor({ issuer, audience, ca }: RecipeFacts): string {
  const lines = [
    'apiVersion: apiserver.config.k8s.io/v1',
    'kind: AuthenticationConfiguration',
    'jwt:',
    '  - issuer:',
    `      url: ${JSON.stringify(issuer)}`,
    `      audiences: [${JSON.stringify(audience)}]`,
    ...(ca
      ? [
          '      certificateAuthority: |',
          ...ca.pem
            .trimEnd()
            .split('\n')
            .map((line) => `        ${line}`),
        ]
      : []),
    '    claimMappings:',
    '      username:',
    '        claim: sub',
    `        prefix: ${JSON.stringify(PREFIX)}`,
  ]
  return `${lines.join('\n')}\n`
}

function kubeconfig(): string {
  return `users:\n  - name: landfast\n    user:\n      tokenFile: ${TOKEN_FOLDER}/kubernetes\n`
}
