import type { Page } from 'playwright-core';

/** What a reader would stumble over, and what they would see. */
export interface Inspection {
  headline: string;
  links: string[];
  /** How many were drawn. */
  charts: number;
  brokenCharts: string[];
  /** Text that still looks like markup. */
  rawMarkdown: string[];
  /** Text that is hard to tell from its background (WCAG AA: 4.5 to 1). */
  faint: string[];
  /** What would have to be scrolled sideways; blocks of code may. */
  tooWide: string[];
}

export function lookAtPage(page: Page): Promise<Inspection> {
  return page.evaluate(inspect);
}

interface Box {
  scrollWidth: number;
  clientWidth: number;
}
interface Element extends Box {
  tagName: string;
  textContent: string;
  innerText: string;
  href: string;
  parentElement: Element | null;
  childNodes: Iterable<{ nodeType: number; textContent: string }>;
  getAttribute(name: string): string | null;
  closest(selector: string): Element | null;
  querySelectorAll(selector: string): Iterable<Element>;
  cloneNode(deep: true): Element;
  remove(): void;
  checkVisibility(): boolean;
}
/** What of the page's globals is used. */
interface InPage {
  document: { querySelectorAll(selector: string): Iterable<Element>; scrollingElement: Box };
  getComputedStyle(element: Element): { color: string; backgroundColor: string };
}

/** Runs in the page. */
function inspect(): Inspection {
  const { document, getComputedStyle } = globalThis as unknown as InPage;
  const all = (selector: string) => [...document.querySelectorAll(selector)];
  const told = ({ tagName, textContent }: Element) => `${tagName}: ${textContent.trim().slice(0, 80)}`;

  const channels = (color: string) => (color.match(/[\d.]+/g) ?? []).map(Number);
  const luminance = (color: string) => {
    const [red = 0, green = 0, blue = 0] = channels(color).map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const isOpaque = (color: string) => {
    const [, , , alpha = 1] = channels(color);
    return alpha > 0.9;
  };
  const backgroundOf = (element: Element): string => {
    const { backgroundColor } = getComputedStyle(element);
    if (isOpaque(backgroundColor) || element.parentElement === null) return backgroundColor;
    return backgroundOf(element.parentElement);
  };
  const contrast = (element: Element) => {
    const [light = 0, dark = 0] = [getComputedStyle(element).color, backgroundOf(element)]
      .map(luminance)
      .sort((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05);
  };
  const hasText = ({ childNodes }: Element) =>
    [...childNodes].some(({ nodeType, textContent }) => nodeType === 3 && textContent.trim() !== '');

  const prose = all('article')[0]!.cloneNode(true);
  for (const code of prose.querySelectorAll('pre, code, .mermaid')) code.remove();
  const page = document.scrollingElement;
  return {
    headline: all('h2')[0]?.textContent ?? '',
    links: all('a[href]').map(({ href }) => href),
    charts: all('.mermaid svg').length,
    brokenCharts: all('.mermaid[data-error]').map((chart) => chart.getAttribute('data-error') ?? ''),
    rawMarkdown: [...prose.textContent.matchAll(/\*\*|\]\(|\[!|```|\\[*_[\]|]|&\w+;|<\/?\w+>|^\s*\|.*\|/gm)].map(
      ([found]) => found,
    ),
    faint: all('article *')
      .filter((element) => element.closest('.mermaid') === null && element.checkVisibility())
      .filter((element) => hasText(element) && contrast(element) < 4.5)
      .map(told),
    tooWide: [
      ...(page.scrollWidth > page.clientWidth ? [`the page: ${page.scrollWidth}`] : []),
      ...all('table')
        .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)
        .map(told),
    ],
  };
}
