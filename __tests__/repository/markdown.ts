/** A fenced block of code. */
export interface CodeBlock {
  language: string;
  text: string;
  /** Line of its opening fence, from 1. */
  line: number;
}

const FENCE = /^( *)(`{3,})(\w*)\n([^]*?)\n\1\2 *$/gm;

export function codeBlocks(markdown: string): CodeBlock[] {
  return [...markdown.matchAll(FENCE)].map((found) => {
    const [, indent = '', , language = '', text = ''] = found;
    return {
      language,
      text: text.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
      line: markdown.slice(0, found.index).split('\n').length,
    };
  });
}

/** Targets of links and images outside code. */
export function linkTargets(markdown: string): string[] {
  const prose = markdown.replaceAll(FENCE, '').replaceAll(/`[^`\n]*`/g, 'code');
  const inline = [...prose.matchAll(/\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g)];
  const tags = [...prose.matchAll(/<(?:a|img|source)\s[^>]*(?:href|src|srcset)="([^"]+)"/g)];
  return [...inline, ...tags].map(([, target]) => target!);
}

/** Anchors of headings on GitHub: https://github.com/gjtorikian/html-pipeline, TableOfContentsFilter. */
export function anchors(markdown: string): string[] {
  const seen = new Map<string, number>();
  return [...markdown.replaceAll(FENCE, '').matchAll(/^#{1,6} +(.+?) *#*$/gm)].map(([, heading]) => {
    const text = heading!.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1');
    const slug = text
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\p{M}\p{Pc} -]/gu, '')
      .replaceAll(' ', '-');
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    return count === 0 ? slug : `${slug}-${count}`;
  });
}
