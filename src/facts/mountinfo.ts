/** A mount that holds a path. */
export interface Mount {
  point: string;
  /** As the kernel names the file system: `overlay`, `ext4`, `tmpfs`. */
  type: string;
  source: string;
  /** `major:minor` of the file system: the same for all its mounts. */
  device: string;
}

/** Reads `/proc/self/mountinfo` (proc_pid_mountinfo(5)), in the order of mounting. */
export function readMounts(text: string): Mount[] {
  return text.split('\n').flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ');
    const [, , device = '', , point] = before.split(' ');
    const [type, source = ''] = after.split(' ');
    return point === undefined || !type ? [] : [{ point: plain(point), type, source: plain(source), device }];
  });
}

/**
 * The mount that holds an absolute path without symbolic links: the longest, and of equal ones the last. Where that is
 * a folder of a file system mounted further up (dockerd mounts its own root upon itself), the one further up.
 */
export function mountOf(path: string, mounts: readonly Mount[]): Mount | undefined {
  const holding = mounts.filter(
    ({ point }) => point === '/' || path === point || path.startsWith(`${point}/`),
  );
  const nearest = holding.reduce<Mount | undefined>(
    (best, mount) => (best === undefined || mount.point.length >= best.point.length ? mount : best),
    undefined,
  );
  const same = holding.filter(({ device }) => device === nearest?.device);
  return same.reduce((best, mount) => (mount.point.length < best.point.length ? mount : best), nearest!);
}

/** Blanks, tabs, line ends and backslashes are written in octal. */
function plain(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
}
