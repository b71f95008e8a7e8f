import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Checkout, compareReadings, settle } from './checkout.js';

const TEXT = 'one\ntwo $Id$\n';
const made: Checkout[] = [];
afterAll(() => made.forEach((checkout) => checkout.remove()));

async function committed(files: Record<string, string | Buffer>): Promise<Checkout> {
  const checkout = new Checkout();
  made.push(checkout);
  await checkout.commit({ 'sub/text.txt': TEXT, 'plain.bin': 'plain\n', ...files });
  return checkout;
}

/** Has git write a file anew. */
async function checkOut(checkout: Checkout, ...settings: string[]): Promise<void> {
  rmSync(join(checkout.root, 'sub/text.txt'));
  checkout.run(
    ...settings.flatMap((setting) => ['-c', setting]),
    'checkout',
    '--quiet',
    '--',
    'sub/text.txt',
  );
  await settle(checkout.env, checkout.root);
}

/** Each makes git write other bytes than the blob has. */
const CONVERSIONS: Record<string, (checkout: Checkout) => void | Promise<void>> = {
  'line ends by attribute': (checkout) => checkout.commit({ '.gitattributes': '*.txt text eol=crlf\n' }),
  'line ends by attribute, one folder down': (checkout) =>
    checkout.commit({ 'sub/.gitattributes': 'text.txt eol=crlf\n' }),
  'an untracked attribute file': (checkout) => checkout.write({ '.gitattributes': '*.txt eol=crlf\n' }),
  'a pattern with a folder': (checkout) => checkout.commit({ '.gitattributes': '/sub/*.txt eol=crlf\n' }),
  'a quoted pattern': (checkout) => checkout.commit({ '.gitattributes': '"sub/*.txt" eol=crlf\n' }),
  'a macro': (checkout) => checkout.commit({ '.gitattributes': '[attr]dos eol=crlf\n*.txt dos\n' }),
  'core.eol': async (checkout) => {
    checkout.run('config', 'core.eol', 'crlf');
    await checkout.commit({ '.gitattributes': '* text=auto\n' });
  },
  'core.autocrlf': (checkout) => void checkout.run('config', 'core.autocrlf', 'true'),
  'core.autocrlf without a value': (checkout) => checkout.write({ '../.gitconfig': '[core]\n\tautocrlf\n' }),
  'an expanded keyword': (checkout) => checkout.commit({ '.gitattributes': '*.txt ident\n' }),
  'another encoding': (checkout) =>
    checkout.write({ '.gitattributes': '*.txt text working-tree-encoding=UTF-16LE\n' }),
  'a filter, as of LFS': async (checkout) => {
    checkout.run('config', 'filter.swap.smudge', 'tr a-z b-za');
    checkout.run('config', 'filter.swap.clean', 'tr b-za a-z');
    checkout.write({ '.gitattributes': '*.txt filter=swap\n' });
  },
  'info/attributes': (checkout) => checkout.write({ '.git/info/attributes': 'text.txt eol=crlf\n' }),
  'core.attributesFile': (checkout) => {
    checkout.write({ '../attributes': '*.txt eol=crlf\n' });
    checkout.run('config', 'core.attributesFile', join(checkout.home, 'attributes'));
  },
  'attributes of the user': (checkout) => checkout.write({ '../.config/git/attributes': '*.txt eol=crlf\n' }),
};

test.each(Object.entries(CONVERSIONS))(
  'what git writes otherwise is read: %s',
  async (_, convert) => {
    const checkout = await committed({});
    const blob = checkout.run('rev-parse', 'HEAD:sub/text.txt').trim();
    await convert(checkout);
    await checkOut(checkout);
    const { fast, plain, contents } = await compareReadings(checkout.root, checkout.env);
    expect(contents['sub/text.txt']).not.toBe(blob);
    expect(fast).toEqual(plain);
  },
  20_000,
);

/** As in a job of CI, where nothing was checked out before. */
function forgetHistory({ root }: Checkout): void {
  const log = join(root, '.git/logs/HEAD');
  writeFileSync(log, `${readFileSync(log, 'utf8').trimEnd().split('\n').at(-1)}\n`);
}

