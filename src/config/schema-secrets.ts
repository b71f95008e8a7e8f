import * as z from 'zod';
import type { BuildSecret } from './config.js';
import { either, mapping, text } from './schema-forms.js';

const FIELD = '(?:(?:id|env|src|source)=[^,]+|type=(?:env|file))';
/** Fields in any order, with an `id`, and not both a variable and a file. */
const DOCKER_SECRET = new RegExp(
  `^(?=(?:.*,)?id=[^,])(?!(?=(?:.*,)?env=)(?:.*,)?(?:src|source)=)${FIELD}(?:,${FIELD})*$`,
);

const variable = () => text('the name of an environment variable', /^[A-Za-z_][A-Za-z0-9_]*$/);
const file = () =>
  text('the path of a file, relative to the repository root or absolute (`~` is not expanded)', /^[^~]/);

/** What `RUN --mount=type=secret,id=…` sees: where the values come from, never the values. */
export const secretsSchema = () =>
  either(
    [
      z
        .record(
          z.string().regex(/^[^,=\s]+$/, { error: 'a name without blanks, commas and `=`' }),
          either(
            [
              mapping({ env: variable() }).meta({ description: 'Taken from an environment variable.' }),
              mapping({ file: file() }).meta({ description: 'Taken from a file.' }),
            ],
            '`{env: NAME}` or `{file: PATH}`',
          ),
        )
        .meta({ description: 'Id to where the value comes from.' }),
      z
        .array(text('`id=ID,env=NAME` or `id=ID,src=PATH`', DOCKER_SECRET))
        .meta({ description: 'Items as docker build --secret takes them: id=npm,env=NPM_TOKEN' }),
    ],
    'a mapping of ids to `{env: NAME}` or `{file: PATH}`, or a list of `id=ID,env=NAME`',
  );

type WrittenSecrets = z.output<ReturnType<typeof secretsSchema>>;

/** Expands both forms. `id=X` alone means the variable X, `type=env,src=X` too, as in docker's own parser. */
export function readSecrets(written: WrittenSecrets): BuildSecret[] {
  if (!Array.isArray(written)) return Object.entries(written).map(([id, from]) => ({ id, ...from }));
  return written.map((item) => {
    const fields = new Map(
      item.split(',').map((field): [string, string] => {
        const [name = '', ...value] = field.split('=');
        return [name === 'source' ? 'src' : name, value.join('=')];
      }),
    );
    const id = fields.get('id') ?? '';
    const source = fields.get('src');
    if (fields.get('type') === 'file' || (fields.get('type') === undefined && source !== undefined))
      return { id, file: source ?? id };
    return { id, env: fields.get('env') ?? source ?? id };
  });
}
