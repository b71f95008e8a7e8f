/** @programs docker kustomize pngquant */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lookAtPage } from '../../lab/summary-page/inspection.js';
import { readPngSize, shrinkPng } from '../../lab/summary-page/png.js';
import { startSummaryPages, type SummaryPages, type View } from '../../lab/summary-page.js';
import type { Shop } from './shop.js';
import { playScenes, type Scene } from './summary-scenes.js';

const IMAGES = join(dirname(fileURLToPath(import.meta.url)), '../../docs/images');
const SCENES = [
  [2, 'success'],
  [2, 'partly unchanged'],
  [2, 'superseded'],
  [2, 'failed'],
  [12, 'partly unchanged'],
] as const;
const VIEWS: View[] = [
  { theme: 'dark', width: 1012, details: 'unfolded' },
  { theme: 'light', width: 390, details: 'folded' },
];

let pages: SummaryPages;
let scenes: Scene[];
beforeAll(async () => {
  [pages, scenes] = await Promise.all([startSummaryPages(), playScenes()]);
});
afterAll(async () => {
  await pages?.close();
  await Promise.all([...new Set(scenes?.map(({ shop }) => shop))].map((shop) => shop.close()));
});

function sceneOf(images: number, name: string): Scene {
  const found = scenes.find((scene) => scene.images === images && scene.name === name);
  if (found === undefined) throw new Error(`No run was ${name} with ${images} images.`);
  return found;
}

describe.each(SCENES)('the summary of %i images, %s', (images, name) => {
  test.each(VIEWS)('is readable on GitHub in the $theme theme, $width pixels wide, details $details', async (view) => {
    const scene = sceneOf(images, name);
    const seen = await lookAtPage(await pages.show(scene.published, view));
    expect(seen.headline).toMatch(scene.headline);
    expect(seen).toMatchObject({ brokenCharts: [], rawMarkdown: [], faint: [], tooWide: [] });
    if (/```mermaid/.test(scene.summary)) expect(seen.charts).toBe(1);
  });

  test('links only to existing commits, files and runs of the repository', async () => {
    const { summary, shop } = sceneOf(images, name);
    const seen = await lookAtPage(await pages.show(summary, VIEWS[0]!));
    expect(seen.links.length).toBeGreaterThan(3);
    const own = `${shop.github.url}/acme/app/`;
    for (const link of seen.links) {
      expect(link).toMatch(/^https?:\/\/[^\s()<>]+$/);
      if (link.startsWith(own))
        expect({ link, leadsTo: await targetOf(shop, link.slice(own.length)) }).toEqual({
          link,
          leadsTo: 'what is there',
        });
    }
  });
});

/** Looks up the target of a link to a page of the repository. */
async function targetOf({ origin }: Shop, path: string): Promise<string> {
  const [, kind = '', rest = ''] = /^(commit|compare|tree|blob|actions\/runs)\/(.+)$/.exec(path) ?? [];
  switch (kind) {
    case 'commit':
    case 'compare':
    case 'tree':
      for (const revision of rest.split('...')) await origin('rev-parse', '--verify', `${revision}^{commit}`);
      return 'what is there';
    case 'blob': {
      const [, revision = '', file = '', line = '1'] = /^([^/]+)\/([^#]+)(?:#L(\d+).*)?$/.exec(rest) ?? [];
      const { length } = (await origin('show', `${revision}:${file}`)).split('\n');
      return Number(line) <= length ? 'what is there' : `line ${line} of ${length}`;
    }
    case 'actions/runs':
      return /^70000000\d\d$/.test(rest) ? 'what is there' : 'no run';
    default:
      return 'nowhere';
  }
}

const DESKTOP: View = { theme: 'light', width: 1012, details: 'folded' };
/** The screenshots in docs/, each of a real run; UPDATE_DOCS=1 updates them. */
const PICTURES: { file: string; images: number; scene: string; view: View }[] = [
  { file: 'summary-light.png', images: 2, scene: 'partly unchanged', view: DESKTOP },
  { file: 'summary-dark.png', images: 2, scene: 'partly unchanged', view: { ...DESKTOP, theme: 'dark' } },
  { file: 'summary-failed.png', images: 2, scene: 'failed', view: DESKTOP },
  { file: 'summary-many.png', images: 12, scene: 'partly unchanged', view: DESKTOP },
  { file: 'summary-phone.png', images: 2, scene: 'success', view: { ...DESKTOP, theme: 'dark', width: 390 } },
];

test.each(PICTURES)('docs/images/$file is about as big as a new screenshot', async ({ file, images, scene, view }) => {
  const page = await pages.show(sceneOf(images, scene).published, view);
  const taken = await page.locator('article').screenshot();
  await writeFile(join(tmpdir(), file), taken);
  if (process.env['UPDATE_DOCS'] === '1') {
    await mkdir(IMAGES, { recursive: true });
    await writeFile(join(IMAGES, file), await shrinkPng(taken));
  }
  const kept = await readFile(join(IMAGES, file));
  const [now, then] = [readPngSize(taken), readPngSize(kept)];
  expect(kept.length).toBeLessThan(120_000);
  expect(then.width).toBe(now.width);
  // Times and digests differ from run to run, so line breaks differ, too.
  expect(Math.abs(now.height - then.height) / then.height).toBeLessThan(0.15);
});
