import type { DispatchSettings } from '../../../src/config/builder-settings.js';
import { loadConfig } from '../../../src/config/load.js';
import { Secret } from '../../../src/lib/secret.js';
import { releases, TOKEN, WORKFLOW, type DispatchStage } from '../../builders/dispatch/stage.js';
import type { FollowedFix } from '../followed-fix.js';
import { commandIn } from './command-in.js';
import { only, PATH, released } from './dispatch-release.js';

/** What the checkout says before GitHub is asked. */
export function checkoutFixes(stage: () => DispatchStage): FollowedFix[] {
  const release = released(stage);
  const serve = () => stage().actions({ script: releases });
  /** The workflow is changed, committed and pushed. */
  const change = async (text: string) => {
    serve();
    await stage().commit(PATH, text);
    return release({ workflows: only(text) });
  };
  return [
    {
      code: 'dispatch/no-repository',
      provoke: () => release({ repository: undefined }),
      async follow({ fix }) {
        serve();
        expect(fix).toMatch(/^Set the remote `origin` to the repository on GitHub/);
        return release();
      },
    },
    {
      code: 'dispatch/no-token',
      provoke: () => release({ token: undefined }),
      async follow({ fix }) {
        serve();
        expect(fix).toMatch(/^Set GITHUB_TOKEN to a token with `actions: write`/);
        return release({ token: new Secret(TOKEN) });
      },
    },
    {
      code: 'dispatch/no-workflow',
      provoke: () =>
        release({ workflows: only(WORKFLOW.replace(/ {2}workflow_dispatch:[^]*?(?=jobs:)/, '')) }),
      async follow({ fix }) {
        expect(fix).toMatch(/^Add `workflow_dispatch:` to the `on:` of release\.yml/);
        return change(
          WORKFLOW.replace(/workflow_dispatch:[^]*?(?=jobs:)/, 'workflow_dispatch:\n').replace(
            / +with:[^]*$/,
            '',
          ),
        );
      },
    },
    {
      code: 'dispatch/several-workflows',
      provoke: () =>
        release({
          workflows: [...only(WORKFLOW), ...only(WORKFLOW, '.github/workflows/b.yml')],
        }),
      async follow({ fix }) {
        serve();
        const [, yaml] = /`(builder: [^`]+)`/.exec(fix) ?? [];
        const { builder } = loadConfig({ text: `images: { api: }\n${yaml}\n`, origin: 'image-release.yml' });
        const settings = builder.settings[0] as DispatchSettings;
        return release({
          settings,
          workflows: [...only(WORKFLOW), ...only(WORKFLOW, '.github/workflows/b.yml')],
        });
      },
    },
    {
      code: 'dispatch/option-not-taken',
      async provoke() {
        const { request } = await stage().setting();
        return release({ request: { ...request, force: true } });
      },
      async follow({ fix }) {
        const [, input, handedOn] =
          /`(force:)` under `on\.workflow_dispatch\.inputs`, and `([^`]+)` under `with`/.exec(fix) ?? [];
        const text = WORKFLOW.replace('inputs:\n', `inputs:\n      ${input}\n`).replace(
          'with:\n',
          `with:\n          ${handedOn}\n`,
        );
        const { request } = await stage().setting();
        serve();
        await stage().commit(PATH, text);
        return release({ request: { ...request, force: true }, workflows: only(text) });
      },
    },
    {
      code: 'dispatch/required-input',
      provoke: () => release({ workflows: only(withReason('required: true')) }),
      async follow({ fix }) {
        expect(fix).toMatch(/^Give `reason` a default in the workflow/);
        return change(withReason("required: true, default: 'none'"));
      },
    },
    {
      code: 'dispatch/no-ref',
      provoke: () =>
        release({ replan: (plan) => ({ ...plan, source: { ...plan.source, ref: { type: 'commit' } } }) }),
      async follow(problem) {
        serve();
        const [word] = commandIn(problem, 'git');
        await stage().git(word!, 'main');
        return release();
      },
    },
    {
      code: 'dispatch/uncommitted-changes',
      provoke: () => release({ uncommitted: ['api/server.js'] }),
      async follow({ fix }) {
        serve();
        expect(fix).toMatch(/^Commit and push first/);
        await stage().commit('api/server.js', 'changed\n');
        const left = await stage().git('status', '--porcelain');
        return release({ uncommitted: left.split('\n').filter(Boolean) });
      },
    },
  ];
}

function withReason(more: string): string {
  return WORKFLOW.replace('inputs:\n', `inputs:\n      reason: { ${more} }\n`);
}
