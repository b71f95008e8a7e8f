import { readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { execFileSync } from 'node:child_process';
import { comparisons, describeTimes, type Comparison } from './compare.js';

/** A count rather than a time: it is the same on every machine. */
export interface Finding {
  claim: string;
  bar?: string;
  result: string;
}

const found: Finding[] = [];

export function note(finding: Finding): void {
  found.push(finding);
  console.log(`\n${finding.claim}\n  ${finding.result}${finding.bar ? `\n  wanted: ${finding.bar}` : ''}`);
}

/** Text of docs/dev/benchmarks.md. */
export function renderBenchmarks(): string {
  const blocks = [
    '# Benchmarks',
    '<!-- Written by `npm run bench`; edits are lost. -->',
    'Each row was measured side by side with what it is compared with, in turn and in one run; the ratio is taken pair\nby pair. Ratios travel to other machines, single times do not. Times and ratios: median (least to greatest).',
    machine(),
    table(['what', 'ours', 'instead', 'ratio', 'pairs', 'wanted'], comparisons.map(row)),
    ...(found.length === 0
      ? []
      : [
          '## Counts',
          table(
            ['what', 'result', 'wanted'],
            found.map(({ claim, result, bar }) => [claim, result, bar ?? '–']),
          ),
        ]),
  ];
  return `${blocks.join('\n\n')}\n`;
}

function row({ claim, bar, ours, theirs, ratio, pairs }: Comparison): string[] {
  const factor = `**${ratio.median.toFixed(3)}** (${ratio.min.toFixed(3)} to ${ratio.max.toFixed(3)})`;
  const side = (contender: Comparison['ours']) => `${contender.name}: ${describeTimes(contender)}`;
  return [claim, side(ours), side(theirs), factor, String(pairs), bar ?? '–'];
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  return [titles, titles.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function machine(): string {
  const [cpu] = cpus();
  const system = /^PRETTY_NAME="(.+)"$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'Linux';
  const facts = [
    `${cpus().length} cores (${cpu?.model.trim() ?? 'unknown'})`,
    `${Math.round(totalmem() / 2 ** 30)} GiB`,
    system,
    `node ${process.versions.node}`,
    versionOf('docker', ['--version'], /version ([^,\s]+)/, 'docker'),
    versionOf('docker', ['buildx', 'version'], /buildx v?(\S+)/, 'buildx'),
    versionOf('git', ['--version'], /version (\S+)/, 'git'),
  ];
  return `Machine: ${facts.join(', ')}.`;
}

function versionOf(program: string, args: string[], pattern: RegExp, name: string): string {
  try {
    const text = execFileSync(program, args, { encoding: 'utf8' });
    return `${name} ${pattern.exec(text)?.[1] ?? 'of an unknown version'}`;
  } catch {
    return `no ${name}`;
  }
}
