import { attempt } from '../lib/json.js';

type TreeKind = 'file' | 'folder' | 'below';

/**
 * Names of inputs. Files have paths relative to the repository root, because people read them: `file api/server.js`;
 * those of a named context name it: `file@shared lib/log.js`. `below api/src` means all files and folders in it
 * in a record that had to be shortened, `below ` for a whole context.
 */
export type InputName = { kind: TreeKind; context: string; path: string } | { kind: 'other'; name: string };

const IN_TREE = /^(file|folder|below)(?:@([^ ]*))? ([\s\S]*)$/;

/** @param context name of a named context; empty: the main one */
export function inputName(kind: TreeKind, context: string, path: string): string {
  return `${kind}${context === '' ? '' : `@${encodeURIComponent(context)}`} ${path}`;
}

export function parseName(name: string): InputName {
  const [, kind, context, path] = IN_TREE.exec(name) ?? [];
  if (kind === undefined || path === undefined) return { kind: 'other', name };
  // A record may come from anywhere.
  return { kind: kind as TreeKind, context: attempt(() => decodeURIComponent(context ?? ''), context ?? ''), path };
}

/** Names come from files and from annotations that anybody may have written: nothing in them may act on a terminal. */
export function printable(name: string): string {
  return name.replace(
    /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`,
  );
}
