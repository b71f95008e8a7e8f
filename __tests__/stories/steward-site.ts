import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { git } from '../../testing/acme.js';
import { PROVENANCE, pushImage, SBOM, type Attestation, type TestImage } from '../registry/fixtures/images.js';
import { showLedger, type LedgerJson } from '../../testing/ledger-json.js';
import { KEYS, openCliSite, type CliSite } from './cli-site.js';
import type { SharedEnd } from './shared-cli.js';
import { shareProcess, type SharedProcess } from './shared-process.js';
import { lab } from './shop.js';

/** A published version of both images. */
export interface Version {
  /** Source commit. */
  commit: string;
  tag: string;
  run: number;
  /** By image key. */
  digests: Record<string, string>;
}

/** A site whose versions are pushed directly to the registry, and deployed by `deploy --image`. */
export interface StewardSite extends Omit<CliSite, 'cli'> {
  cli: SharedProcess['cli'];
  /** Runs the CLI in a separate process. */
  alone: CliSite['cli'];
  /** Makes a source commit, and publishes both images under its tag. */
  publish(over?: Partial<TestImage>): Promise<Version>;
  /** Deploys a version as its run would; @returns the exit code and output */
  deploy(version: Version, keys?: readonly string[]): Promise<SharedEnd>;
  /** Publishes and deploys. @throws Error with stderr if the deployment fails */
  ship(over?: Partial<TestImage>): Promise<Version>;
  /** Tags in the Kustomization on the branch, by image key. */
  deployed(): Promise<Record<string, string>>;
  /** Edits the Kustomization by hand, and pushes it. */
  edit(change: (text: string) => string): Promise<void>;
  /** Moves a tag to another image, as a foreign push would; @returns its digest */
  repoint(key: string, tag: string): Promise<string>;
  /** Removes an image with all its tags from the registry. */
  remove(key: string, digest: string): Promise<void>;
  /** Content of the ledger. */
  ledger(): Promise<LedgerJson>;
}

/** Provenance as buildx writes it for a checkout of `commit`. */
export function provenanceOf(commit: string): Attestation {
  const metadata = { vcs: { source: 'https://example.org/acme/app.git', revision: commit } };
  return {
    ...PROVENANCE,
    predicate: {
      buildConfig: { llbDefinition: [] },
      metadata: { 'https://mobyproject.org/buildkit@v1#metadata': metadata },
    },
  };
}

export async function openStewardSite(): Promise<StewardSite> {
  const site = await openCliSite();
  const shared = shareProcess(site);
  const { cli } = shared;
  const registry = { host: lab.registry };
  const repositoryOf = (key: string) => `${site.prefix}/${key}`.slice(lab.registry.length + 1);
  let versions = 0;

  const publish = async (over: Partial<TestImage> = {}): Promise<Version> => {
    const run = ++versions;
    const commit = await site.commit({ 'api/words': `version ${run}\n` });
    const tag = `main-${commit.slice(0, 7)}`;
    const digests: Record<string, string> = {};
    for (const key of KEYS) {
      const attestations = () => [SBOM, provenanceOf(commit)];
      const image = { seed: `${key} ${commit}`, attestations, ...over };
      digests[key] = (await pushImage(registry, repositoryOf(key), image, tag)).digest;
    }
    return { commit, tag, run, digests };
  };
  const deploy = ({ commit, tag, run }: Version, keys: readonly string[] = KEYS) => {
    const images = keys.flatMap((key) => ['--image', `${key}=${site.prefix}/${key}:${tag}`]);
    return cli(['deploy', ...images, '--source', commit, '--run', String(run)]);
  };

  return {
    ...site,
    cli,
    alone: site.cli,
    close: async () => {
      shared.end();
      await site.close();
    },
    publish,
    deploy,
    async ship(over) {
      const version = await publish(over);
      const { exitCode, stderr } = await deploy(version);
      if (exitCode !== 0) throw new Error(stderr);
      return version;
    },
    async deployed() {
      const text = await git(site.bare, ['show', 'main:k8s/kustomization.yml']);
      const tags = [...text.matchAll(/newTag: '?([^'\s]+)/g)].map((match) => match[1] ?? '');
      return Object.fromEntries(KEYS.map((key, index) => [key, tags[index] ?? '']));
    },
    async edit(change) {
      await git(site.dir, ['pull', '--quiet', '--rebase', 'origin', 'main']);
      const path = join(site.dir, 'k8s/kustomization.yml');
      await writeFile(path, change(await readFile(path, 'utf8')));
      await site.commit({});
    },
    async repoint(key, tag) {
      const image = { seed: `somebody else's ${key} ${tag}` };
      return (await pushImage(registry, repositoryOf(key), image, tag)).digest;
    },
    async remove(key, digest) {
      const url = `http://${lab.registry}/v2/${repositoryOf(key)}/manifests/${digest}`;
      const { status } = await fetch(url, { method: 'DELETE' });
      expect(status).toBe(202);
    },
    async ledger() {
      return showLedger((...args) => git(site.bare, args));
    },
  };
}
