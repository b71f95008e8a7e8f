import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRegistry, type Credentials as Login, type LabRegistry } from '../../lab/registry.js';
import { ReleaseError, type Problem } from '../../src/lib/errors.js';
import { Secret } from '../../src/lib/secret.js';
import {
  createRegistryClient,
  type RegistryClient,
  type RegistryClientOptions,
} from '../../src/registry/client.js';
import type { Credentials } from '../../src/registry/credentials.js';
import { startFront, type Front } from './front.js';

/** A registry, a front before it, and clients that talk to the front. */
export interface Site {
  registry: LabRegistry & { authorization?: string };
  front: Front;
  /** How long the clients made here paused between tries, milliseconds. */
  pauses: number[];
  client(credentials?: Credentials, options?: Partial<RegistryClientOptions>): RegistryClient;
  stop(): Promise<void>;
}

export async function createSite(auth?: Login): Promise<Site> {
  const base = await mkdtemp(join(tmpdir(), 'registry-test-'));
  const registry = await startRegistry({ dir: join(base, 'registry'), auth });
  const front = await startFront(registry.host);
  const pauses: number[] = [];
  const clients: RegistryClient[] = [];
  return {
    registry: { ...registry, authorization: auth && basic(auth) },
    front,
    pauses,
    client(credentials, options) {
      const client = createRegistryClient({
        credentials: async () => credentials,
        userAgent: 'image-release-test',
        sleep: async (ms) => void pauses.push(ms),
        ...options,
      });
      clients.push(client);
      return client;
    },
    async stop() {
      clients.forEach((client) => client.close());
      await front.stop();
      await registry.stop();
      await rm(base, { recursive: true, force: true });
    },
  };
}

export const login = ({ username, password }: Login): Credentials => ({
  username,
  password: new Secret(password),
});

export const basic = ({ username, password }: Login) =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;

/** The problems that a promise ends in; fails when it doesn't end in a ReleaseError. */
export async function problemsOf(work: Promise<unknown>): Promise<readonly Problem[]> {
  const outcome: unknown = await work.then(
    () => 'it succeeded',
    (error: unknown) => error,
  );
  if (outcome instanceof ReleaseError) return outcome.problems;
  throw outcome instanceof Error ? outcome : new Error(`No ReleaseError: ${String(outcome)}`);
}

export const codesOf = (problems: readonly Problem[]) => problems.map(({ code }) => code).sort();
