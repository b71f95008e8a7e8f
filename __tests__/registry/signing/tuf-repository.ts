import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TufRepository } from '../../../src/registry/signing/trusted-roots.js';

/** A TUF repository on loopback; what it serves may be changed at any time. */
export interface ServedTuf extends TufRepository {
  files: Map<string, string>;
  /** Writes timestamp, snapshot and targets anew. */
  publish(target: string, expires?: Date): void;
  stop(): Promise<void>;
}

const YEAR_MS = 365 * 86_400_000;

/** Its root has been renewed once since the one that clients carry, by a key that only the newer one names. */
export async function startTuf(name: string): Promise<ServedTuf> {
  const [first, second] = [newKey(), newKey()];
  const files = new Map<string, string>();
  const root = (version: number, key: Key) => ({
    ...common('root', version),
    consistent_snapshot: true,
    keys: { [key.id]: key.public },
    roles: Object.fromEntries(
      ['root', 'timestamp', 'snapshot', 'targets'].map((role) => [role, { keyids: [key.id], threshold: 1 }]),
    ),
  });
  files.set('/2.root.json', seal(root(2, second), first, second));
  let version = 0;
  const publish = (target: string, expires = new Date(Date.now() + YEAR_MS)) => {
    version++;
    const hash = createHash('sha256').update(target).digest('hex');
    const targets = { [name]: { length: Buffer.byteLength(target), hashes: { sha256: hash } } };
    files.set(`/targets/${hash}.${name}`, target);
    files.set(`/${version}.targets.json`, seal({ ...common('targets', version), targets }, second));
    const snapshot = { ...common('snapshot', version), meta: { 'targets.json': { version } } };
    files.set(`/${version}.snapshot.json`, seal(snapshot, second));
    const timestamp = { ...common('timestamp', version, expires), meta: { 'snapshot.json': { version } } };
    files.set('/timestamp.json', seal(timestamp, second));
  };
  const server = createServer(({ url = '' }, response) => {
    const file = files.get(url);
    response.writeHead(file === undefined ? 404 : 200).end(file);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    root: seal(root(1, first), first),
    files,
    publish,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Key {
  id: string;
  private: KeyObject;
  public: object;
}

function newKey(): Key {
  const keys = generateKeyPairSync('ed25519');
  const { x = '' } = keys.publicKey.export({ format: 'jwk' });
  const own = {
    keytype: 'ed25519',
    scheme: 'ed25519',
    keyval: { public: Buffer.from(x, 'base64url').toString('hex') },
  };
  const id = createHash('sha256').update(canonical(own)).digest('hex');
  return { id, private: keys.privateKey, public: own };
}

function common(type: string, version: number, expires = new Date(Date.now() + YEAR_MS)) {
  return { _type: type, spec_version: '1.0.31', version, expires: expires.toISOString() };
}

function seal(signed: object, ...keys: Key[]): string {
  const bytes = Buffer.from(canonical(signed));
  const signatures = keys.map((key) => ({
    keyid: key.id,
    sig: sign(undefined, bytes, key.private).toString('hex'),
  }));
  return JSON.stringify({ signed, signatures });
}

/** Of plain values: keys in order, no spaces. */
function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`).join(',')}}`;
}
