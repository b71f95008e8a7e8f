import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { BaseFetcher, Updater } from 'tuf-js';
import { DownloadHTTPError } from 'tuf-js/dist/error.js';
import { Cancelled, failure, messageOf, ReleaseError } from '../../lib/errors.js';
import { ask, type Asking } from './service.js';
import type { TufRepository } from './tuf-roots.js';

const FIX =
  'Write one where there is a network, `gh attestation trusted-root > trusted-root.jsonl`, and give it with `--trusted-root`.';
/** Years of them: both repositories make a new root twice a year. */
const MOST_ROOTS = 64;

/**
 * Reads what signatures are verified against from a file: one `trusted_root.json`, or several, one per line, as
 * `gh attestation trusted-root` prints them.
 * @throws ReleaseError `signing/trusted-root`
 */
export async function readTrustedRoots(path: string): Promise<TrustedRoot[]> {
  try {
    const text = await readFile(path, 'utf8');
    const documents = isJson(text) ? [text] : text.split('\n').filter((line) => line.trim() !== '');
    const roots = documents.map((document) => TrustedRoot.fromJSON(JSON.parse(document)));
    if (roots.some(({ certificateAuthorities }) => certificateAuthorities.length > 0)) return roots;
    throw new Error('it names no certificate authority');
  } catch (error) {
    throw failure(
      {
        code: 'signing/trusted-root',
        message: `${path} holds nothing that signatures could be verified against: ${messageOf(error)}.`,
        fix: FIX,
      },
      { cause: error },
    );
  }
}

/**
 * Fetches what signatures are verified against as it is today, by TUF: https://theupdateframework.io
 * @param target such as `trusted_root.json`
 * @throws ReleaseError `signing/trusted-root`; Cancelled
 */
export async function fetchTrustedRoot(
  { url, root }: TufRepository,
  target: string,
  { temp, ...asking }: Asking & { temp: string },
): Promise<TrustedRoot> {
  const folder = await mkdtemp(join(temp, 'image-release-tuf-'));
  try {
    await writeFile(join(folder, 'root.json'), root);
    const targetDir = join(folder, 'targets');
    await mkdir(targetDir);
    const updater = new Updater({
      metadataDir: folder,
      metadataBaseUrl: url,
      targetDir,
      targetBaseUrl: `${url}/targets`,
      fetcher: new Fetcher(asking),
      config: { maxRootRotations: MOST_ROOTS },
    });
    const found = await updater.getTargetInfo(target);
    if (found === undefined) throw new Error(`it holds no ${target}`);
    const path = await updater.downloadTarget(found);
    return TrustedRoot.fromJSON(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    if (error instanceof Cancelled) throw error;
    const why = error instanceof ReleaseError ? error.message : `${messageOf(error)}.`;
    throw failure(
      {
        code: 'signing/trusted-root',
        message: `What signatures are verified against can't be had from ${url}: ${why}`,
        fix: FIX,
      },
      { cause: error },
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Fetches through the proxy that all else goes through. */
class Fetcher extends BaseFetcher {
  constructor(private readonly asking: Asking) {
    super();
  }

  override async fetch(address: string): Promise<NodeJS.ReadableStream> {
    const { origin, pathname } = new URL(address);
    const service = { name: 'The TUF repository', url: origin };
    const { status, body } = await ask(service, { method: 'GET', path: pathname }, this.asking);
    if (status !== 200) throw new DownloadHTTPError(`${address} answered ${status}`, status);
    return Readable.from([body]);
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
