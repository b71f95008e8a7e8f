import { createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';

/** Claims of a job's OpenID token: docs.github.com, "OpenID Connect reference". */
export type JobClaims = Record<string, string>;

/** Issues the tokens of one job, and knows its own again. */
export interface TokenIssuer {
  issue(audience: string): string;
  /** The claims of a token that this issuer made for `audience`, still valid; undefined: any other text. */
  read(token: string, audience: string): JobClaims | undefined;
}

const LIFETIME_SECONDS = 300;

export const ISSUER = 'https://token.actions.githubusercontent.com';

/** What GitHub says of a job of `repository`; further claims are laid over it. */
export function jobClaims({ repository, ...more }: { repository: string } & JobClaims): JobClaims {
  const ref = more.ref ?? 'refs/heads/main';
  const sha = more.sha ?? 'a'.repeat(40);
  const workflow = `${repository}/.github/workflows/build-push.yml@${ref}`;
  return {
    iss: ISSUER,
    sub: `repo:${repository}:ref:${ref}`,
    repository,
    repository_owner: repository.split('/')[0] ?? '',
    repository_id: '1001',
    repository_owner_id: '2002',
    repository_visibility: 'public',
    ref,
    sha,
    event_name: 'push',
    workflow: 'Build and push',
    workflow_ref: workflow,
    workflow_sha: sha,
    job_workflow_ref: workflow,
    job_workflow_sha: sha,
    runner_environment: 'github-hosted',
    run_id: '7000000001',
    run_attempt: '1',
    ...more,
  };
}

export function createTokenIssuer(claims: () => JobClaims): TokenIssuer {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const encoding = { dsaEncoding: 'ieee-p1363' } as const;
  return {
    issue(audience) {
      const now = Math.floor(Date.now() / 1000);
      const times = { iat: now, nbf: now, exp: now + LIFETIME_SECONDS };
      const signed = `${encode({ alg: 'ES256', typ: 'JWT' })}.${encode({ ...claims(), aud: audience, ...times })}`;
      const signature = sign('sha256', Buffer.from(signed), { key: keys.privateKey, ...encoding });
      return `${signed}.${signature.toString('base64url')}`;
    },
    read(token, audience) {
      const [header = '', body = '', signature = ''] = token.split('.');
      const sound = verify(
        'sha256',
        Buffer.from(`${header}.${body}`),
        { key: createPublicKey(keys.privateKey), ...encoding },
        Buffer.from(signature, 'base64url'),
      );
      if (!sound) return undefined;
      const found = JSON.parse(Buffer.from(body, 'base64url').toString()) as JobClaims & { exp: number };
      return found.aud === audience && found.exp > Date.now() / 1000 ? found : undefined;
    },
  };
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
