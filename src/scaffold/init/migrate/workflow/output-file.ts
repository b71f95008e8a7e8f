import type { Session } from '../commands/session.js';

/**
 * What a step wrote to `$GITHUB_OUTPUT` or `$GITHUB_ENV`: `name=value`, or `name<<END` and lines up to that word; and what
 * older scripts print.
 * @see https://docs.github.com/actions/reference/workflow-commands-for-github-actions
 */
export function readOutputs(
  written: string | undefined,
  script: string,
  _session: Session,
): Map<string, string> {
  const outputs = new Map<string, string>();
  const lines = (written ?? '').split('\n');
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at]!;
    const [, name, end] = /^([\w-]+)<<(.+)$/.exec(line) ?? [];
    if (name !== undefined) {
      const value: string[] = [];
      for (at += 1; at < lines.length && lines[at] !== end; at += 1) value.push(lines[at]!);
      outputs.set(name, value.join('\n'));
      continue;
    }
    const [, key, text] = /^([\w-]+)=(.*)$/s.exec(line) ?? [];
    if (key !== undefined) outputs.set(key, text!);
  }
  for (const [, name, value] of script.matchAll(/::set-output name=([\w-]+)::([^"'\n]*)/g))
    outputs.set(name!, value!);
  return outputs;
}
