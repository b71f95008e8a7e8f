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

test('a step sees the inputs with their defaults, the event and the workspace, and nothing of this process', async () => {
  process.env.LAB_LEAK = 'leak';
  const run = await withMain(`
    const { ref } = JSON.parse(fs.readFileSync(env.GITHUB_EVENT_PATH, 'utf8'));
    console.log(JSON.stringify([env['INPUT_NO-CACHE'], env.INPUT_TWO_WORDS, env.INPUT_TOKEN.length > 0,
      ref, env.GITHUB_REF_NAME, process.cwd() === env.GITHUB_WORKSPACE, env.LAB_LEAK ?? 'clean']));`);
  const { stdout } = await runAction({ ...run, inputs: { 'two words': 'given' } });
  delete process.env.LAB_LEAK;
  expect(JSON.parse(stdout)).toEqual(['false', 'given', true, 'refs/heads/main', 'main', true, 'clean']);
});

test('outputs are read from lines and from heredocs', async () => {
  const run = await withMain(
    "fs.appendFileSync(env.GITHUB_OUTPUT, 'one=1=1\\nmany<<EOF_1\\na\\n\\nb=c\\nEOF_1\\nempty=\\n');",
  );
  expect((await runAction(run)).outputs).toEqual({ one: '1=1', many: 'a\n\nb=c', empty: '' });
});

test('a masked value is hidden in the log, also as base64, and an output that holds it is withheld', async () => {
  const run = await withMain(`
    console.log('::add-mask::hunter22');
    console.log('now hunter22 and ' + btoa('hunter22'));
    console.error('token ' + env.INPUT_TOKEN);
    fs.appendFileSync(env.GITHUB_OUTPUT, 'image=registry/hunter22/app\\nother=1\\n');`);
  const result = await runAction(run);
  expect(result.log.split('\n').sort()).toEqual(['now *** and ***', 'token ***']);
  expect(result.withheldOutputs).toEqual(['image']);
  expect(result.masks).toContain('hunter22');
});

test('annotations have their place, with escapes undone', async () => {
  const run = await withMain(
    "console.log('::error file=api/Dockerfile,line=3,col=1,title=Build%3A failed%2C api::step%0Afailed 100%25');",
  );
  const { annotations, log } = await runAction(run);
  expect(annotations).toEqual([
    {
      level: 'error',
      file: 'api/Dockerfile',
      line: 3,
      column: 1,
      title: 'Build: failed, api',
      message: 'step\nfailed 100%',
    },
  ]);
  expect(log).toBe('##[error]step\nfailed 100%');
});

test('an input that action.yml does not declare is warned about', async () => {
  const { annotations } = await runAction({ ...(await withMain('')), inputs: { 'no-cahce': 'true' } });
  expect(annotations[0]?.message).toMatch(/^Unexpected input\(s\) 'no-cahce', valid inputs are \['token'/);
});

test('post runs after a failed main, with its state and its environment', async () => {
  const run = await withMain(
    `fs.appendFileSync(env.GITHUB_STATE, 'builder=b1\\n');
     fs.appendFileSync(env.GITHUB_ENV, 'KEPT=yes\\n');
     process.exitCode = 1;`,
    'console.log(env.STATE_builder, env.KEPT);',
  );
  const { main, post } = await runJob(run);
  expect(main.exitCode).toBe(1);
  expect(post?.log).toBe('b1 yes');
});

test('what a job leaves in its temporary folders is listed', async () => {
  const run = await withMain("fs.writeFileSync(env.RUNNER_TEMP + '/left', '');");
  expect((await runJob(run)).leftovers.map((path) => path.split('/').pop())).toEqual(['left']);
});

test('a process that outlives its step is ended and named', async () => {
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

  test('sends SIGINT first, and a step that heeds it ends with its own exit code', async () => {
    const result = await cancelWhenReady(waiting("process.on('SIGINT', () => process.exit(130));"));
    expect(result.exitCode).toBe(130);
  });

  test('sends SIGTERM, then kills a step that heeds neither', async () => {
    const note = (signal: string) => `process.on('${signal}', () => console.log('got ${signal}'));`;
    const result = await cancelWhenReady(waiting(note('SIGINT') + note('SIGTERM')));
    expect(result.log).toBe('ready\ngot SIGINT\ngot SIGTERM');
    expect(result.exitCode).toBe(137);
  }, 20_000);
});

test('a summary over the limit of one MiB is refused', async () => {
  const run = await withMain("fs.writeFileSync(env.GITHUB_STEP_SUMMARY, 'x'.repeat(1024 * 1024 + 1));");
  const { summary, annotations } = await runAction(run);
  expect(summary).toBe('');
  expect(annotations[0]?.message).toContain('GITHUB_STEP_SUMMARY upload aborted');
});

test('the harness leaves no folder of its own', async () => {
  const run = await withMain('console.log(env.RUNNER_TEMP);');
  const { stdout } = await runAction(run);
  await expect(readFile(stdout.trim())).rejects.toThrow('ENOENT');
});
