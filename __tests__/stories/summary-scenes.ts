import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startFakeActionsCache } from '../../testing/fake-actions-cache/server.js';
import type { JobResult } from '../../testing/runner.js';
import { dockerfile, lab, openAcme, openShop, pods, type Shop } from './shop.js';

/** The summary that a real run wrote. */
export interface Scene {
  name: string;
  images: number;
  headline: RegExp;
  /** As the run wrote it. */
  summary: string;
  /** The summary with public addresses instead of the lab's. */
  published: string;
  shop: Shop;
}

/** Runs releases of two and of twelve images. The caller closes the shops. */
export async function playScenes(): Promise<Scene[]> {
  const [acme, many] = await Promise.all([playAcme(), playMany()]);
  return [...acme, ...many];
}

/** Releases of the example: the first one, one of the frontend alone, a superseded one, and a failed build. */
async function playAcme(): Promise<Scene[]> {
  const cache = await startFakeActionsCache();
  const shop = await openAcme();
  const env = cache.environment({ version: 'v1', ref: 'refs/heads/main' });
  const scene = sceneOf(shop, 2);
  try {
    const first = await shop.git('rev-parse', 'HEAD');
    const released = await shop.job({ env, runId: '7000000011', runNumber: 11 });

    await shop.push({ 'web/pages/prices.md': priceList() }, 'Print the price list');
    const partly = await shop.job({ env, runId: '7000000013', runNumber: 13 });

    const workspace = await shop.checkOut(first);
    const late = await shop.job({ env, workspace, runId: '7000000012', runNumber: 12 });

    const written = await readFile(join(shop.dir, 'web/Dockerfile'), 'utf8');
    await shop.push({ 'web/Dockerfile': written.replace('npm run build', 'npm run bundle') }, 'Bundle');
    const failed = await shop.job({ env, runId: '7000000014', runNumber: 14 });

    return [
      scene('success', /^Published and deployed api and frontend\.$/, released),
      scene('partly unchanged', /^Published and deployed frontend\. api did not change\.$/, partly),
      scene('superseded', /^Did not deploy .*: a newer release is deployed\.$/, late),
      scene('failed', /^The build failed\./, failed),
    ];
  } finally {
    await cache.stop();
  }
}

/** Half a megabyte of reproducible text that hardly compresses. */
function priceList(): string {
  const lines = Array.from({ length: 6000 }, (_, item) => createHash('sha512').update(`${item}`).digest('base64'));
  return `# Prices\n\n${lines.join('\n')}\n`;
}

const KEYS = [
  ...['accounts', 'billing', 'catalogue', 'checkout', 'delivery', 'frontend'],
  ...['inventory', 'mailer', 'payments', 'search', 'support', 'warehouse'],
];

/** Twelve small images of one repository, of which two have changed. */
async function playMany(): Promise<Scene[]> {
  const image = (key: string) => ({
    context: key,
    contexts: { busybox: `docker-image://${lab.baseBusybox}` },
  });
  const shop = await openShop({
    settings: { images: Object.fromEntries(KEYS.map((key) => [key, image(key)])) },
    files: {
      ...Object.fromEntries(
        KEYS.flatMap((key) => [
          [`${key}/Dockerfile`, dockerfile('COPY data /data')],
          [`${key}/data`, `${key}\n`],
        ]),
      ),
      'k8s/pods.yaml': pods(Object.fromEntries(KEYS.map((key) => [key, key]))),
    },
  });
  await shop.push({ 'k8s/kustomization.yaml': kustomizationOf(shop.prefix) }, 'Deploy all of them');
  await shop.job({ runId: '7000000021', runNumber: 21 });
  await shop.push({ 'mailer/data': 'more letters\n', 'search/data': 'finds more\n' }, 'Write, and find, more');
  const partly = await shop.job({ runId: '7000000022', runNumber: 22 });
  const headline = /^Published and deployed mailer and search\. 10 images did not change\.$/;
  return [sceneOf(shop, 12)('partly unchanged', headline, partly)];
}

function kustomizationOf(prefix: string): string {
  const entries = KEYS.map(
    (key) => `  - name: ${key}\n    newName: ${prefix}/${key}\n    newTag: main-0000000 # set by the release\n`,
  );
  return `resources: [pods.yaml]\nimages:\n${entries.join('')}`;
}

function sceneOf(shop: Shop, images: number) {
  return (name: string, headline: RegExp, { main }: JobResult): Scene => ({
    name,
    images,
    headline,
    summary: main.summary,
    published: main.summary
      .replaceAll(shop.github.url, 'https://github.com')
      .replaceAll(asShown(shop.prefix), 'ghcr.io/<wbr>acme')
      .replaceAll(shop.prefix, 'ghcr.io/acme')
      .replaceAll(lab.registry.replace(':', '∶'), 'ghcr.io'),
    shop,
  });
}

/** The name as a table shows it, with a possible line break after each separator. */
function asShown(name: string): string {
  return name.replaceAll(/[/:]|-(?=[^-]{4})/g, '$&<wbr>');
}
