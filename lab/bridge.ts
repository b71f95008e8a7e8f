import { randomBytes, randomInt } from 'node:crypto';
import { readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { run } from '../src/lib/process.js';
import { SERVICE_PATH } from './service.js';

/** A network interface that containers of one daemon hang on. */
export interface Bridge {
  name: string;
  /** The machine's own address on it, with a /24 network behind. */
  address: string;
}

const PREFIX = 'lab';
const NOTE = 'bridge.name';

/** busybox is there anyway; iproute2, which has its own `ip`, is not on every machine. */
async function busybox(...args: string[]): Promise<void> {
  const result = await run('busybox', args, { env: { PATH: SERVICE_PATH } });
  if (result.code !== 0) throw new Error(`busybox ${args.join(' ')}: ${result.stderr.toString().trim()}`);
}

/** Where the guardian of this lab finds the names of all bridges: `dir` may be in memory that it doesn't see. */
const noteFor = (name: string, lab = process.env.LAB_DIR) => lab && join(lab, `${PREFIX}-bridge-${name}`);

/** Names of the bridges that are noted in the folder of a lab. */
export async function notedBridges(lab: string): Promise<string[]> {
  const notes = (await readdir(lab).catch(() => [])).filter((name) => name.startsWith(`${PREFIX}-bridge-`));
  return notes.map((name) => name.slice(`${PREFIX}-bridge-`.length));
}

/**
 * Adds a bridge with an unused private network (172.31.x.0/24), and notes its name in `dir` and in the lab's folder.
 */
export async function addBridge(dir: string): Promise<Bridge> {
  const used = new Set(
    Object.values(networkInterfaces())
      .flat()
      .map((address) => address?.address.split('.').slice(0, 3).join('.')),
  );
  const networks = Array.from({ length: 256 }, (_, index) => `172.31.${index}`).filter((net) => !used.has(net));
  const network = networks[randomInt(networks.length)];
  if (network === undefined) throw new Error('All of 172.31.0.0/16 is in use.');
  const bridge = { name: `${PREFIX}${randomBytes(4).toString('hex')}`, address: `${network}.1` };
  await writeFile(join(dir, NOTE), bridge.name);
  const note = noteFor(bridge.name);
  if (note) await writeFile(note, '');
  await busybox('brctl', 'addbr', bridge.name);
  await busybox('ip', 'addr', 'add', `${bridge.address}/24`, 'dev', bridge.name);
  await busybox('ip', 'link', 'set', bridge.name, 'up');
  return bridge;
}

/** Removes the bridge that is noted in `dir`; nothing to do when there is none or it is gone already. */
export async function removeBridge(dir: string): Promise<void> {
  const name = await readFile(join(dir, NOTE), 'utf8').catch(() => undefined);
  if (name === undefined) return;
  await deleteBridge(name);
  const note = noteFor(name);
  if (note) await rm(note, { force: true });
}

/** Nothing to do when it is gone already. */
export async function deleteBridge(name: string): Promise<void> {
  const env = { PATH: SERVICE_PATH };
  await run('busybox', ['ip', 'link', 'set', name, 'down'], { env });
  await run('busybox', ['brctl', 'delbr', name], { env });
}
