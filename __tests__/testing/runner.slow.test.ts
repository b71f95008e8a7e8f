import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ActionRun, runAction, runJob } from '../../testing/runner.js';

const ACTION_YML = `
name: probe
inputs:
  token: { default: "\${{ github.token }}" }
  no-cache: { default: "false" }
  two words: { default: "" }
runs: { using: node24, main: main.mjs, post: post.mjs }
`;

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'runner-'));
  await mkdir(join(dir, 'workspace'));
  await writeFile(join(dir, 'action.yml'), ACTION_YML);
  await writeFile(join(dir, 'post.mjs'), '');
});
afterEach(() => rm(dir, { recursive: true, force: true }));

async function withMain(main: string, post = ''): Promise<ActionRun> {
  await writeFile(join(dir, 'main.mjs'), `import fs from 'node:fs';\nconst env = process.env;\n${main}`);
  await writeFile(join(dir, 'post.mjs'), `import fs from 'node:fs';\nconst env = process.env;\n${post}`);
  return {
    action: dir,
    workspace: join(dir, 'workspace'),
    event: { name: 'push', payload: { ref: 'refs/heads/main' }, ref: 'refs/heads/main', sha: 'a'.repeat(40) },
  };
}

test('a step gets inputs with defaults, the event and the workspace, but not the environment of this process', async () => {
  process.env.LAB_LEAK = 'leak';
  const run = await withMain(`
    const { ref } = JSON.parse(fs.readFileSync(env.GITHUB_EVENT_PATH, 'utf8'));
    console.log(JSON.stringify([env['INPUT_NO-CACHE'], env.INPUT_TWO_WORDS, env.INPUT_TOKEN.length > 0,
      ref, env.GITHUB_REF_NAME, process.cwd() === env.GITHUB_WORKSPACE, env.LAB_LEAK ?? 'clean', env.RUNNER_TEMP]));`);
  const { stdout, annotations } = await runAction({ ...run, inputs: { 'two words': 'given', 'no-cahce': 'true' } });
  delete process.env.LAB_LEAK;
  const [folder, ...seen] = (JSON.parse(stdout) as string[]).reverse();
  expect(seen.reverse()).toEqual(['false', 'given', true, 'refs/heads/main', 'main', true, 'clean']);
  expect(annotations[0]?.message).toMatch(/^Unexpected input\(s\) 'no-cahce', valid inputs are \['token'/);
  // The temporary folder of the step is removed.
  await expect(readFile(folder!)).rejects.toThrow('ENOENT');
});

test('reads outputs from lines and heredocs, hides masked values, and parses annotations', async () => {
  const run = await withMain(`
    console.log('::add-mask::hunter22');
    console.log('now hunter22 and ' + btoa('hunter22'));
    console.error('token ' + env.INPUT_TOKEN);
    console.log('::error file=api/Dockerfile,line=3,col=1,title=Build%3A failed%2C api::step%0Afailed 100%25');
    fs.appendFileSync(env.GITHUB_OUTPUT, 'one=1=1\\nmany<<EOF_1\\na\\n\\nb=c\\nEOF_1\\nempty=\\n');
    fs.appendFileSync(env.GITHUB_OUTPUT, 'image=registry/hunter22/app\\n');
    fs.writeFileSync(env.GITHUB_STEP_SUMMARY, 'x'.repeat(1024 * 1024 + 1));`);
  const result = await runAction(run);
  expect(result.outputs).toMatchObject({ one: '1=1', many: 'a\n\nb=c', empty: '' });
  expect(result.withheldOutputs).toEqual(['image']);
  expect(result.masks).toContain('hunter22');
  expect(result.log.split('\n')).toEqual(expect.arrayContaining(['now *** and ***', 'token ***', '##[error]step']));
  expect(result.log).not.toContain('hunter22');
  const [error, tooLarge] = result.annotations;
  expect(error).toEqual({
    level: 'error',
    file: 'api/Dockerfile',
    line: 3,
    column: 1,
    title: 'Build: failed, api',
    message: 'step\nfailed 100%',
  });
  // A summary larger than 1 MiB is refused.
  expect(result.summary).toBe('');
  expect(tooLarge?.message).toContain('GITHUB_STEP_SUMMARY upload aborted');
});

test('runs post after a failed main with its state and environment, and lists leftover files', async () => {
  const run = await withMain(
    `fs.appendFileSync(env.GITHUB_STATE, 'builder=b1\\n');
     fs.appendFileSync(env.GITHUB_ENV, 'KEPT=yes\\n');
     fs.writeFileSync(env.RUNNER_TEMP + '/left', '');
     process.exitCode = 1;`,
    'console.log(env.STATE_builder, env.KEPT);',
  );
  const { main, post, leftovers } = await runJob(run);
  expect(main.exitCode).toBe(1);
  expect(post?.log).toBe('b1 yes');
  expect(leftovers.map((path) => path.split('/').pop())).toEqual(['left']);
});

test('ends and lists a process that outlives its step', async () => {
  const run = await withMain(`
    const { spawn } = await import('node:child_process');
    spawn('sleep', ['300'], { detached: true, stdio: 'ignore' }).unref();`);
  expect((await runAction(run)).orphans).toEqual(['sleep 300']);
});

describe('cancelling', () => {
  const waiting = (handlers: string) => `${handlers}\nconsole.log('ready'); setInterval(() => {}, 1000);`;
  async function cancelWhenReady(main: string) {
    const controller = new AbortController();
    const run = await withMain(main);
    return runAction({ ...run, cancel: controller.signal, onLog: () => controller.abort() });
  }

  test('sends SIGINT first and returns the exit code of a step that handles it', async () => {
    const result = await cancelWhenReady(waiting("process.on('SIGINT', () => process.exit(130));"));
    expect(result.exitCode).toBe(130);
  });

  test('sends SIGTERM next and kills a step that ends on neither signal', async () => {
    const note = (signal: string) => `process.on('${signal}', () => console.log('got ${signal}'));`;
    const result = await cancelWhenReady(waiting(note('SIGINT') + note('SIGTERM')));
    expect(result.log).toBe('ready\ngot SIGINT\ngot SIGTERM');
    expect(result.exitCode).toBe(137);
  }, 20_000);
});
