import { inputsTable, outputsTable, type ActionManifest } from './action-manifest.js';

/** Text of `docs/action.md`. */
export function actionReference(manifest: ActionManifest): string {
  return `# The Action: inputs and outputs

<!-- Generated from action.yml by \`npm run generate\`. -->

Every input and output of the step \`uses: ardenone/image-release@v1\`. Most repositories need none of them: the images and
the Kustomizations are in [\`image-release.yml\`](configuration.md), so that the command line does the same.
[Recipes](recipes.md) has complete workflows and the permissions that they need.

\`\`\`yaml
- uses: ardenone/image-release@v1
  id: release
  with:
    images: api, frontend # default: all
    dry-run: false
- run: echo "$IMAGES" # JSON: digest, tags, status, … of each image
  env:
    IMAGES: \${{ steps.release.outputs.images }}
\`\`\`

## Inputs

${inputsTable(manifest)}

The [CLI](cli.md) has the same as options.

## Outputs

${outputsTable(manifest)}

The runner empties an output that holds a secret's value. If an image name contains one, such as
\`docker.io/\${{ secrets.USER }}/app\`, write the name plainly, or a later job gets nothing.

The fields of \`images\` and \`plan\` are those that \`--json\` prints: [JSON](json.md).
`;
}
