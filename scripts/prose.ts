import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { TextlintKernel, type TextlintKernelOptions } from '@textlint/kernel';
import markdown from '@textlint/textlint-plugin-markdown';
import { printedStrings } from './prose/printed-strings.js';
import { WORDINGS } from './prose/words.js';

/** Checks the English of documents, printed strings, and comments. Exits with 1 if it finds anything. */
const require = createRequire(import.meta.url);
type Rule = NonNullable<TextlintKernelOptions['rules']>[number]['rule'];
const ruleOf = (name: string): Rule => {
  const module = require(name) as Rule & { default?: Rule };
  return module.default ?? module;
};

const kernel = new TextlintKernel();
const options = (filePath: string): TextlintKernelOptions => ({
  filePath,
  ext: '.md',
  plugins: [{ pluginId: 'markdown', plugin: markdown.default }],
  rules: [
    {
      ruleId: 'wording',
      rule: ruleOf('@textlint-rule/textlint-rule-pattern'),
      options: { patterns: WORDINGS },
    },
    {
      ruleId: 'terminology',
      rule: ruleOf('textlint-rule-terminology'),
      options: {
        defaultTerms: false,
        terms: [
          'GitHub',
          'Kubernetes',
          'Argo CD',
          'BuildKit',

          'JavaScript',
          'TypeScript',
          'Debian',
          'Docker Hub',
        ],
      },
    },
  ],
});

/** Files under version control and new ones. */
function filesOf(...patterns: string[]): string[] {
  const args = ['ls-files', '--cached', '--others', '--exclude-standard', '--deduplicate', ...patterns];
  return spawnSync('git', args, { encoding: 'utf8' })
    .stdout.split('\n')
    .filter((file) => file !== '' && existsSync(file));
}

/** The comments of a source at their lines, and nothing else. */
function commentsOf(text: string): string {
  return text
    .split('\n')
    .map(
      (line) =>
        /^\s*(?:\/\/|\/\*\*?|\*)\s+(.*?)(?:\*\/)?$/.exec(line)?.[1]?.replaceAll(/https?:\S+|moby\/\S+/g, '') ?? '',
    )
    .join('\n');
}

const findings: string[] = [];
for (const file of filesOf('*.md', ':(exclude)__tests__', ':(exclude)testing')) {
  const { messages } = await kernel.lintText(readFileSync(file, 'utf8'), options(file));
  findings.push(...messages.map(({ line, message }) => `${file}:${line} ${message}`));
}
for (const file of filesOf('src/*.ts')) {
  for (const { line, text } of printedStrings(file)) {
    const { messages } = await kernel.lintText(text, options(`${file}.md`));
    findings.push(...messages.map(({ message }) => `${file}:${line} ${message} (${text.slice(0, 60)})`));
  }
}
for (const file of filesOf('src/*.ts')) {
  const { messages } = await kernel.lintText(commentsOf(readFileSync(file, 'utf8')), options(`${file}.md`));
  findings.push(...messages.map(({ line, message }) => `${file}:${line} ${message}`));
}
for (const finding of findings) console.error(finding);
console.error(findings.length === 0 ? 'No findings.' : `${findings.length} findings.`);
process.exitCode = findings.length === 0 ? 0 : 1;
