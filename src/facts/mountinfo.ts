/** A mount that holds a path. */
export interface Mount {
  point: string;
  /** As the kernel names the file system: `overlay`, `ext4`, `tmpfs`. */
  type: string;
  source: string;
}

/** Reads `/proc/self/mountinfo` (proc_pid_mountinfo(5)), in the order of mounting. */
export function readMounts(text: string): Mount[] {
  return text.split('\n').flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ');
    const point = before.split(' ')[4];
    const [type, source = ''] = after.split(' ');
    return point === undefined || !type ? [] : [{ point: plain(point), type, source: plain(source) }];
  });
}

/** The mount that holds an absolute path without symbolic links: the longest, and of equal ones the last. */
export function mountOf(path: string, mounts: readonly Mount[]): Mount | undefined {
  let best: Mount | undefined;
  for (const mount of mounts) {
    const holds = mount.point === '/' || path === mount.point || path.startsWith(`${mount.point}/`);
    if (holds && (best === undefined || mount.point.length >= best.point.length)) best = mount;
  }
  return best;
}

/** Blanks, tabs, line ends and backslashes are written in octal. */
function plain(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
}
