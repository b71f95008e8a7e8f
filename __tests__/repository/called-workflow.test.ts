import { parse } from 'yaml';
import { readInputs } from '../../src/config/inputs.js';
import { INPUTS } from '../../src/config/inputs.generated.js';
import { actionInputs, CALLED, fillIn, type Call } from './called-workflow.js';
import { textOf } from './repository-files.js';

const { inputs, secrets, outputs } = CALLED.on.workflow_call;
const { release } = CALLED.jobs;
/** What the program makes of it; logins are distinguished. */
const read = (call: Call) => {
  const given: Record<string, string> = actionInputs(call);
  return readInputs((name) => given[name] ?? '');
};

test('every input of the Action reaches it by the same name, as an input or as a secret', () => {
  const own = ['runs-on', 'environment', 'timeout-minutes', 'app-client-id', 'app-repositories'];
  const names = [...Object.keys(inputs).filter((name) => !own.includes(name)), ...Object.keys(secrets)];
  expect(names.filter((name) => name !== 'app-private-key').sort()).toEqual(
    Object.keys(INPUTS)
      .filter((name) => name !== 'token')
      .sort(),
  );
  const given = Object.fromEntries(
    Object.entries(inputs).map(([name, { type }]) => [name, type === 'boolean' ? true : `given ${name}`]),
  );
  const handed = actionInputs({
    with: given,
    secrets: { 'deploy-token': 'given deploy-token', 'registry-password': 'given registry-password' },
  });
  for (const [name, value] of Object.entries(handed))
    expect([name, value]).toEqual([name, inputs[name]?.type === 'boolean' ? 'true' : `given ${name}`]);
  expect(Object.keys(handed).length).toBe(Object.keys(INPUTS).length - 1);
});

test('called with nothing, it is the Action with nothing', () => {
  const { registryUsername, ...called } = read({});
  expect(called).toEqual({ ...readInputs(() => ''), registryUsername: undefined, ...called });
  expect({ ...called, registryUsername: undefined }).toEqual(readInputs(() => ''));
  expect(registryUsername).toBe('octocat');
});

test('switches are booleans, so that a caller writes `true` and not a word', () => {
  const switches = Object.entries(inputs).filter(([, { type }]) => type === 'boolean');
  expect(switches.map(([name]) => name)).toEqual(['no-cache', 'rebuild', 'allow-rollback', 'dry-run']);
  expect(read({ with: { rebuild: true, 'dry-run': true } })).toMatchObject({ rebuild: true, dryRun: true });
});

test('its outputs are those of the Action', () => {
  const names = Object.keys((parse(textOf('action.yml')) as { outputs: object }).outputs);
  expect(Object.keys(outputs)).toEqual(names);
  for (const name of names) {
    expect(outputs[name]?.value).toBe(`\${{ jobs.release.outputs.${name} }}`);
    expect(release.outputs[name]).toBe(`\${{ steps.release.outputs.${name} }}`);
  }
});

describe('whose token deploys', () => {
  const app = {
    with: { 'app-client-id': 'Iv1' },
    secrets: { 'app-private-key': 'key', 'deploy-token': 'own' },
  };
  const asksForApp = (call: Call) => fillIn(release.env['DEPLOYS_AS_APP'] ?? '', call);

  test("the App's, where its id and key are given", () => {
    expect(asksForApp(app)).toBe('true');
    expect(release.steps.find(({ id }) => id === 'app')?.if).toBe("env.DEPLOYS_AS_APP == 'true'");
    expect(actionInputs({ ...app, steps: { app: { token: 'ghs_app' } } })['deploy-token']).toBe('ghs_app');
  });

  test('else the one that is handed over, and else the job’s own', () => {
    expect(asksForApp({ with: { 'app-client-id': 'Iv1' } })).toBe('false');
    expect(actionInputs({ secrets: { 'deploy-token': 'own' } })['deploy-token']).toBe('own');
    expect(actionInputs({})['deploy-token']).toBe('');
  });
});

test('it runs the Action of its own version, also for those who pin it by commit', () => {
  const { version } = JSON.parse(textOf('package.json')) as { version: string };
  expect(release.steps.at(-1)?.uses).toBe(`ardenone/image-release@v${version}`);
  expect(textOf('.github/workflows/publish.yml')).toContain('require("./package.json").version');
});
