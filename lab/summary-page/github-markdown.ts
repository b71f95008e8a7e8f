import rehypeGithubAlert from 'rehype-github-alert';
import rehypeRaw from 'rehype-raw';
import rehypeSanitize, { defaultSchema } from 'rehype-sanitize';
import rehypeStringify from 'rehype-stringify';
import remarkGfm from 'remark-gfm';
import remarkParse from 'remark-parse';
import remarkRehype from 'remark-rehype';
import { unified } from 'unified';

/**
 * What of HTML GitHub lets through.
 * https://github.com/gjtorikian/html-pipeline/blob/main/lib/html_pipeline/sanitization_filter.rb
 */
const ALLOWED = {
  ...defaultSchema,
  tagNames: [...(defaultSchema.tagNames ?? []), 'wbr', 'small', 'mark', 'abbr', 'time'],
};

/** GitHub's Markdown as HTML: tables, alerts, folded parts, and nothing that GitHub would take out. */
export async function renderMarkdown(markdown: string): Promise<string> {
  const file = await unified()
    .use(remarkParse)
    .use(remarkGfm)
    .use(remarkRehype, { allowDangerousHtml: true })
    .use(rehypeRaw)
    .use(rehypeSanitize, ALLOWED)
    .use(rehypeGithubAlert)
    .use(() => colourCode)
    .use(rehypeStringify)
    .process(markdown);
  return String(file);
}

interface Node {
  type: string;
  tagName?: string;
  properties?: Record<string, unknown>;
  children?: Node[];
  value?: string;
}

/** Charts become what mermaid draws into; diffs and comments get GitHub's colours. */
function colourCode(tree: object): void {
  const walk = (node: Node): void => {
    for (const child of node.children ?? []) walk(child);
    if (node.tagName !== 'pre') return;
    const [code] = node.children ?? [];
    const [language = ''] = [code?.properties?.className].flat().map((name) => String(name).slice(9));
    const text = (code?.children ?? []).map(({ value }) => value ?? '').join('');
    if (language === 'mermaid') {
      Object.assign(node, { tagName: 'div', properties: { className: ['mermaid'] } });
      node.children = [{ type: 'text', value: text }];
    } else if (code !== undefined && language in COLOURS) {
      code.children = text.split(/(?<=\n)/).map((line) => colourLine(language, line));
    }
  };
  walk(tree as Node);
}

const COLOURS: Record<string, readonly (readonly [RegExp, string])[]> = {
  diff: [
    [/^(---|\+\+\+) /, 'pl-md'],
    [/^@@ /, 'pl-mdr'],
    [/^\+/, 'pl-mi1'],
    [/^-/, 'pl-md'],
  ],
  sh: [[/^#/, 'pl-c']],
};

function colourLine(language: string, line: string): Node {
  const text = { type: 'text', value: line };
  const found = COLOURS[language]?.find(([pattern]) => pattern.test(line));
  if (found === undefined) return text;
  const [, className] = found;
  return { type: 'element', tagName: 'span', properties: { className: [className] }, children: [text] };
}
