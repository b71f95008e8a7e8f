/**
 * What a step wrote to `$GITHUB_OUTPUT` or `$GITHUB_ENV`: `name=value`, or `name<<END` and lines up to that word.
 * @see https://docs.github.com/actions/reference/workflow-commands-for-github-actions
 */
export function readOutputs(written: string | undefined): Map<string, string> {
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
  return outputs;
}

/** Outputs in the way of older scripts: `echo "::set-output name=tag::v1"`. */
export function readPrinted(printed: string | undefined): Map<string, string> {
  const outputs = new Map<string, string>();
  for (const [, name, value] of (printed ?? '').matchAll(/^::set-output name=([\w-]+)::(.*)$/gm))
    outputs.set(name!, value!);
  return outputs;
}
