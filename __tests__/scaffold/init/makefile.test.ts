import { expandMake, within } from '../../../src/scaffold/init/migrate/make/expand.js';
import { Makefile } from '../../../src/scaffold/init/migrate/make/makefile.js';

const COMMIT = '${{ sha7 }}';

function makefile(text: string, given: Record<string, string> = {}): Makefile {
  return new Makefile('build/Makefile', text, {
    given: new Map(Object.entries(given)),
    environment: (name) => (name === 'CI' ? 'true' : undefined),
    read: (path) => (path === 'build/versions.mk' ? 'GO_VERSION = 1.25\n' : undefined),
    concrete: (written) => written.replace(COMMIT, '1a2b3c4'),
    files: (pattern) => (pattern === 'cmd/*' ? ['cmd/api', 'cmd/web'] : []),
    shell: (script) => (script.startsWith('git rev-parse') ? COMMIT : undefined),
  });
}

test.each([
  ['$(NAME)', 'NAME = api', 'api'],
  ['${NAME}-$(NAME)', 'NAME := api', 'api-api'],
  ['$(LATE)', 'LATE = $(NAME)\nNAME = api', 'api'],
  ['$(EARLY)', 'NAME = one\nEARLY := $(NAME)\nNAME = two', 'one'],
  ['$(ARGS)', 'ARGS = -a\nARGS += -b', '-a -b'],
  ['$(CI)', 'CI ?= false', 'true'],
  ['$(CI)', 'CI = false', 'false'],
  ['$(NAME)', 'NAME != git rev-parse HEAD', COMMIT],
  ['$(TAG)', 'TAG := v-$(shell git rev-parse --short HEAD)', `v-${COMMIT}`],
  ['$(TAG)', 'TAG = $(shell cat VERSION)', '${{ $(cat VERSION) }}'],
  ['$(NAMES:%=image-%)', 'NAMES = api web', 'image-api image-web'],
  ['$(FILES:.c=.o)', 'FILES = a.c b.c', 'a.o b.o'],
  ['$(addsuffix /Dockerfile,$(addprefix cmd/,a b))', '', 'cmd/a/Dockerfile cmd/b/Dockerfile'],
  ['$(patsubst v%,%,v1.2.3)', '', '1.2.3'],
  ['$(subst /,-,feature/x)', '', 'feature-x'],
  ['$(notdir $(wildcard cmd/*))', '', 'api web'],
  ['$(filter-out web,$(notdir $(wildcard cmd/*)))', '', 'api'],
  ['$(if $(EXTRA),-t $(EXTRA),-t none)', '', '-t none'],
  ['$(if $(EXTRA),-t $(EXTRA))', 'EXTRA = rc', '-t rc'],
  ['$(foreach tag,1 2,-t acme/api:$(tag))', '', '-t acme/api:1 -t acme/api:2'],
  ['$(call image,api)', 'image = ghcr.io/acme/$(1)', 'ghcr.io/acme/api'],
  ['$(call publish,api)', 'define publish\ndocker push $(1)\nendef', 'docker push api'],
  ['$(or $(NAME),shop)', '', 'shop'],
  ['$$HOME $(GO_VERSION)', 'include versions.mk', '$HOME 1.25'],
  ['$(KIND)', 'ifeq ($(CI),true)\nKIND = ci\nelse\nKIND = local\nendif', 'ci'],
  ['$(KIND)', 'ifdef NOTHING\nKIND = a\nelse ifneq "$(CI)" "true"\nKIND = b\nelse\nKIND = c\nendif', 'c'],
  ['$(KIND)', 'ifeq (,$(NOTHING))\n  ifndef CI\n    KIND = a\n  else\n    KIND = b\n  endif\nendif', 'b'],
])('%s after %j is %j', (text, written, expected) => {
  expect(expandMake(text, makefile(written).scope)).toBe(expected);
});

test('a variable of the command line wins over the file', () => {
  expect(expandMake('$(TAG)', makefile('TAG = latest', { TAG: 'v1' }).scope)).toBe('v1');
});

test('a condition that only a run decides is told of, with what it is about', () => {
  const { open, scope } = makefile('ifeq ($(shell uname),Darwin)\nTAG = mac\nelse\nTAG = linux\nendif');
  expect(open).toMatchObject([{ line: 1, text: 'ifeq ($(shell uname),Darwin)' }]);
  expect(open[0]!.concerns).toContain('TAG = mac');
  expect(expandMake('$(TAG)', scope)).toBe('linux');
});

test('a command that goes on in the next line is one, and begins where it is written', () => {
  const { rules } = makefile('all: api web | ready\n\t@docker build \\\n\t  -t $@ .\n\n\techo done\n');
  expect(rules).toMatchObject([
    {
      targets: ['all'],
      needs: ['api', 'web', 'ready'],
      recipe: [{ line: 2 }, { line: 5, text: 'echo done' }],
    },
  ]);
});

test('the target and what its pattern stands for come from where the rule is used', () => {
  const { scope } = makefile('');
  const automatic = within(
    scope,
    new Map([
      ['@', 'image-api'],
      ['*', 'api'],
    ]),
  );
  expect(expandMake('docker push acme/$*:$@', automatic)).toBe('docker push acme/api:image-api');
});
