/** Longest tag: https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests */
const LONGEST = 128;

/**
 * The tag under which a pod pushes: the executor can't push by digest alone. It is the run's own, so no run overwrites
 * another's image and a registry with tags that never change takes it. Nobody follows it, and it is removed when the
 * index stands.
 * @param of release tag, or name of what is built on the way
 */
export function stagingTag(of: string, run: string, platform: string, task: string): string {
  const [, ...parts] = platform.split('/');
  const end = ['', task, run, ...parts].join('-');
  const start = of.replace(/[^\w.-]/g, '-').replace(/^[.-]+/, '');
  return start.slice(0, LONGEST - end.length) + end;
}
