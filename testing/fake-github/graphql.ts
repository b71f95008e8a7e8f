import { readFile } from 'node:fs/promises';
import { Kind, buildSchema, execute, parse, specifiedRules, validate } from 'graphql';
import type { DocumentNode, GraphQLError, GraphQLSchema } from 'graphql';
import { jsonAnswer } from './answer.js';
import type { Answer } from './answer.js';
import { updateRefs } from './graphql-mutations.js';
import { GraphqlRefusal } from './graphql-refusal.js';
import type { UpdateRefsInput } from './graphql-mutations.js';
import { repositoryNode } from './graphql-objects.js';
import type { Scope } from './graphql-objects.js';
import { disableAutoMerge, enableAutoMerge } from './graphql-auto-merge.js';
import type { AutoMergeInput } from './graphql-auto-merge.js';
import type { RefView } from './refs.js';
import { parseNodeId } from './representations.js';
import { callerFor, findRepository } from './repository.js';
import type { Identity, ServedRepository } from './repository.js';
import type { Urls } from './route.js';

let schema: Promise<GraphQLSchema> | undefined;

/**
 * GitHub's published schema, whole: what is no valid query there is none here. Fields that the double
 * does not resolve answer with an error that names them.
 */
function githubSchema(): Promise<GraphQLSchema> {
  schema ??= readFile(
    new URL('../../node_modules/@octokit/graphql-schema/schema.graphql', import.meta.url),
    'utf8',
    // Descriptions are two thirds of it.
  ).then((source) => buildSchema(source.replaceAll(/"""[^]*?"""/g, ''), { assumeValid: true, noLocation: true }));
  return schema;
}

const isOlder = ({ updateRefs }: ServedRepository) => updateRefs === 'missing';

/** What a server says whose schema is older than the mutation; one server has one schema. */
const UPDATE_REFS_MISSING = [
  {
    path: ['mutation', 'input'],
    extensions: { code: 'variableRequiresValidType', typeName: 'UpdateRefsInput', variableName: 'input' },
    message: "UpdateRefsInput isn't a defined input type (on $input)",
  },
  {
    path: ['mutation', 'updateRefs'],
    extensions: { code: 'undefinedField', typeName: 'Mutation', fieldName: 'updateRefs' },
    message: "Field 'updateRefs' doesn't exist on type 'Mutation'",
  },
];

export interface GraphqlRequest {
  repositories: readonly ServedRepository[];
  identity: Identity;
  urls: Urls;
  view: RefView;
}

/** The root fields of all operations of a document; empty when it can't be parsed. */
export function rootFields(query: unknown): string[] {
  try {
    return parse(typeof query === 'string' ? query : '').definitions.flatMap((definition) =>
      definition.kind === Kind.OPERATION_DEFINITION
        ? definition.selectionSet.selections.flatMap((selection) =>
            selection.kind === Kind.FIELD ? [selection.name.value] : [],
          )
        : [],
    );
  } catch {
    return [];
  }
}

/** Answers one GraphQL request; as at GitHub the status is 200 whatever the errors say. */
export async function answerGraphql(body: Record<string, unknown>, request: GraphqlRequest): Promise<Answer> {
  const known = await githubSchema();
  if (typeof body.query !== 'string') {
    return jsonAnswer(400, { message: 'A query attribute must be specified and must be a string.' });
  }
  if (rootFields(body.query).includes('updateRefs') && request.repositories.some(isOlder)) {
    return jsonAnswer(200, { errors: UPDATE_REFS_MISSING });
  }
  let document: DocumentNode;
  try {
    document = parse(body.query);
  } catch (error) {
    return jsonAnswer(200, { errors: [errorJson(error as GraphQLError)] });
  }
  const invalid = validate(known, document, specifiedRules);
  if (invalid.length > 0) return jsonAnswer(200, { errors: invalid.map(errorJson) });
  const result = await execute({
    schema: known,
    document,
    rootValue: rootValue(request),
    variableValues: (body.variables ?? {}) as Record<string, unknown>,
    operationName: (body.operationName as string | undefined) ?? null,
    fieldResolver: (source, args, _context, info) => {
      const value = (source as Record<string, unknown>)[info.fieldName];
      if (value === undefined) {
        throw new Error(`${info.parentType.name}.${info.fieldName} is not resolved by this double of GitHub`);
      }
      return typeof value === 'function' ? (value as (args: unknown) => unknown)(args) : value;
    },
    typeResolver: (value) => (value as { __typename?: string }).__typename,
  });
  return jsonAnswer(200, {
    ...(result.data === undefined ? {} : { data: result.data }),
    ...(result.errors ? { errors: result.errors.map(errorJson) } : {}),
  });
}

function errorJson(error: GraphQLError) {
  const refusal = error.originalError instanceof GraphqlRefusal ? error.originalError : undefined;
  return {
    ...(refusal ? { type: refusal.type } : {}),
    ...(error.path ? { path: error.path } : {}),
    ...(error.locations ? { locations: error.locations } : {}),
    message: error.message,
  };
}

function rootValue(request: GraphqlRequest): Record<string, unknown> {
  const scopeOf = (repository: ServedRepository | undefined): Scope | undefined => {
    const caller = repository && callerFor(request.identity, repository);
    return repository && caller ? { repository, caller, urls: request.urls, view: request.view } : undefined;
  };
  const byName = (owner: string, name: string) => {
    const scope = scopeOf(findRepository(request.repositories, owner, name));
    if (scope) return scope;
    throw new GraphqlRefusal('NOT_FOUND', `Could not resolve to a Repository with the name '${owner}/${name}'.`);
  };
  const byId = (id: string, type: string) => {
    const node = parseNodeId(id);
    const scope = scopeOf(request.repositories.find(({ id: number }) => String(number) === node?.parts[0]));
    if (node?.type === type && scope) return { scope, parts: node.parts };
    throw new GraphqlRefusal('NOT_FOUND', `Could not resolve to a node with the global id of '${id}'`);
  };
  return {
    repository: ({ owner, name }: { owner: string; name: string }) => repositoryNode(byName(owner, name)),
    updateRefs: ({ input }: { input: UpdateRefsInput & { repositoryId: string } }) =>
      updateRefs(byId(input.repositoryId, 'R').scope, input),
    enablePullRequestAutoMerge: ({ input }: { input: AutoMergeInput & { pullRequestId: string } }) => {
      const { scope, parts } = byId(input.pullRequestId, 'PR');
      return enableAutoMerge(scope, parts[1] ?? '', input);
    },
    disablePullRequestAutoMerge: ({ input }: { input: AutoMergeInput & { pullRequestId: string } }) => {
      const { scope, parts } = byId(input.pullRequestId, 'PR');
      return disableAutoMerge(scope, parts[1] ?? '', input);
    },
  };
}
