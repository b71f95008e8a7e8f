import { COMMIT, pushOf, sourceOf } from '../fixtures/github-events.js';
import { tagsOf } from './fixtures.js';

/** Rule, ref and tags from the README of docker/metadata-action. */
describe('rules of docker/metadata-action', () => {
  test.each<[string, string, string[]]>([
    ['type=ref,event=branch', 'refs/heads/master', ['~master']],
    ['type=ref,event=branch', 'refs/heads/releases/v1', ['~releases-v1']],
    ['type=ref,event=branch', 'refs/tags/v1.2.3', []],
    ['type=ref,event=tag', 'refs/tags/v1.2.3', ['v1.2.3', '~latest']],
    ['type=ref,event=tag', 'refs/tags/v2.0.8-beta.67', ['v2.0.8-beta.67', '~latest']],
    ['type=semver,pattern={{raw}}', 'refs/tags/v1.2.3', ['v1.2.3', '~latest']],
    ['type=semver,pattern={{version}}', 'refs/tags/v1.2.3', ['1.2.3', '~latest']],
    ['type=semver,pattern={{major}}.{{minor}}', 'refs/tags/v1.2.3', ['~1.2', '~latest']],
    ['type=semver,pattern={{major}}.{{minor}}.{{patch}}', 'refs/tags/v1.2.3', ['1.2.3', '~latest']],
    ['type=semver,pattern=v{{major}}', 'refs/tags/v1.2.3', ['~v1', '~latest']],
    ['type=semver,pattern={{minor}}', 'refs/tags/v1.2.3', ['~2', '~latest']],
    ['type=semver,pattern={{patch}}', 'refs/tags/v1.2.3', ['~3', '~latest']],
    ['type=semver,pattern={{major}}', 'refs/tags/v0.1.2', ['~0', '~latest']],
    ['type=semver,pattern={{raw}}', 'refs/tags/v2.0.8-beta.67', ['v2.0.8-beta.67']],
    ['type=semver,pattern={{version}}', 'refs/tags/v2.0.8-beta.67', ['2.0.8-beta.67']],
    ['type=semver,pattern={{major}}', 'refs/tags/v2.0.8-beta.67', ['2.0.8-beta.67']],
    ['type=semver,pattern={{major}}.{{minor}}', 'refs/tags/v2.0.8-beta.67', ['2.0.8-beta.67']],
    ['type=semver,pattern={{version}}', 'refs/tags/1.2', []],
    ['type=semver,pattern={{version}}', 'refs/tags/v1.02.3', []],
    ['type=semver,pattern={{version}}', 'refs/heads/v1.2.3', []],
    ['type=pep440,pattern={{raw}}', 'refs/tags/1.2.3', ['1.2.3', '~latest']],
    ['type=pep440,pattern={{version}}', 'refs/tags/v1.2.3', ['1.2.3', '~latest']],
    ['type=pep440,pattern={{major}}.{{minor}}', 'refs/tags/1.2.3', ['~1.2', '~latest']],
    ['type=pep440,pattern=v{{major}}', 'refs/tags/1.2.3', ['~v1', '~latest']],
    ['type=pep440,pattern={{raw}}', 'refs/tags/v1.2.3rc2', ['v1.2.3rc2']],
    ['type=pep440,pattern={{version}}', 'refs/tags/1.2.3rc2', ['1.2.3rc2']],
    ['type=pep440,pattern={{major}}.{{minor}}', 'refs/tags/1.2.3rc2', ['1.2.3rc2']],
    ['type=pep440,pattern={{major}}.{{minor}}', 'refs/tags/1.2.3post1', ['1.2.3.post1']],
    ['type=pep440,pattern={{major}}.{{minor}}', 'refs/tags/1.2.3beta2', ['1.2.3b2']],
    ['type=pep440,pattern={{major}}.{{minor}}', 'refs/tags/1.0dev4', ['1.0.dev4']],
    ['type=pep440,pattern={{version}}', 'refs/tags/2!1.0+ubuntu-1', ['2-1.0-ubuntu.1', '~latest']],
    ['type=pep440,pattern={{version}}', 'refs/tags/sometag', []],
    ['type=match,pattern=\\d.\\d.\\d', 'refs/tags/v1.2.3', ['1.2.3', '~latest']],
    ['type=match,pattern=v(.*),group=1', 'refs/tags/v2.0.8-beta.67', ['2.0.8-beta.67', '~latest']],
    ['type=match,pattern=v(\\d.\\d),group=1', 'refs/tags/v2.0.8-beta.67', ['~2.0', '~latest']],
    ['type=match,pattern=\\d+', 'refs/tags/20200110-RC2', ['~20200110', '~latest']],
    ['type=match,pattern=p1/v(\\d.\\d.\\d),group=1', 'refs/tags/p1/v1.2.3', ['1.2.3', '~latest']],
    ['type=match,"pattern=/^V(\\d{1,2}.*)$/ig",group=1', 'refs/tags/v12.3', ['12.3', '~latest']],
    ['type=match,pattern=v(.*),group=3', 'refs/tags/v1.2.3', []],
    ['type=match,pattern=x(.*),group=1', 'refs/tags/v1.2.3', []],
    ['type=edge', 'refs/heads/main', ['~edge']],
    ['type=edge', 'refs/heads/next', []],
    ['type=edge,branch=next', 'refs/heads/next', ['~edge']],
    ['type=edge', 'refs/tags/v1.2.3', []],
    ['type=raw,value=foo', 'refs/heads/main', ['~foo']],
    ['type=raw,foo', 'refs/heads/main', ['~foo']],
    ['foo', 'refs/heads/main', ['~foo']],
    ['type=raw,value=foo,enable=false', 'refs/heads/main', []],
    ['type=raw,value=foo,prefix=a-,suffix=-b', 'refs/heads/main', ['~a-foo-b']],
    ['type=raw,value=mytag-{{branch}}-{{sha}}', 'refs/heads/my/branch', ['mytag-my-branch-860c190']],
    ['type=raw,value={{tag}}-{{sha}}-foo', 'refs/tags/v1.2.3', ['v1.2.3-860c190-foo']],
    ['type=raw,value={{base_ref}}-foo', 'refs/tags/v1.2.3', ['~main-foo']],
    ['type=raw,value=x,enable={{is_not_default_branch}}', 'refs/heads/next', ['~x']],
    ['type=raw,value=x,enable={{is_default_branch}}', 'refs/heads/next', []],
    ['type=sha', 'refs/heads/main', ['sha-860c190']],
    ['type=sha,prefix=', 'refs/heads/main', ['860c190']],
    ['type=sha,format=long', 'refs/heads/main', [`sha-${COMMIT}`]],
    ['type=schedule', 'refs/heads/main', []],
  ])('%s for %s', (rule, ref, expected) => {
    const immutable = expected.some((tag) => !tag.startsWith('~'));
    const added = immutable ? [] : ['sha-860c190'];
    expect(tagsOf(pushOf(ref as 'refs/heads/main'), [rule])).toEqual([...added, ...expected]);
  });

  test.each<[string, string]>([
    ['type=schedule', '~nightly'],
    ["type=schedule,pattern={{date 'YYYYMMDD'}}", '~20250302'],
    ["type=schedule,pattern={{date 'YYYYMMDD-HHmmss' tz='Asia/Tokyo'}}", '~20250302-171640'],
    ["type=schedule,pattern={{commit_date 'YYYYMMDD-HHmmss'}}", '~20250302-081530'],
    [`type=schedule,"pattern={{date 'dddd, MMMM Do YYYY, h:mm:ss a'}}"`, '~Sunday-March-2nd-2025-8-16-40-am'],
  ])('%s on a schedule', (rule, expected) => {
    expect(tagsOf(sourceOf('schedule'), [rule])).toEqual(['sha-860c190', expected]);
  });

  test.each<[string, string[]]>([
    ['type=ref,event=pr', ['sha-a9c8c58', '~pr-15']],
    ['type=ref,event=pr,prefix=', ['sha-a9c8c58', '~15']],
    ['type=raw,value=to-{{base_ref}}', ['sha-a9c8c58', '~to-main']],
    ['type=ref,event=branch', ['sha-a9c8c58']],
  ])('%s on a pull request', (rule, expected) => {
    expect(tagsOf(sourceOf('pull-request'), [rule])).toEqual(expected);
  });

  test('tags are ordered by priority, then by rule', () => {
    const rules = ['foo', 'type=sha', 'type=ref,event=branch', 'type=raw,bar,priority=900', 'type=edge', 'baz'];
    expect(tagsOf(sourceOf('push-branch'), rules)).toEqual([
      'sha-860c190',
      ...['~bar', '~edge', '~main', '~foo', '~baz'],
    ]);
  });

  test('a rule may be a block of lines with comments', () => {
    expect(tagsOf(sourceOf('push-branch'), ['# tags\n  type=sha\n\n  type=edge\n'])).toEqual(['sha-860c190', '~edge']);
  });

  test.each<[string[], string[]]>([
    [['latest=true'], ['~main', '~latest']],
    [['latest=auto'], ['~main']],
    [['prefix=dev-'], ['~dev-main']],
    [
      ['latest=true', 'suffix=-alpine'],
      ['~main-alpine', '~latest'],
    ],
    [
      ['latest=true', 'suffix=-alpine,onlatest=true'],
      ['~main-alpine', '~latest-alpine'],
    ],
    [['prefix={{sha}}-'], ['860c190-main']],
  ])('flavor %j', (flavor, expected) => {
    const tags = tagsOf(sourceOf('push-branch'), ['type=ref,event=branch'], flavor);
    expect(tags.filter((tag) => !tag.startsWith('sha-'))).toEqual(expected);
  });

  test('the tag with the highest priority decides about latest', () => {
    const rules = ['type=ref,event=tag', 'type=raw,value=foo,priority=999'];
    expect(tagsOf(sourceOf('push-tag'), rules)).toEqual(['v1.2.3', '~foo']);
  });
});