/** Each lets git take a file for unchanged that was written under rules that are gone. */
const FORMER: Record<string, (checkout: Checkout) => void | Promise<void>> = {
  'a setting of one checkout alone': (checkout) => checkOut(checkout, 'core.autocrlf=true'),
  'a setting that was taken back': async (checkout) => {
    checkout.run('config', 'core.autocrlf', 'true');
    await checkOut(checkout);
    checkout.run('config', '--unset', 'core.autocrlf');
  },
  'attributes that a later commit removes': async (checkout) => {
    await checkout.commit({ '.gitattributes': '*.txt eol=crlf\n' });
    await checkOut(checkout);
    checkout.run('rm', '--quiet', '.gitattributes');
    checkout.run('commit', '--quiet', '--message', 'Attributes removed');
    await settle(checkout.env, checkout.root);
  },
  'attributes that a later commit changes': async (checkout) => {
    await checkout.commit({ '.gitattributes': '*.txt eol=crlf\n' });
    await checkOut(checkout);
    checkout.write({ '.gitattributes': '*.md eol=crlf\n' });
    checkout.run('commit', '--quiet', '--message', 'Attributes changed', '.gitattributes');
    await settle(checkout.env, checkout.root);
  },
  'attributes that were changed on disk': async (checkout) => {
    await checkout.commit({ '.gitattributes': '*.txt ident\n' });
    await checkOut(checkout);
    checkout.write({ '.gitattributes': '' });
  },
  'attributes that were removed from disk': async (checkout) => {
    await checkout.commit({ '.gitattributes': '*.txt ident\n' });
    await checkOut(checkout);
    rmSync(join(checkout.root, '.gitattributes'));
  },
  'attributes that a sparse checkout leaves out': async (checkout) => {
    await checkout.commit({ 'sub/.gitattributes': '*.txt eol=crlf\n' });
    checkout.run('sparse-checkout', 'set', '--no-cone', '/*', '!.gitattributes');
    await checkOut(checkout);
    forgetHistory(checkout);
  },
  'attributes of another work tree than the environment names': async (checkout) => {
    checkout.run('config', 'core.autocrlf', 'true');
    await checkOut(checkout);
    forgetHistory(checkout);
    checkout.git(checkout.home, 'init', '--quiet', 'other');
    checkout.env['GIT_DIR'] = join(checkout.home, 'other', '.git');
  },
  'settings of a repository that belongs to somebody else': async (checkout) => {
    checkout.run('config', 'core.autocrlf', 'true');
    await checkOut(checkout);
    forgetHistory(checkout);
    checkout.env['GIT_TEST_ASSUME_DIFFERENT_OWNER'] = '1';
  },
};

test.each(Object.entries(FORMER))(
  'what git once wrote otherwise is read: %s',
  async (_, make) => {
    const checkout = await committed({ 'more.txt': 'more\n' });
    checkout.run('commit', '--quiet', '--allow-empty', '--message', 'Second');
    await make(checkout);
    const { fast, plain, contents } = await compareReadings(checkout.root, checkout.env);
    delete checkout.env['GIT_DIR'];
    delete checkout.env['GIT_TEST_ASSUME_DIFFERENT_OWNER'];
    expect(contents['sub/text.txt']).not.toBe(checkout.run('rev-parse', 'HEAD:sub/text.txt').trim());
    expect(fast).toEqual(plain);
  },
  20_000,
);

test('attributes that were changed in a fresh clone do not hide how its files were written', async () => {
  const checkout = await committed({ '.gitattributes': '*.txt ident\n' });
  checkout.git(checkout.home, 'clone', '--quiet', checkout.name, 'clone');
  const root = join(checkout.home, 'clone');
  await settle(checkout.env, root);
  const before = await compareReadings(root, checkout.env);
  expect(before.proven.sort()).toEqual(['.gitattributes', 'plain.bin']);
  checkout.write({ '../clone/.gitattributes': '' });
  const { fast, plain, contents, proven } = await compareReadings(root, checkout.env);
  expect(contents['sub/text.txt']).toBe(before.contents['sub/text.txt']);
  expect(contents['sub/text.txt']).not.toBe(checkout.run('rev-parse', 'HEAD:sub/text.txt').trim());
  expect(fast).toEqual(plain);
  expect(proven).toEqual(['plain.bin']);
}, 20_000);

test('what attributes do not touch is proved, in a first checkout and in a later one', async () => {
  const checkout = await committed({ '.gitattributes': '*.txt eol=crlf\n*.png binary\n# *.bin ident\n' });
  for (const files of [{}, { 'more.bin': 'more\n' }] as Record<string, string>[]) {
    await checkout.commit(files);
    const { proven } = await compareReadings(checkout.root, checkout.env);
    expect(proven.sort()).toEqual(['.gitattributes', ...Object.keys(files), 'plain.bin']);
  }
}, 20_000);

test('replaced objects are read', async () => {
  const checkout = await committed({});
  const other = checkout.run('hash-object', '-w', 'sub/text.txt').trim();
  checkout.run('replace', checkout.run('rev-parse', 'HEAD:plain.bin').trim(), other);
  rmSync(join(checkout.root, 'plain.bin'));
  checkout.run('checkout', '--quiet', '--', 'plain.bin');
  for (const pack of [[], ['pack-refs', '--all']]) {
    if (pack.length > 0) checkout.run(...pack);
    await settle(checkout.env, checkout.root);
    const { fast, plain, contents } = await compareReadings(checkout.root, checkout.env);
    expect(contents['plain.bin']).toBe(other);
    expect(fast).toEqual(plain);
  }
}, 20_000);
