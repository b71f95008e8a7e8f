import { startFakeGithub, type FakeGithub } from '../../../testing/fake-github/server.js';
import { jobClaims } from '../../../testing/fake-sigstore/oidc.js';
import { startFakeSigstore, type FakeSigstore } from '../../../testing/fake-sigstore/server.js';
import { createHttpClient } from '../../../src/lib/http.js';
import { Secret } from '../../../src/lib/secret.js';
import type { GithubSigning } from '../../../src/registry/signing/sign-release.js';

export const REPOSITORY = 'acme/app';
export const TOKEN = 'ghs_SigningTokenOfTheJob0123456789';
/** As of a job without `attestations: write`. */
export const WEAK_TOKEN = 'ghs_SigningTokenWithoutTheRight000';

/** A GitHub, two Sigstores, and what a job that signs with them has in its hands. */
export interface Signers {
  github: FakeGithub;
  sigstore: FakeSigstore;
  said: string[];
  /** How long was paused between tries, milliseconds. */
  pauses: number[];
  /** @param instance where to sign */
  signing(instance?: 'public-good' | 'github', over?: Partial<GithubSigning>): GithubSigning;
  stop(): Promise<void>;
}

export async function startSigners(): Promise<Signers> {
  const sigstore = await startFakeSigstore({ claims: jobClaims({ repository: REPOSITORY }) });
  const weak = { permissions: { contents: 'write' as const, metadata: 'read' as const } };
  const [owner = '', name = ''] = REPOSITORY.split('/');
  const github = await startFakeGithub({
    repositories: [
      { owner, name, dir: '', defaultBranch: 'main', tokens: { [TOKEN]: 'write', [WEAK_TOKEN]: weak } },
    ],
  });
  const http = createHttpClient({ userAgent: 'image-release-test', silenceMs: 5000, maxSockets: 4 });
  const [said, pauses]: [string[], number[]] = [[], []];
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token } = sigstore.environment;
  return {
    github,
    sigstore,
    said,
    pauses,
    signing(instance = 'public-good', over = {}) {
      const base = `${sigstore.url}/${instance}`;
      const type = instance === 'public-good' ? 'rekor' : 'tsa';
      return {
        http,
        sleep: async (ms) => void pauses.push(ms),
        redact: (text) => text,
        identity: { url, token: new Secret(token) },
        store: { apiUrl: github.apiUrl, repository: REPOSITORY, token: new Secret(TOKEN) },
        serverUrl: 'https://github.com',
        endpoints: { fulcio: base, witness: { type, url: base } },
        say: (line) => said.push(line),
        ...over,
      };
    },
    async stop() {
      http.close();
      await github.stop();
      await sigstore.stop();
    },
  };
}
