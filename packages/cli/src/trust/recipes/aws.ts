/**
 * AWS: an OpenID Connect provider in IAM, a role that trusts one subject of it, and web identity in the application.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html
 * @module
 */

import {
  APP_USER,
  json,
  quoted,
  type Recipe,
  type RecipeFacts,
  TOKEN_FOLDER,
  tokenFileSetting,
} from '../recipe.ts'

const POLICY_FILE = 'trust-policy.json'

/** The recipe. */
export function recipeForAws({ issuer, audience, subject }: RecipeFacts): Recipe {
  return {
    commands: [
      `aws iam create-open-id-connect-provider --url ${quoted(issuer)} --client-id-list ${quoted(audience)}`,
      `aws iam create-role --role-name ROLE_NAME --assume-role-policy-document file://${POLICY_FILE}`,
    ],
    files: [
      { path: POLICY_FILE, what: 'for the second command', content: trustPolicy(issuer, audience, subject) },
      tokenFileSetting('aws', audience),
    ],
    variables: {
      AWS_ROLE_ARN: 'arn:aws:iam::ACCOUNT_ID:role/ROLE_NAME',
      AWS_WEB_IDENTITY_TOKEN_FILE: `${TOKEN_FOLDER}/aws`,
    },
    blanks: { ACCOUNT_ID: 'the id of your AWS account', ROLE_NAME: 'the name of the role', ...APP_USER },
  }
}

/** IAM names a provider by its issuer without the scheme, slash and all. */
function trustPolicy(issuer: string, audience: string, subject: string): string {
  const provider = issuer.replace(/^https:\/\//, '')
  return json({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Federated: `arn:aws:iam::ACCOUNT_ID:oidc-provider/${provider}` },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: { StringEquals: { [`${provider}:aud`]: audience, [`${provider}:sub`]: subject } },
      },
    ],
  })
}
