import { ReleaseError, type Problem } from '../../src/lib/errors.js';
import { Secret } from '../../src/lib/secret.js';
import {
  createRegistryClient,
  type RegistryClient,
  type RegistryClientOptions,
} from '../../src/registry/client.js';
import type { Credentials } from '../../src/registry/credentials.js';
import { startFront, type Front } from './front.js';

/** A front, and clients that talk to it. */
export interface Fronted {
  front: Front;
  /** How long the clients made here paused between tries, milliseconds. */
  pauses: number[];
  client(credentials?: Credentials, options?: Partial<RegistryClientOptions>): RegistryClient;
  stop(): Promise<void>;
}

/** @param registryHost what the front stands before; by default nobody is there, so it has to answer by itself */
export async function createFronted(registryHost = '127.0.0.1:9'): Promise<Fronted> {
  const front = await startFront(registryHost);
  const pauses: number[] = [];
  const clients: RegistryClient[] = [];
  return {
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
    },
  };
}

interface Login {
  username: string;
  password: string;
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
