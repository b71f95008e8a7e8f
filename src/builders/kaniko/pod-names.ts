/** What a pod is for: an image (or helper target) of a run, for one platform. */
export interface PodPurpose {
  /** Of the run, letters and digits. */
  run: string;
  key: string;
  /** Empty: that of the node. */
  platform: string;
  /** `build`, or what else is built for the image. */
  task: string;
  /** Counts from 1. */
  attempt: number;
}

/** Longest name that also serves as a host name: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ */
const LONGEST = 63;

/** `image-release-<run>-<key>-<what else tells it apart>`. */
export function podName({ run, key, platform, task, attempt }: PodPurpose): string {
  const rest = [
    ...(task === 'build' ? [] : [task]),
    ...(platform === '' ? [] : [platform.replace(/^linux\//, '')]),
    ...(attempt > 1 ? [String(attempt)] : []),
  ];
  const start = `image-release-${nameOf(run)}-`;
  const end = rest.map((part) => `-${nameOf(part)}`).join('');
  // Keys that differ only in what names can't hold are told apart by a hash.
  const plain = nameOf(key);
  const unique = plain === key ? '' : `-${hashOf(key)}`;
  const room = LONGEST - start.length - end.length;
  const fits = plain.length + unique.length <= room;
  const cut = fits ? plain + unique : `${plain.slice(0, room - 9)}-${hashOf(key)}`;
  return `${start}${cut}${end}`.replace(/-{2,}/g, '-');
}

/** A value that a label can have; what it can't hold becomes `-`. */
export function labelValue(text: string): string {
  return text
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .slice(0, LONGEST)
    .replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '');
}

function nameOf(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
}

/** FNV-1a: it only tells names of one run apart. */
function hashOf(text: string): string {
  let hash = 0x811c9dc5;
  for (const character of text) hash = Math.imul(hash ^ character.codePointAt(0)!, 0x01000193) >>> 0;
  return hash.toString(16).padStart(8, '0');
}
