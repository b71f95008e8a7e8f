import { parse } from 'yaml';
import { readInputs } from '../../src/config/inputs.js';
import { INPUTS } from '../../src/config/inputs.generated.js';
import { actionInputs, CALLED, fillIn, type Call } from './called-workflow.js';
import { textOf } from './repository-files.js';

const { inputs, secrets, outputs } = CALLED.on.workflow_call;
const { release } = CALLED.jobs;
/** The inputs that the program reads from this call. */
const read = (call: Call) => {
  const given: Record<string, string> = actionInputs(call);
  return readInputs((name) => given[name] ?? '');
};

test('passes every input of the Action by the same name, as an input or a secret', () => {
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

test('without inputs, passes the Action nothing but the registry user', () => {
  const { registryUsername, ...called } = read({});
  expect(called).toEqual({ ...readInputs(() => ''), registryUsername: undefined, ...called });
  expect({ ...called, registryUsername: undefined }).toEqual(readInputs(() => ''));
  expect(registryUsername).toBe('octocat');
});

test('declares switches as booleans', () => {
  const switches = Object.entries(inputs).filter(([, { type }]) => type === 'boolean');
  expect(switches.map(([name]) => name)).toEqual(['no-cache', 'rebuild', 'allow-rollback', 'dry-run']);
  expect(read({ with: { rebuild: true, 'dry-run': true } })).toMatchObject({ rebuild: true, dryRun: true });
});

test('has the outputs of the Action', () => {
  const names = Object.keys((parse(textOf('action.yml')) as { outputs: object }).outputs);
  expect(Object.keys(outputs)).toEqual(names);
  for (const name of names) {
    expect(outputs[name]?.value).toBe(`\${{ jobs.release.outputs.${name} }}`);
    expect(release.outputs[name]).toBe(`\${{ steps.release.outputs.${name} }}`);
  }
});

describe('the deploy token', () => {
  const app = {
    with: { 'app-client-id': 'Iv1' },
    secrets: { 'app-private-key': 'key', 'deploy-token': 'own' },
  };
  const asksForApp = (call: Call) => fillIn(release.env['DEPLOYS_AS_APP'] ?? '', call);

  test("is the App's if its id and key are given", () => {
    expect(asksForApp(app)).toBe('true');
    expect(release.steps.find(({ id }) => id === 'app')?.if).toBe("env.DEPLOYS_AS_APP == 'true'");
    expect(actionInputs({ ...app, steps: { app: { token: 'ghs_app' } } })['deploy-token']).toBe('ghs_app');
  });

  test('is the secret `deploy-token` without an App, and otherwise empty', () => {
    expect(asksForApp({ with: { 'app-client-id': 'Iv1' } })).toBe('false');
    expect(actionInputs({ secrets: { 'deploy-token': 'own' } })['deploy-token']).toBe('own');
    expect(actionInputs({})['deploy-token']).toBe('');
  });
});

test('uses the Action at the version in package.json', () => {
  const { version } = JSON.parse(textOf('package.json')) as { version: string };
  expect(release.steps.at(-1)?.uses).toBe(`ardenone/image-release@v${version}`);
  expect(textOf('.github/workflows/publish.yml')).toContain('require("./package.json").version');
});
