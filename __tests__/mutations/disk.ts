import { createHash } from 'node:crypto';
import { lstatSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** All entries of a folder by relative path, each with its metadata and content. */
export type Disk = Map<string, string>;

export function readDisk(root: string): Disk {
  const disk: Disk = new Map();
  const read = (folder: string) => {
    for (const name of readdirSync(join(root, folder))) {
      const path = folder === '' ? name : `${folder}/${name}`;
      const stat = lstatSync(join(root, path));
      disk.set(path, [stat.mode, stat.uid, stat.gid, stat.mtimeMs, stat.nlink, contentOf(path)].join(' '));
      if (stat.isDirectory()) read(path);

      function contentOf(inRoot: string): string {
        if (stat.isSymbolicLink()) return readlinkSync(join(root, inRoot));
        if (!stat.isFile()) return '';
        return createHash('sha1')
          .update(readFileSync(join(root, inRoot)))
          .digest('hex');
      }
    }
  };
  read('');
  return disk;
}

/** Paths at which two folders differ. A folder is listed only if nothing below it differs. */
export function compareDisks(one: Disk, other: Disk): string[] {
  const paths = [...new Set([...one.keys(), ...other.keys()])].filter((path) => one.get(path) !== other.get(path));
  return paths.filter((path) => !paths.some((below) => below.startsWith(`${path}/`)));
}
