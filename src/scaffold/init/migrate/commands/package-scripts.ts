import { pathAt } from '../paths.js';
import type { Follow } from './make.js';
import { deeper, type Command } from './session.js';

/** `npm run docker:push`, `yarn docker:push`: the script of that name in package.json. */
export function readPackageScript(command: Command, follow: Follow): void {
  const { call, words, session } = command;
  const at = words.findIndex((word) => word === '--prefix' || word === '-C' || word === '--cwd');
  const folder = at < 0 ? call.folder : pathAt(call.folder, words[at + 1] ?? '.');
  const plain = words.filter((word, index) => !word.startsWith('-') && (at < 0 || index !== at + 1));
  const name = plain[0] === 'run' || plain[0] === 'run-script' ? plain[1] : plain[0];
  const path = pathAt(folder, 'package.json');
  const file = session.repository.files.find((each) => each.path === path);
  const script = file === undefined ? undefined : scriptsOf(file.text)[name ?? ''];
  if (file === undefined || script === undefined) return;
  const line = file.text.split('\n').findIndex((text) => text.includes(`"${name}"`)) + 1;
  const handedOn = words.includes('--')
    ? ` ${words
        .slice(words.indexOf('--') + 1)
        .map(quoted)
        .join(' ')}`
    : '';
  const hook = (when: string) => scriptsOf(file.text)[`${when}${name}`] ?? '';
  const text = [hook('pre'), `${script}${handedOn}`, hook('post')].filter((each) => each !== '').join('\n');
  deeper(session, () => {
    follow(session, text, { place: { file: path, line: Math.max(1, line) }, folder });
  });
}

const quoted = (word: string) => `"${word.replace(/["\\`]/g, '\\$&')}"`;

/** Those of a package.json that no other of its scripts runs; what pushes alone comes after what builds. */
export function rootScripts(text: string): string[] {
  const scripts = scriptsOf(text);
  const isCalled = (name: string) =>
    Object.values(scripts).some((script) => new RegExp(`\\brun ${escaped(name)}(?![\\w:-])`).test(script));
  const pushesAlone = (name: string) =>
    Number(/\bpush\b/.test(scripts[name]!) && !/\bbuild\b/.test(scripts[name]!));
  return Object.keys(scripts)
    .filter((name) => !isCalled(name))
    .sort((a, b) => pushesAlone(a) - pushesAlone(b));
}

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

function scriptsOf(text: string): Record<string, string> {
  try {
    const { scripts = {} } = JSON.parse(text) as { scripts?: Record<string, string> };
    return scripts;
  } catch {
    return {};
  }
}
