import { parseFlavor, parseTagRule } from '../../src/plan/tag-rules.js';
import { planTags } from '../../src/plan/tags.js';
import { sourceOf } from '../fixtures/github-events.js';

test.each<[string, RegExp]>([
  ['type=semvr,pattern={{version}}', /no type semvr; did you mean type=semver\?/],
  ['type=foo', /no type foo; types are schedule, semver/],
  ['type=semver', /type=semver needs the attribute pattern/],
  ['type=semver,pattern=', /type=semver needs the attribute pattern/],
  ['type=match', /type=match needs the attribute pattern/],
  ['type=ref', /type=ref needs the attribute event/],
  ['type=raw', /type=raw needs the attribute value/],
  ['type=ref,event=foo', /event is one of branch, tag, pr, not foo/],
  ['type=sha,format=foo', /format is one of short, long, not foo/],
  ['type=sha,prefx=x', /no attribute prefx; did you mean prefix\?/],
  ['type=sha,zzzzzz=x', /no attribute zzzzzz; it takes format, enable, priority, prefix, suffix/],
  ['type=match,pattern=v(.*),group=foo', /group is a whole number, not foo/],
  ['type=match,pattern=v(', /pattern: Invalid regular expression/],
  ['type=sha,priority=high', /priority is a whole number, not high/],
  ['type=raw,value=a,b', /attribute value is given twice/],
  ['type=raw,value={{brnch}}', /\{\{brnch\}\} is not an expression of this attribute; did you mean \{\{branch\}\}\?/],
  ['type=semver,pattern={{sha}}', /known here: raw, version, major, minor, patch/],
  ['type=raw,value={{branch', /never closed/],
  ['type=raw,value={{#if branch}}x{{/if}}', /is not an expression/],
  ['type=raw,value={{sha 7}}', /\{\{sha\}\} takes no arguments/],
  ['type=raw,value={{date YYYYMMDD}}', /write \{\{date 'FORMAT' tz='ZONE'\}\}/],
  ["type=raw,value={{date 'YYYY' tz='Mars/Phobos'}}", /no time zone Mars\/Phobos/],
  ["type=raw,value={{date 'LLL'}}", /date format has `LLL`/],
  [`type=schedule,pattern={{date 'dddd, D'}}`, /an attribute with a comma needs quotes/],
  ['type=match,"pattern=a{1,2}', /a quote is never closed/],
  ['type=match,pattern="a{1,2}"', /quotes go around the whole attribute/],
  ['type=match,"pattern=a"b', /text follows a closing quote/],
  ["type=raw,value=x,enable=${{ github.ref == 'x' }}", /filled in by GitHub in a workflow file only/],
])('rejects %s', (text, reason) => {
  const parsed = parseTagRule(text);
  expect('reasons' in parsed && parsed.reasons.join('\n')).toMatch(reason);
});

test.each([
  'type=match,"pattern=\\d{1,3},\\d"',
  'TYPE=sha , PREFIX = x',
  'type=raw,value={{ sha }}',
  `type=raw,"value={{date ""YYYY"" tz='Europe/Paris'}}"`,
  'type=raw,"value=say ""hi"""',
  'type=raw,value=a=b',
])('accepts %s', (text) => {
  expect(parseTagRule(text)).not.toHaveProperty('reasons');
});

test.each<[string, RegExp]>([
  ['latest=foo', /latest is auto, true or false, not foo/],
  ['latest', /latest is none of latest=, prefix=/],
  ['unknown=foo', /unknown=foo is none of/],
  ['onlatest=true', /onlatest belongs behind a prefix or suffix/],
  ['prefix=x,onlatest=maybe', /onlatest is true or false, not maybe/],
  ['prefix={{brnch}}', /did you mean \{\{branch\}\}/],
])('rejects flavor %s', (item, reason) => {
  expect(parseFlavor([item]).invalid.get(0)).toMatch(reason);
});

test('reports all invalid rules and flavors at once, each with its place', () => {
  const { problems, releaseTag, tags } = planTags({
    rules: ['type=semvr', 'type=sha,prefx=x,frmat=y', 'type=edge', 'type=raw,value=x,enable=maybe'],
    flavor: ['latest=yes'],
    source: sourceOf('push-branch'),
    place: (list, index) => ({ file: 'image-release.yml', line: (list === 'tags' ? 10 : 20) + index }),
  });
  expect(problems.map(({ code, place }) => [code, place?.line])).toEqual([
    ['tags/invalid', 20],
    ['tags/invalid', 10],
    ['tags/invalid', 11],
    ['tags/invalid', 11],
    ['tags/invalid', 13],
  ]);
  expect(problems[1]?.message).toBe('Tag rule type=semvr: there is no type semvr; did you mean type=semver?');
  expect(problems.every(({ severity }) => severity === 'error')).toBe(true);
  expect(tags.map(({ value }) => value)).toEqual([releaseTag, 'edge']);
});

test("reports an invalid rule even for an event that it doesn't apply to", () => {
  const rules = ['type=semver,pattern={{sha}}'];
  const place = () => ({ file: 'image-release.yml' });
  expect(planTags({ rules, flavor: [], source: sourceOf('push-branch'), place }).problems).toHaveLength(1);
});
