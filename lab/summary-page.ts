import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { chromium, type Browser, type Page } from 'playwright-core';
import { renderMarkdown } from './summary-page/github-markdown.js';
import { ensureDebianPackages } from './packages.js';

const require = createRequire(import.meta.url);
const MERMAID = require.resolve('@mermaid-js/tiny/dist/mermaid.tiny.js');
const BACKGROUND = { light: '#ffffff', dark: '#0d1117' } as const;

export type Theme = keyof typeof BACKGROUND;

export interface View {
  theme: Theme;
  /** Pixels. The column of a run's page is about 1000 wide on a desktop, 390 on a telephone. */
  width: number;
  /** `unfolded`: everything in `<details>` is open. */
  details: 'folded' | 'unfolded';
}

/** Shows summaries as GitHub shows them: its Markdown, its style sheet, mermaid, in a real browser. */
export interface SummaryPages {
  /** @returns the page of that theme, which shows this until something else is shown */
  show(markdown: string, view: View): Promise<Page>;
  close(): Promise<void>;
}

/** Installs the browser where it is missing. */
export async function startSummaryPages(): Promise<SummaryPages> {
  await ensureDebianPackages(['chromium', 'fonts-liberation', 'fonts-noto-color-emoji']);
  const browser = await launch();
  const [light, dark] = await Promise.all([openPage(browser, 'light'), openPage(browser, 'dark')]);
  const pages = { light, dark };
  return {
    show: async (markdown, view) => {
      await showIn(pages[view.theme], await renderMarkdown(markdown), view);
      return pages[view.theme];
    },
    close: () => browser.close(),
  };
}

function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--force-color-profile=srgb'],
  });
}

async function openPage(browser: Browser, theme: Theme): Promise<Page> {
  const page = await browser.newPage({ colorScheme: theme, deviceScaleFactor: 2 });
  const style = await readFile(require.resolve(`github-markdown-css/github-markdown-${theme}.css`), 'utf8');
  await page.setContent(`<!doctype html><html lang="en"><meta charset="utf-8"><title>Summary</title>
<style>${style}
body { margin: 0; background: ${BACKGROUND[theme]}; }
.markdown-body { box-sizing: border-box; padding: 32px; }
@media (max-width: 767px) { .markdown-body { padding: 16px; } }
.mermaid svg { max-width: 100%; }
</style><body><article class="markdown-body"></article></body></html>`);
  await page.addScriptTag({ path: MERMAID });
  return page;
}

async function showIn(page: Page, body: string, { theme, width, details }: View): Promise<void> {
  await page.setViewportSize({ width, height: 800 });
  await page.$eval('article', (article, html) => (article.innerHTML = html), body);
  if (details === 'unfolded')
    await page.$$eval('details', (found) => found.forEach((each) => each.setAttribute('open', '')));
  await page.evaluate(drawCharts, theme);
}

/** What of the page's globals is used. */
interface InPage {
  document: {
    querySelectorAll(selector: string): Iterable<{
      textContent: string;
      innerHTML: string;
      setAttribute(name: string, value: string): void;
    }>;
  };
  mermaid: {
    initialize(options: object): void;
    render(id: string, text: string): Promise<{ svg: string }>;
  };
}

/** Runs in the page. A chart that can't be drawn keeps its text, and says why. */
async function drawCharts(theme: Theme): Promise<void> {
  const { document, mermaid } = globalThis as unknown as InPage;
  mermaid.initialize({ startOnLoad: false, theme: theme === 'dark' ? 'dark' : 'default' });
  for (const [index, element] of [...document.querySelectorAll('.mermaid')].entries()) {
    try {
      element.innerHTML = (await mermaid.render(`chart-${index}`, element.textContent)).svg;
    } catch (error) {
      element.setAttribute('data-error', String(error));
    }
  }
}
