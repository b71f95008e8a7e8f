import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { hashAtOnce, readFile } from '../../src/fingerprint/tree/blob-id.js';
import { at, fingerprints, image, inNewFolder, root, write } from './input-folder.js';

inNewFolder();

describe('unreadable inputs leave an image without a fingerprint:', () => {
  const builds = [image('all')];
  const reason = async () => {
    write({ Dockerfile: 'FROM scratch\nCOPY . /\n', '.dockerignore': 'ignored\n' });
    return (await fingerprints(...builds))['all'];
  };
  const pipe = (path: string) => {
    mkdirSync(dirname(at(path)), { recursive: true });
    execFileSync('mkfifo', [at(path)]);
  };

  test('a pipe', async () => {
    pipe('src/pipe');
    expect(await reason()).toBe('in the context ., src/pipe is neither file, folder nor link');
  });
  test('except for a pipe that is ignored or not copied', async () => {
    pipe('ignored/pipe');
    expect(await reason()).toMatch(/^v1:/);
    pipe('src/pipe');
    write({ Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' });
    expect((await fingerprints(...builds))['all']).toMatch(/^v1:/);
  });
  test.each([
    ['a file name that is not UTF-8', Buffer.from([0x66, 0xff])],
    ['a file name with a replacement character', Buffer.from('f\uFFFD')],
  ])('%s', async (_, name) => {
    writeFileSync(Buffer.concat([Buffer.from(`${root}/`), name]), 'x');
    expect(await reason()).toBe('in the context ., the name of f\uFFFD is not UTF-8');
  });
  test('a missing context', async () => {
    write({ Dockerfile: 'FROM scratch\nCOPY . /\n' });
    const inputs = await fingerprints(image('all', { context: 'gone' }));
    expect(inputs['all']).toBe("in the context gone, its folder can't be read: no such file or directory");
  });
  test('a file that grows or shrinks while it is read', () => {
    write({ file: 'four' });
    for (const size of [0, 3, 5]) {
      const file = openSync(at('file'), 'r');
      expect(() => hashAtOnce(file, size)).toThrow('it changes while it is read');
      closeSync(file);
    }
    write({ large: Buffer.alloc(3 << 20) });
    const steps = readFile(at('large'));
    steps.next();
    write({ large: Buffer.alloc(2 << 20) });
    expect(() => [...steps]).toThrow('it changes while it is read');
  });
  test('a file that became a link or a pipe after its folder was listed', () => {
    symlinkSync('Dockerfile', at('link'));
    pipe('pipe');
    expect(() => [...readFile(at('link'))]).toThrow('ELOOP');
    expect(() => [...readFile(at('pipe'))]).toThrow('it changes while it is read');
  });
});
