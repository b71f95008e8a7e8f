import { EventEmitter } from 'node:events';
import xterm from '@xterm/headless';
import { displayMode, openDisplay, type DisplayMode } from '../../src/cli/display.js';
import { redactor, Secret } from '../../src/lib/secret.js';
import type { LiveEvent } from '../../src/report/live/run-event.js';
import { plainStyle } from '../../src/report/terminal.js';

const KEYS = Array.from({ length: 12 }, (_, at) => `image-${at + 1}`);
const SECRET = 'token-of-nobody';

/** Opens the live display on an emulated terminal whose screen can be read. */
async function watch(columns: number, rows: number) {
  const terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true });
  let bytes = '';
  const stream = Object.assign(new EventEmitter(), {
    isTTY: true,
    columns,
    rows,
    write(text: string) {
      bytes += text;
      // Terminal drivers turn each line feed into CR LF.
      terminal.write(text.replaceAll('\n', '\r\n'));
      return true;
    },
  });
  const display = await openDisplay('live', {
    stream: stream as unknown as NodeJS.WriteStream,
    style: plainStyle,
    redact: redactor([new Secret(SECRET)]),
  });
  return {
    display,
    show: (...events: LiveEvent[]) => {
      for (const event of events) display.show(event);
      // A resize redraws everything at once.
      stream.emit('resize');
    },
    resize(width: number, height: number) {
      terminal.resize(width, height);
      Object.assign(stream, { columns: width, rows: height });
      stream.emit('resize');
    },
    bytes: () => bytes,
    /** All lines, including those that scrolled off the screen. */
    async lines(): Promise<string[]> {
      await new Promise<void>((resolve) => terminal.write('', resolve));
      const { active } = terminal.buffer;
      const all = Array.from({ length: active.length }, (_, at) => active.getLine(at)!.translateToString(true));
      return all.join('\n').trimEnd().split('\n');
    },
  };
}

const begin: LiveEvent[] = [
  { type: 'stage', stage: 'build' },
  { type: 'images', images: KEYS.map((key) => ({ key, status: 'build', reason: 'new' })) },
];
const started = (key: string, name: string): LiveEvent => ({
  type: 'started',
  step: { key, number: KEYS.indexOf(key), name },
});
const exported = (key: string): LiveEvent => ({
  type: 'completed',
  step: { key, number: 100 + KEYS.indexOf(key), name: 'exporting to image' },
  seconds: 1,
});
const elapsed = (line: string) => line.replace(/\d+\.\d s/g, '0.0 s').replace(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/g, '*');

test.each<[DisplayMode, Parameters<typeof displayMode>]>([
  ['live', [{ json: false, quiet: false, isTTY: true }, { TERM: 'xterm' }]],
  [
    'live',
    [
      { json: false, quiet: false, isTTY: true },
      { NO_COLOR: '1', CI: '' },
    ],
  ],
  ['lines', [{ json: false, quiet: false, isTTY: undefined }, {}]],
  ['lines', [{ json: false, quiet: false, isTTY: true }, { TERM: 'dumb' }]],
  ['lines', [{ json: false, quiet: false, isTTY: true }, { CI: 'true' }]],
  ['events', [{ json: true, quiet: false, isTTY: true }, {}]],
])('reports progress as %s for %j', (mode, question) => {
  expect(displayMode(...question)).toBe(mode);
});

test('updates twelve images on ten rows in place, without scrolling during the build', async () => {
  const { display, show, lines } = await watch(60, 10);
  show(...begin);
  for (const key of KEYS) {
    for (let number = 1; number <= 5; number += 1) show(started(key, `[${number}/5] RUN ${'x'.repeat(90)}`));
    expect((await lines()).length).toBeLessThan(10);
    show(exported(key));
  }
  show({ type: 'end', outcome: 'released' });
  display.close();
  expect((await lines()).map(elapsed)).toEqual([
    '✓ build 0.0 s',
    ...KEYS.map((key) => `  ✓ ${key.padEnd(8)}  5 steps, 0 cached  0.0 s`),
  ]);
});

test('prints messages above the live display without cutting them', async () => {
  const { display, show, lines } = await watch(40, 12);
  show(...begin.slice(0, 1), started('image-1', '[1/2] RUN make'));
  const long = `See https://github.com/acme/shop/actions/runs/${'7'.repeat(30)}`;
  display.say(long);
  display.say('Second');
  const seen = await lines();
  expect(seen.slice(0, 2).join('')).toBe(long);
  expect(seen.slice(2).map(elapsed)).toEqual(['Second', '* build 0.0 s', '  * image-1  0/2  RUN make  0.0 s']);
  display.close();
});

test('redraws without leftovers when the terminal is resized', async () => {
  const { display, show, resize, lines } = await watch(100, 12);
  show(
    ...begin.slice(0, 1),
    started('image-1', `[1/2] RUN ${'make '.repeat(30)}`),
    started('image-2', `[1/2] RUN ${'test '.repeat(30)}`),
  );
  for (const columns of [40, 25, 90]) {
    resize(columns, 12);
    const seen = await lines();
    expect(seen.length).toBe(3);
    expect(seen.every((line) => line.length <= columns)).toBe(true);
  }
  display.close();
});

test("a build step can't move the cursor or print a secret, not even part of it", async () => {
  const { display, show, lines, bytes } = await watch(40, 12);
  const output = [`\u001b[2J\u001b[1;1H${SECRET}`, 'a\rb\tc\u0007'];
  show(...begin.slice(0, 1), started('image-1', `[1/2] RUN login --password ${SECRET}`));
  show({
    type: 'failed',
    step: { key: 'image-1', number: 0, name: `[1/2] RUN ${SECRET}` },
    error: '',
    output,
  });
  display.say(`said ${SECRET}`);
  expect((await lines()).map(elapsed)).toEqual([
    'said ***',
    '* build 0.0 s',
    '  ✗ image-1  failed: RUN ***  0.0 s',
    '    | ***',
    '    | a b c',
  ]);
  expect(bytes()).not.toContain(SECRET.slice(0, 5));
  display.close();
});

test('hides the display and shows the cursor while a question is open', async () => {
  const { display, show, lines, bytes } = await watch(40, 12);
  show(...begin.slice(0, 1), started('image-1', '[1/2] RUN make'));
  const answer = await display.aside(async (question) => {
    expect(await lines()).toEqual(['']);
    expect(bytes().endsWith('\u001b[?25h')).toBe(true);
    show(exported('image-1'));
    expect(await lines()).toEqual(['']);
    display.say(question);
    return 'yes';
  })('Cancel the run, too?');
  expect(answer).toBe('yes');
  expect((await lines()).map(elapsed)).toEqual([
    'Cancel the run, too?',
    '* build 0.0 s',
    '  ✓ image-1  2 steps, 0 cached  0.0 s',
  ]);
  display.close();
});
